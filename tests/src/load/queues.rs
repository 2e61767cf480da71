//! The queues of a run, looked at from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use lapin::options::{ExchangeDeleteOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, ConnectionProperties};
use shared::broker::Queue;
use shared::broker::topology::{Delay, Exchange, Names};
use tokio::time::{sleep, timeout};

const LIMIT: Duration = Duration::from_secs(20);
/// RabbitMQ's writer of logs is there again after this.
const PAUSE: Duration = Duration::from_secs(2);

/// How many messages lie ready in each queue.
#[derive(Clone, Debug, Default)]
pub struct Depths {
    /// Queues that workers consume, and those in which tasks wait to be tried again.
    pub working: BTreeMap<String, u32>,
    /// Queues of what was given up.
    pub dead: BTreeMap<String, u32>,
}

impl Depths {
    /// Messages in the first kind, all together.
    pub fn waiting(&self) -> u32 {
        self.working.values().sum()
    }
}

/// A connection to the broker that nobody else uses.
pub struct Queues {
    names: Names,
    channel: Channel,
    connection: Connection,
    url: String,
}

impl Queues {
    /// Connects to look at the queues that begin with `prefix`.
    pub async fn open(url: &str, prefix: &str) -> anyhow::Result<Self> {
        let connection = connect(url).await?;
        let channel = connection.create_channel().await?;
        Ok(Self { names: Names::new(prefix)?, channel, connection, url: url.to_owned() })
    }

    /// How many messages are ready; those that a consumer holds are not among them.
    pub async fn depths(&self) -> anyhow::Result<Depths> {
        let mut depths = Depths::default();
        for queue in Queue::ALL {
            depths.working.insert(queue.name().to_owned(), self.depth(self.names.queue(*queue)).await?);
            depths.dead.insert(format!("{}.dead", queue.name()), self.depth(self.names.dead(*queue)).await?);
        }
        for delay in Delay::ALL {
            depths.working.insert(delay.name().to_owned(), self.depth(self.names.delay(delay)).await?);
        }
        Ok(depths)
    }

    /// The name of `queue` in this run.
    pub fn name(&self, queue: Queue) -> ShortString {
        self.names.queue(queue)
    }

    async fn depth(&self, queue: ShortString) -> anyhow::Result<u32> {
        let passive = QueueDeclareOptions { passive: true, ..Default::default() };
        let declared = self.channel.queue_declare(queue, passive, FieldTable::default());
        Ok(timeout(LIMIT, declared).await.context("RabbitMQ does not answer")??.message_count())
    }

    /// Empties the queue of `queue`; how many messages were in it.
    pub async fn purge(&self, queue: Queue) -> anyhow::Result<u32> {
        let purge = self.channel.queue_purge(self.names.queue(queue), QueuePurgeOptions::default());
        Ok(timeout(LIMIT, purge).await.context("RabbitMQ does not answer")??)
    }

    /// Removes every queue and exchange of this prefix that there is, messages included.
    pub async fn remove(&self) -> anyhow::Result<()> {
        if self.remove_over(&self.channel).await.is_ok() {
            return Ok(());
        }
        // RabbitMQ 3.10 may stumble over a full queue that is deleted while its log is written: the writer starts anew,
        // and the connection is gone.
        sleep(PAUSE).await;
        let connection = connect(&self.url).await?;
        self.remove_over(&connection.create_channel().await?).await
    }

    async fn remove_over(&self, channel: &Channel) -> anyhow::Result<()> {
        let queues = Queue::ALL.iter().flat_map(|queue| [self.names.queue(*queue), self.names.dead(*queue)]);
        for queue in queues.chain(Delay::ALL.map(|delay| self.names.delay(delay))) {
            channel.queue_delete(queue, QueueDeleteOptions::default()).await?;
        }
        let exchanges = [Exchange::Events, Exchange::Work, Exchange::Dead];
        for exchange in exchanges.into_iter().chain(Delay::ALL.map(Exchange::Delay)) {
            channel.exchange_delete(self.names.exchange(exchange), ExchangeDeleteOptions::default()).await?;
        }
        Ok(())
    }

    /// A channel of this connection.
    pub async fn channel(&self) -> anyhow::Result<Channel> {
        Ok(self.connection.create_channel().await?)
    }
}

async fn connect(url: &str) -> anyhow::Result<Connection> {
    let connecting = Connection::connect(url, ConnectionProperties::default());
    Ok(timeout(LIMIT, connecting).await.context("RabbitMQ does not answer")??)
}
