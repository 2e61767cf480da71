//! One connection to the broker, which comes back by itself.
//!
//! `lapin` can recover a connection itself, and that is left off on purpose. It gives up after some attempts, it
//! replays what it remembers rather than what should exist, and it keeps channels whose unsettled deliveries mean
//! nothing to the new connection. Here a lost connection is gone with its channels; the next one declares the whole
//! topology, since the broker may come back empty, and who used the old one starts afresh.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use prometheus::IntGauge;
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{BrokerConfig, ConfigError, Stopped};
use super::declare;
use super::metrics::Metrics;
use super::topology::Names;
use crate::retry::Delays;

/// A frame at most. lapin keeps room for 32 of them each way on each connection, and in time uses all of it.
const FRAME_BYTES: u32 = 32 * 1024;
/// Silence for two of these, and the connection counts as lost.
const HEARTBEAT_SECONDS: u16 = 10;
/// For the TCP connection, and again for the greeting and the topology together.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LONGEST_RETRY: Duration = Duration::from_secs(10);
/// How often a connection is looked at, should an event of its loss be missed.
const GLANCE: Duration = Duration::from_secs(1);

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
        up.ok().and_then(|connection| connection.clone()).ok_or(Stopped)
    }
}

/// Keeps one connection up.
pub(super) struct Keeper {
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
    pub(super) fn start(
        config: &BrokerConfig,
        names: &Names,
        metrics: &Metrics,
        usage: &'static str,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Link, ConfigError> {
        // The parser's own message would quote the address, password included.
        let mut uri: AMQPUri = config.url.expose_secret().parse().map_err(|_| ConfigError::Url)?;
        uri.query.heartbeat = Some(HEARTBEAT_SECONDS);
        uri.query.frame_max = Some(FRAME_BYTES);
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

#[derive(Debug, thiserror::Error)]
enum OpenError {
    #[error("no answer in time")]
    Silent,
    #[error(transparent)]
    Broker(#[from] lapin::Error),
}
