//! What a worker is made of besides its own work: PostgreSQL, RabbitMQ, and the frame of its process.

use std::sync::Arc;

use shared::broker::consume::{self, Consume, Worker};
use shared::broker::{Broker, BrokerConfig, Metrics, Publisher};
use shared::lifecycle::{Lifecycle, Process};
use shared::store::{Keyring, PgPool, Role, pool};
use tokio_util::sync::CancellationToken;

use crate::settings::WorkerSettings;

/// The connections of a worker.
#[derive(Clone)]
pub struct Context {
    /// PostgreSQL, as `loa_worker`.
    pub pool: PgPool,
    /// What seals and opens.
    pub keyring: Keyring,
    /// RabbitMQ.
    pub broker: Broker,
    /// The tasks of the process.
    pub lifecycle: Lifecycle,
    /// Ends the connection to RabbitMQ, last of all.
    hang_up: CancellationToken,
}

impl Context {
    /// Opens the connections of the worker `name`; what does not answer yet is waited for in the background.
    pub fn start(name: &str, settings: &WorkerSettings, process: &Process) -> anyhow::Result<Self> {
        if settings.master_key.is_none() {
            tracing::warn!("MESSAGE_ENCRYPTION_KEY is not set: contents are stored in plain text");
        }
        let pool = pool::open(&settings.database, Role::Worker, name)?;
        let hang_up = CancellationToken::new();
        let config = BrokerConfig {
            url: settings.rabbitmq.url.clone(),
            prefix: settings.rabbitmq.prefix.clone(),
            connection_name: name.to_owned(),
            expires: None,
        };
        let metrics = Metrics::register(&process.registry)?;
        let broker = Broker::start(&config, metrics, &process.lifecycle.tasks, &hang_up)?;
        require(process, pool::open_for_pings(&settings.database, Role::Worker, name)?, broker.clone());
        let keyring = Keyring::new(settings.master_key.clone());
        Ok(Self { pool, keyring, broker, lifecycle: process.lifecycle.clone(), hang_up })
    }

    /// The context over connections that somebody else opened, and closes.
    pub fn over(pool: PgPool, keyring: Keyring, broker: Broker, lifecycle: Lifecycle) -> Self {
        Self { pool, keyring, broker, lifecycle, hang_up: CancellationToken::new() }
    }

    /// What wakes other workers.
    pub fn publisher(&self) -> &Publisher {
        self.broker.publisher()
    }

    /// Consumes with `worker` until the process stops; hangs up when what was in hand is done.
    pub fn consume<W: Worker>(self, worker: W, consume: Consume) {
        let lifecycle = self.lifecycle.clone();
        lifecycle.spawn(W::NAME, async move {
            consume::run(Arc::new(worker), &self.broker, consume, self.lifecycle.stopping.clone()).await;
            self.hang_up();
            Ok(())
        });
    }

    /// Ends the connection to RabbitMQ: nobody publishes or consumes any more.
    pub fn hang_up(&self) {
        self.hang_up.cancel();
    }
}

fn require(process: &Process, pings: PgPool, broker: Broker) {
    process.readiness.require("postgres", move || {
        let pings = pings.clone();
        async move { pool::ping(&pings).await.map_err(|error| error.to_string()) }
    });
    process.readiness.require("rabbitmq", move || {
        let connected = broker.is_connected();
        async move { connected.then_some(()).ok_or_else(|| "not connected".to_owned()) }
    });
}
