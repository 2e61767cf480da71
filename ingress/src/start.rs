//! Puts the process together.

use std::net::SocketAddr;
use std::sync::Arc;

use shared::broker::{self, Broker, BrokerConfig};
use shared::lifecycle::Process;
use tokio_util::sync::CancellationToken;

use crate::broker_events::BrokerEvents;
use crate::config::Settings;
use crate::metrics::Metrics;
use crate::server::Server;

/// Starts the ingress as tasks of `process`, and says on which address it listens. It takes requests at
/// once, and answers 503 until the broker is there.
pub async fn start(settings: Settings, process: &Process) -> Result<SocketAddr, StartError> {
    let Process { lifecycle, registry, readiness } = process;
    let config = BrokerConfig {
        url: settings.rabbitmq.url,
        prefix: settings.rabbitmq.prefix,
        connection_name: "ingress".to_owned(),
        expires: None,
    };
    // The broker's connections outlive the last request.
    let no_more_events = CancellationToken::new();
    let broker_metrics = broker::Metrics::register(registry)?;
    let broker = Broker::start(&config, broker_metrics, &lifecycle.tasks, &no_more_events)?;
    let metrics = Arc::new(Metrics::register(registry)?);
    let events = Arc::new(BrokerEvents::new(broker, settings.gather, Arc::clone(&metrics)));
    let server = Server::bind(settings.listen, settings.limits, settings.secrets, Arc::clone(&events), metrics)
        .await
        .map_err(|error| StartError::Listen(settings.listen, error))?;
    let address = server.local_addr().map_err(StartError::Address)?;
    readiness.require("events", move || {
        let ready = events.ready();
        async move { ready }
    });

    let stopping = lifecycle.stopping.clone();
    lifecycle.spawn("webhooks", async move {
        let _farewell = no_more_events.drop_guard();
        server.serve(stopping).await;
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
    /// A metric's name is taken.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
}
