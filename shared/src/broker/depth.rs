//! How much lies in the queues.

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;

use super::connection::Broker;
use super::dead_letters::{TakeError, in_time};
use super::topology::Queue;

impl Broker {
    /// How many messages are ready in each queue; those that a consumer holds are not among them.
    pub async fn depths(&self) -> Result<Vec<(Queue, u32)>, TakeError> {
        let connection = self.consuming().connected().await?;
        let channel = in_time(connection.create_channel()).await?;
        let mut depths = Vec::with_capacity(Queue::ALL.len());
        for queue in Queue::ALL.iter().copied() {
            let look = QueueDeclareOptions { passive: true, ..Default::default() };
            let name = self.names().queue(queue);
            let declared = in_time(channel.queue_declare(name, look, FieldTable::default())).await?;
            depths.push((queue, declared.message_count()));
        }
        in_time(channel.close(200, "done".into())).await?;
        Ok(depths)
    }
}
