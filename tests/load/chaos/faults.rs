//! Makes things go wrong, and right again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Serialize;
use tests::load::product::GRACE;
use tests::load::{Name, Product, Service, Setup};
use tests::proxy::Weather;
use tokio::time::{Instant, sleep, sleep_until};

use crate::plan::{Fault, Step};
use crate::proxies::Proxies;
use crate::repairs::Repairs;

/// A process that starts, or meets its services again, is ready within this time.
pub(crate) const READY_LIMIT: Duration = Duration::from_mins(1);

const FLUSH_LIMIT: Duration = Duration::from_secs(10);

/// What came of a fault.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    /// What was done.
    pub(crate) what: String,
    /// When it was done, in seconds from the start of the load.
    pub(crate) at: f64,
    /// How the processes took it, for a person to read.
    pub(crate) how: String,
    /// Seconds until every process was ready again, from the moment it could be.
    pub(crate) recovered: Option<f64>,
    /// What should not have happened.
    pub(crate) problem: Option<String>,
}

/// What faults befall.
pub(crate) struct Scene<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) product: &'a mut Product,
    pub(crate) proxies: &'a Proxies,
    pub(crate) repairs: &'a mut Repairs,
    /// True while the broker is away.
    pub(crate) without_broker: Arc<AtomicBool>,
}

impl Scene<'_> {
    /// Does `steps`, counted from `began`. A step that fails is told and the next is done all the same.
    pub(crate) async fn act(mut self, steps: &[Step], began: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        for step in steps {
            sleep_until(began + step.at).await;
            let mut event = Event {
                what: step.fault.describe(),
                at: rounded(began.elapsed()),
                how: String::new(),
                recovered: None,
                problem: None,
            };
            if let Err(error) = self.happen(step.fault, &mut event).await {
                event.problem = Some(format!("{}: {error:#}", event.what));
            }
            crate::report::event(&event);
            events.push(event);
        }
        events
    }

    async fn happen(&mut self, fault: Fault, event: &mut Event) -> anyhow::Result<()> {
        match fault {
            Fault::Terminate(name) => {
                self.repairs.note(self.product, name).await;
                let stopped = self.product.terminate(name).await;
                self.product.start(name)?;
                let stopped = stopped?;
                event.how =
                    format!("{} after {} ms of {} s", stopped.status, stopped.took.as_millis(), GRACE.as_secs());
                ensure!(stopped.status.success(), "ended with {}", stopped.status);
            }
            Fault::Kill(name) => {
                self.repairs.note(self.product, name).await;
                self.product.process(name)?.kill().await?;
                self.product.start(name)?;
            }
            Fault::Pause(name, lasting) => {
                self.product.process(name)?.pause().await?;
                sleep(lasting).await;
                self.product.process(name)?.go_on().await?;
            }
            Fault::Restart(service) => self.gone_for(service, Duration::ZERO).await?,
            Fault::Outage(service, lasting) => self.gone_for(service, lasting).await?,
            Fault::Flush => flush(self.setup).await?,
            Fault::Cut(service) => self.proxies.of(service)?.cut(),
            Fault::Stall(service, lasting) => {
                self.under(service, Weather { is_stalled: true, ..Weather::default() }, lasting).await?;
            }
            Fault::Slow(service, delay, lasting) => {
                self.under(service, Weather { delay, ..Weather::default() }, lasting).await?;
            }
        }
        let possible = Instant::now();
        self.product.all_ready(READY_LIMIT).await?;
        event.recovered = Some(rounded(possible.elapsed()));
        Ok(())
    }

    async fn gone_for(&self, service: Service, lasting: Duration) -> anyhow::Result<()> {
        let is_broker = service == Service::RabbitMq;
        self.without_broker.store(is_broker, Ordering::Relaxed);
        self.setup.stop(service).await?;
        // The outage itself, not a wait for something.
        sleep(lasting).await;
        let started = self.setup.start(service).await;
        self.without_broker.store(false, Ordering::Relaxed);
        started
    }

    async fn under(&self, service: Service, weather: Weather, lasting: Duration) -> anyhow::Result<()> {
        let proxy = self.proxies.of(service)?;
        proxy.set(weather);
        sleep(lasting).await;
        proxy.set(Weather::default());
        Ok(())
    }
}

async fn flush(setup: &Setup) -> anyhow::Result<()> {
    let client = redis::Client::open(setup.redis_url.as_str())?;
    // Its own limit of half a second is short for a machine under load.
    let patient = redis::AsyncConnectionConfig::new()
        .set_response_timeout(Some(FLUSH_LIMIT))
        .set_connection_timeout(Some(FLUSH_LIMIT));
    let mut connection = client.get_multiplexed_async_connection_with_config(&patient).await?;
    redis::cmd("FLUSHALL").query_async(&mut connection).await.context("Redis is not flushed")
}

/// Processes that were started anew, though `faults` did not ask for it.
pub(crate) fn unasked(before: &BTreeMap<Name, Option<u32>>, product: &Product, steps: &[Step]) -> Vec<&'static str> {
    let asked = |name: Name| steps.iter().any(|step| step.fault.restarts() == Some(name));
    let after = product.ids();
    let changed = before.iter().filter(|(name, id)| after.get(*name) != Some(*id) && !asked(**name));
    changed.map(|(name, _)| name.binary()).collect()
}

/// In seconds, to the hundredth: finer than the polls is no knowledge.
pub(crate) fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}
