//! The process: what is connected to what.

use shared::broker::{Broker, BrokerConfig, Metrics as BrokerMetrics};
use shared::cache::{Cache, Limits, Logins};
use shared::config::Database;
use shared::lifecycle::Process;
use shared::store::{Keyring, Role, pool};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::layers::{Limiter, cors};
use crate::state::{AppState, Parts};
use crate::{admission, router, server};

/// Its name in logs and in the lists of PostgreSQL and RabbitMQ.
pub const NAME: &str = "api";

/// Builds the API and spawns its tasks.
pub async fn start(config: Config, process: Process) -> anyhow::Result<()> {
    let Process { lifecycle, registry, readiness } = process;
    if config.master_key.is_none() {
        tracing::warn!("MESSAGE_ENCRYPTION_KEY is not set: contents and credentials are stored in the clear");
    }
    let broker_config = BrokerConfig {
        url: config.rabbitmq.url.clone(),
        prefix: config.rabbitmq.prefix.clone(),
        connection_name: NAME.to_owned(),
        expires: None,
    };
    let broker_metrics = BrokerMetrics::register(&registry)?;
    // An end of its own: requests in hand still wake senders after the process was told to stop.
    let broker_stop = CancellationToken::new();
    let broker = Broker::start(&broker_config, broker_metrics, &lifecycle.tasks, &broker_stop)?;
    let state = AppState::new(Parts {
        pool: pool::open(&config.database, Role::Api, NAME)?,
        keyring: Keyring::new(config.master_key),
        publisher: broker.publisher().clone(),
        objects: config.objects.open()?,
        platforms: config.platforms.open()?,
        jwt_secret: &config.jwt_secret,
        limiter: Limiter::new(Some(Limits::new(Cache::open(&config.redis.url)?)), config.allowed),
        outer: config.outer,
        calls: config.calls,
        logins: Some(Logins::new(Cache::open(&config.redis.url)?)),
        forward_to: config.forward_to.as_ref(),
        registry: &registry,
        stopping: lifecycle.stopping.clone(),
    })
    .await?;

    let (asked, pings) = (state.clone(), pool::open_for_pings(&config.database, Role::Api, NAME)?);
    readiness.require("postgres", move || {
        let (state, pings) = (asked.clone(), pings.clone());
        async move {
            pool::ping(&pings).await.map_err(|error| error.to_string())?;
            state.admission.is_open().then_some(()).ok_or_else(|| "not found fit to serve from yet".to_owned())
        }
    });
    readiness.require("rabbitmq", move || {
        let connected = broker.is_connected();
        async move { connected.then_some(()).ok_or_else(|| "not connected".to_owned()) }
    });

    let workers = pool::open(&Database { pool: 1, ..config.database }, Role::Worker, NAME)?;
    let admitted = admission::admit(state.clone(), workers, config.owner);
    lifecycle.spawn("admission", async move { Ok(admitted.await?) });

    let listener = server::listen(config.listen, "LISTEN_ADDR").await?;
    tracing::info!(addr = %config.listen, "listening");
    let router = router(state);
    let router = match cors(&config.origins) {
        Some(cors) => router.layer(cors),
        None => router,
    };
    let served = server::serve(listener, router, lifecycle.stopping.clone(), lifecycle.tasks.clone());
    lifecycle.spawn("server", async move {
        served.await;
        broker_stop.cancel();
        Ok(())
    });
    Ok(())
}
