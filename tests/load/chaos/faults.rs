//! Makes things go wrong, and right again.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;
use tests::load::product::GRACE;
use tests::load::{Name, Product, Service, Setup};
use tokio::time::{Instant, sleep, sleep_until};

use crate::plan::{Fault, Step};
use crate::repairs::Repairs;

/// A process that starts, or meets its services again, is ready within this time.
pub(crate) const READY_LIMIT: Duration = Duration::from_mins(1);

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

/// Does `steps`, counted from `began`. A step that fails is told and the next is done all the same.
pub(crate) async fn act(
    steps: &[Step],
    began: Instant,
    setup: &Setup,
    product: &mut Product,
    repairs: &mut Repairs,
) -> Vec<Event> {
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
        if let Err(error) = happen(step.fault, setup, product, repairs, &mut event).await {
            event.problem = Some(format!("{}: {error:#}", event.what));
        }
        crate::report::event(&event);
        events.push(event);
    }
    events
}

async fn happen(
    fault: Fault,
    setup: &Setup,
    product: &mut Product,
    repairs: &mut Repairs,
    event: &mut Event,
) -> anyhow::Result<()> {
    match fault {
        Fault::Terminate(name) => {
            repairs.note(product, name).await;
            let stopped = product.terminate(name).await;
            product.start(name)?;
            let stopped = stopped?;
            event.how = format!("{} after {} ms of {} s", stopped.status, stopped.took.as_millis(), GRACE.as_secs());
            ensure!(stopped.status.success(), "ended with {}", stopped.status);
        }
        Fault::Kill(name) => {
            repairs.note(product, name).await;
            product.process(name)?.kill().await?;
            product.start(name)?;
        }
        Fault::Restart(service) => gone_for(service, Duration::ZERO, setup).await?,
        Fault::Outage(service, lasting) => gone_for(service, lasting, setup).await?,
    }
    let possible = Instant::now();
    product.all_ready(READY_LIMIT).await?;
    event.recovered = Some(rounded(possible.elapsed()));
    Ok(())
}

async fn gone_for(service: Service, lasting: Duration, setup: &Setup) -> anyhow::Result<()> {
    setup.stop(service).await?;
    // The outage itself, not a wait for something.
    sleep(lasting).await;
    setup.start(service).await
}

/// Processes that were started anew, though `faults` did not ask for it.
pub(crate) fn unasked(before: &BTreeMap<Name, Option<u32>>, product: &Product, steps: &[Step]) -> Vec<&'static str> {
    let asked = |name: Name| {
        steps.iter().any(|step| matches!(step.fault, Fault::Terminate(other) | Fault::Kill(other) if other == name))
    };
    let after = product.ids();
    let changed = before.iter().filter(|(name, id)| after.get(*name) != Some(*id) && !asked(**name));
    changed.map(|(name, _)| name.binary()).collect()
}

/// In seconds, to the hundredth: finer than the polls is no knowledge.
pub(crate) fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 100.0).round() / 100.0
}
