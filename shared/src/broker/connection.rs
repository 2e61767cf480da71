//! The connections to the broker, and what a process does through them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::declare;
use super::link::{Keeper, Link};
use super::metrics::Metrics;
use super::publish::Publisher;
use super::topology::{Names, PrefixError};

/// How to reach the broker, and under which names.
#[derive(Clone, Debug)]
pub struct BrokerConfig {
    /// `amqp://` or `amqps://`, with user and virtual host (`RABBITMQ_URL`).
    pub url: SecretString,
    /// What every name begins with (`RABBITMQ_PREFIX`); empty for an installation of its own.
    pub prefix: String,
    /// Shown in the broker's list of connections.
    pub connection_name: String,
    /// Queues unused for so long remove themselves; for tests.
    pub expires: Option<Duration>,
}

/// The broker, as a process sees it. Clones share the connections.
///
/// There are two: when the broker is short of memory it stops reading from connections that publish, and
/// acknowledgements must not wait behind that, or its queues could never empty.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<Inner>,
}

struct Inner {
    names: Names,
    metrics: Metrics,
    publishing: Link,
    consuming: Link,
    publisher: Publisher,
}

impl Broker {
    /// Starts connecting in the background, and goes on for as long as it takes.
    ///
    /// `stop` closes the connections; cancel it when nobody publishes or consumes any more.
    pub fn start(
        config: &BrokerConfig,
        metrics: Metrics,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self, ConfigError> {
        let names = Names::new(&config.prefix)?;
        let link = |usage| Keeper::start(config, &names, &metrics, usage, tracker, stop);
        let (publishing, consuming) = (link("publish")?, link("consume")?);
        let publisher = Publisher::new(publishing.clone(), names.clone(), metrics.clone());
        let inner = Arc::new(Inner { names, metrics, publishing, consuming, publisher });
        Ok(Self { inner })
    }

    /// Whether messages can be published and consumed at this moment.
    pub fn is_connected(&self) -> bool {
        [&self.inner.publishing, &self.inner.consuming]
            .iter()
            .all(|link| link.current().is_some_and(|connection| !connection.status().blocked()))
    }

    /// Waits until both connections are up.
    pub async fn connected(&self) -> Result<(), Stopped> {
        self.inner.publishing.connected().await?;
        self.inner.consuming.connected().await?;
        Ok(())
    }

    /// What hands messages to this broker.
    pub fn publisher(&self) -> &Publisher {
        &self.inner.publisher
    }

    /// What things are called in this installation.
    pub fn names(&self) -> &Names {
        &self.inner.names
    }

    /// Removes every queue and exchange of this installation, messages included.
    pub async fn delete_topology(&self) -> Result<(), DeleteError> {
        let connection = self.inner.consuming.connected().await?;
        let channel = connection.create_channel().await?;
        Ok(declare::delete(&channel, &self.inner.names).await?)
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(super) fn consuming(&self) -> &Link {
        &self.inner.consuming
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("names", &self.inner.names)
            .field("connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

/// A configuration with which no broker can be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Said without quoting it: it holds a password.
    #[error("the broker's address is not an AMQP URL")]
    Url,
    /// The prefix does not fit into names.
    #[error(transparent)]
    Prefix(#[from] PrefixError),
}

/// The broker was told to stop, so the connection will not come back.
#[derive(Debug, thiserror::Error)]
#[error("the connection to the broker has been stopped")]
pub struct Stopped;

/// Why the topology could not be removed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// There is no connection any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The broker would not.
    #[error("the broker did not remove its queues")]
    Broker(#[from] lapin::Error),
}
