//! Drives a queue to empty, for tests that would otherwise have to wait and hope.

use std::sync::Arc;

use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::BasicGetOptions;
use lapin::types::ShortString;

use super::super::connection::Broker;
use super::batch::{Batch, is_suspect};
use super::handle::{Patience, Unfinished};
use super::lane::handler;
use super::worker::Worker;

/// Tasks handled together.
const BATCH: usize = 100;

/// Handles what `worker`'s queue holds, by the same code as [`run`](super::run), and returns how many tasks that
/// were. What goes into a delay is not waited for.
///
/// An outage is an error, rather than waited out.
pub async fn drain<W: Worker>(worker: Arc<W>, broker: &Broker) -> Result<usize, Unfinished> {
    let connection = broker.consuming().connected().await?;
    let channel = connection.create_channel().await?;
    let through = handler(&worker, broker, channel.clone(), Patience::None);
    let mut ahead = None;
    let mut tasks = 0;
    loop {
        let batch = take::<W>(&channel, broker, &mut ahead).await?;
        if batch.deliveries.is_empty() {
            channel.close(200, "done".into()).await?;
            return Ok(tasks);
        }
        tasks += through.process(batch).await?;
    }
}

/// The next batch; a suspect is one by itself, and waits in `ahead` until those before it are done.
async fn take<W: Worker>(
    channel: &Channel,
    broker: &Broker,
    ahead: &mut Option<Delivery>,
) -> lapin::Result<Batch<W::Task>> {
    let mut batch = Batch::new();
    let queue = broker.names().queue(W::QUEUE);
    while batch.tasks.len() < BATCH {
        let next = match ahead.take() {
            Some(delivery) => Some(delivery),
            None => get(channel, &queue).await?,
        };
        let Some(delivery) = next else { break };
        let alone = is_suspect(&delivery);
        if alone && !batch.deliveries.is_empty() {
            *ahead = Some(delivery);
            break;
        }
        batch.add(delivery);
        if alone {
            break;
        }
    }
    Ok(batch)
}

async fn get(channel: &Channel, queue: &ShortString) -> lapin::Result<Option<Delivery>> {
    let got = channel.basic_get(queue.clone(), BasicGetOptions::default());
    Ok(got.await?.map(|message| message.delivery))
}
