//! Puts the process together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::broker::{self, Broker, BrokerConfig};
use shared::lifecycle::Process;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::broker_events::BrokerEvents;
use crate::broker_thread::BrokerThread;
use crate::config::Settings;
use crate::metrics::Metrics;
use crate::server::Server;
use crate::spool::OpenError;

/// What of the grace is kept for closing the connections to the broker.
const FAREWELL: Duration = Duration::from_secs(4);

/// Starts the ingress as tasks of `process`, and says on which address it listens. It takes requests at
/// once, and answers 503 until the broker is there, unless it has a spool.
pub async fn start(settings: Settings, process: &Process) -> Result<SocketAddr, StartError> {
    let Process { lifecycle, registry, readiness } = process;
    let config = BrokerConfig {
        url: settings.rabbitmq.url,
        prefix: settings.rabbitmq.prefix,
        connection_name: "ingress".to_owned(),
        expires: None,
    };
    let metrics = Arc::new(Metrics::register(registry, settings.counts)?);
    let broker_metrics = broker::Metrics::register(registry)?;
    // The broker's connections outlive the last request.
    let (no_more_events, broker_tasks) = (CancellationToken::new(), TaskTracker::new());
    let broker_thread = BrokerThread::start().map_err(StartError::Thread)?;
    let opening = {
        let (counted, tasks, stop) = (Arc::clone(&metrics), broker_tasks.clone(), no_more_events.clone());
        let (most, spool) = (settings.gather, settings.spool);
        async move {
            let broker = Broker::start(&config, broker_metrics, &tasks, &stop)?;
            match spool {
                None => Ok(BrokerEvents::new(broker, most, counted)),
                Some(spool) => Ok(BrokerEvents::with_spool(broker, most, counted, spool, &tasks).await?),
            }
        }
    };
    let opened: Result<BrokerEvents, StartError> = broker_thread.run(opening).await.map_err(StartError::Panic)?;
    let events = Arc::new(opened?);
    let server = Server::bind(settings.listen, settings.limits, settings.secrets, Arc::clone(&events), metrics)
        .await
        .map_err(|error| StartError::Listen(settings.listen, error))?;
    let address = server.local_addr().map_err(StartError::Address)?;
    let asked = Arc::clone(&events);
    readiness.require("events", move || {
        let ready = asked.ready();
        async move { ready }
    });

    let stopping = lifecycle.stopping.clone();
    let time_to_drain = settings.ops.grace.saturating_sub(FAREWELL);
    lifecycle.spawn("webhooks", async move {
        let farewell = no_more_events.drop_guard();
        let stop = async {
            stopping.cancelled().await;
            Instant::now() + time_to_drain
        };
        let ((), deadline) = tokio::join!(server.serve(stopping.clone()), stop);
        events.finish(deadline).await;
        drop(farewell);
        broker_tasks.close();
        broker_tasks.wait().await;
        drop(broker_thread);
        Ok(())
    });
    tracing::info!(%address, "listening for webhooks");
    Ok(address)
}

/// Why the ingress could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("LISTEN_ADDR: cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The socket does not know its address.
    #[error("the listening socket has no address")]
    Address(#[source] std::io::Error),
    /// The broker cannot be reached with this configuration.
    #[error(transparent)]
    Broker(#[from] broker::ConfigError),
    /// The spool cannot be opened.
    #[error(transparent)]
    Spool(#[from] OpenError),
    /// There is no thread to be had.
    #[error("cannot start a thread for the broker")]
    Thread(#[source] std::io::Error),
    /// A fault of the ingress itself.
    #[error("what publishes events did not start")]
    Panic(#[source] tokio::task::JoinError),
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
}
