//! The connections to the broker, which come back by themselves.
//!
//! `lapin` can recover a connection itself, and that is left off on purpose. It gives up after some attempts, it
//! replays what it remembers rather than what should exist, and it keeps channels whose unsettled deliveries mean
//! nothing to the new connection. Here a lost connection is gone with its channels; the next one declares the whole
//! topology, since the broker may come back empty, and who used the old one starts afresh.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use prometheus::IntGauge;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::declare;
use super::metrics::Metrics;
use super::publish::Publisher;
use super::topology::{Names, PrefixError};
use crate::retry::Delays;

/// Silence for two of these, and the connection counts as lost.
const HEARTBEAT_SECONDS: u16 = 10;
/// For the TCP connection, and again for the greeting and the topology together.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// How often a connection is looked at, should an event of its loss be missed.
const GLANCE: Duration = Duration::from_secs(1);

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
        let inner = Arc::new(Inner {
            names,
            metrics,
            publishing,
            consuming,
            publisher,
        });
        Ok(Self { inner })
    }

    /// Whether messages can be published and consumed at this moment.
    pub fn is_connected(&self) -> bool {
        [&self.inner.publishing, &self.inner.consuming]
            .iter()
            .all(|link| {
                link.current()
                    .is_some_and(|connection| !connection.status().blocked())
            })
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

/// One connection, whichever it is at the moment.
#[derive(Clone)]
pub(super) struct Link {
    current: watch::Receiver<Option<Arc<Connection>>>,
}

impl Link {
    /// The connection, when it is up.
    pub(super) fn current(&self) -> Option<Arc<Connection>> {
        let current = self.current.borrow().clone();
        current.filter(|connection| connection.status().connected())
    }

    /// Waits for the connection to be up.
    pub(super) async fn connected(&self) -> Result<Arc<Connection>, Stopped> {
        let mut watched = self.current.clone();
        let up = watched.wait_for(Option::is_some).await;
        up.ok()
            .and_then(|connection| connection.clone())
            .ok_or(Stopped)
    }
}

/// Keeps one connection up.
struct Keeper {
    uri: AMQPUri,
    properties: ConnectionProperties,
    names: Names,
    expires: Option<Duration>,
    usage: &'static str,
    gauge: IntGauge,
    current: watch::Sender<Option<Arc<Connection>>>,
    stop: CancellationToken,
}

impl Keeper {
    fn start(
        config: &BrokerConfig,
        names: &Names,
        metrics: &Metrics,
        usage: &'static str,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Link, ConfigError> {
        // The parser's own message would quote the address, password included.
        let mut uri: AMQPUri = config
            .url
            .expose_secret()
            .parse()
            .map_err(|_| ConfigError::Url)?;
        uri.query.heartbeat = Some(HEARTBEAT_SECONDS);
        uri.query.connection_timeout = u64::try_from(CONNECT_LIMIT.as_millis()).ok();
        let name = format!("{} {usage}", config.connection_name);
        let (current, watched) = watch::channel(None);
        let keeper = Self {
            uri,
            properties: ConnectionProperties::default().with_connection_name(name.into()),
            names: names.clone(),
            expires: config.expires,
            usage,
            gauge: metrics.connected.with_label_values(&[usage]),
            current,
            stop: stop.clone(),
        };
        tracker.spawn(keeper.keep());
        Ok(Link { current: watched })
    }

    async fn keep(self) {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        while let Some(opened) = self.stop.run_until_cancelled(self.open()).await {
            match opened {
                Ok(connection) => {
                    delays.reset();
                    tracing::info!(link = self.usage, "connected to the broker");
                    self.hold(Arc::new(connection)).await;
                }
                Err(error) => {
                    tracing::warn!(link = self.usage, %error, "cannot connect to the broker");
                }
            }
            let pause = sleep(delays.next_delay());
            if self.stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    async fn open(&self) -> Result<Connection, OpenError> {
        let connect = Connection::connect_uri(self.uri.clone(), self.properties.clone());
        let opened = timeout(CONNECT_LIMIT * 2, async {
            let connection = connect.await?;
            let channel = connection.create_channel().await?;
            declare::declare(&channel, &self.names, self.expires).await?;
            Ok(connection)
        });
        opened.await.unwrap_or(Err(OpenError::Silent))
    }

    /// Lends the connection out until it is lost or the process stops.
    async fn hold(&self, connection: Arc<Connection>) {
        self.current.send_replace(Some(Arc::clone(&connection)));
        self.gauge.set(1);
        let lost = self.stop.run_until_cancelled(lost(&connection)).await;
        self.current.send_replace(None);
        self.gauge.set(0);
        if lost.is_some() {
            tracing::warn!(link = self.usage, "the connection to the broker is lost");
        } else {
            // A broker that does not answer the farewell is left to notice by itself.
            let farewell = connection.close(200, "stopping".into());
            let _ = timeout(CLOSE_LIMIT, farewell).await;
        }
    }
}

/// Returns when the connection is no longer usable.
async fn lost(connection: &Connection) {
    let mut events = connection.events_listener();
    let mut glance = tokio::time::interval(GLANCE);
    while connection.status().connected() {
        tokio::select! {
            event = events.next() => if let Some(Event::ConnectionBlocked(reason)) = event {
                tracing::warn!(reason, "the broker blocks publishers");
            },
            _ = glance.tick() => {}
        }
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

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("no answer in time")]
    Silent,
    #[error(transparent)]
    Broker(#[from] lapin::Error),
}
