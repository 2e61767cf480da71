//! One run of a plan, from the empty database to the count.

use std::time::Duration;

use anyhow::{Context, ensure};
use tests::load::product::APP_SECRET;
use tests::load::{Name, Product, Queues, Setup};
use tokio::time::Instant;

use crate::count::{self, Count};
use crate::faults::{self, Event};
use crate::plan::Plan;
use crate::repairs::Repairs;
use crate::stage::Stage;
use crate::webhooks::Poster;
use crate::{report, rows, sends, settle};

/// What is not delivered so long after the load and its faults never will be.
const DELIVERY_LIMIT: Duration = Duration::from_mins(3);
/// Until nothing is left to do: longer than a dead sender's lease of a minute.
const SETTLE_LIMIT: Duration = Duration::from_mins(3);

/// How much is asked of the product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Webhooks a second.
    pub(crate) webhooks: u32,
    /// Sends a second.
    pub(crate) sends: u32,
}

/// What a run has shown.
pub(crate) struct Outcome {
    pub(crate) name: &'static str,
    pub(crate) count: Count,
    pub(crate) events: Vec<Event>,
    pub(crate) repairs: Repairs,
    /// Every promise that was broken.
    pub(crate) broken: Vec<String>,
    pub(crate) settled_after: f64,
    pub(crate) seconds: f64,
}

/// Carries `plan` out under `load`.
pub(crate) async fn run(plan: &Plan, load: Load, setup: &Setup) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    report::begin(plan.name, load.webhooks, load.sends, plan.lasts.as_secs_f64());
    let mut stage = Stage::set(setup, plan.name).await?;
    let db = stage.database.open().await?;
    let poster = Poster::new(&stage.product.url(Name::Ingress)?, APP_SECRET)?;

    let mut webhooks = poster.each_once(&stage.lines, Instant::now() + DELIVERY_LIMIT).await;
    let queues = Queues::open(&setup.rabbitmq_url, &stage.prefix).await?;
    let deadline = Instant::now() + SETTLE_LIMIT;
    settle::settle(&db, &queues, &stage.platform, webhooks.promised.len(), deadline).await?;
    let conversations = rows::conversations(&db).await?;
    ensure!(conversations.len() == stage.lines.len(), "{} conversations began", conversations.len());
    // The others are never answered, so that their unread messages can be counted.
    let answered = &conversations[..conversations.len() / 2];
    // The broker and the database go away meanwhile.
    drop((queues, db));

    let mut repairs = Repairs::default();
    let before = stage.product.ids();
    let began = Instant::now();
    let until = began + plan.lasts;
    let (written, sends, events) = tokio::join!(
        poster.generate(&stage.lines, load.webhooks, until, until + DELIVERY_LIMIT),
        sends::generate(&stage.api, answered, load.sends, until),
        faults::act(&plan.steps, began, setup, &mut stage.product, &mut repairs),
    );
    webhooks.join(written);

    let db = stage.database.open().await?;
    let queues = Queues::open(&setup.rabbitmq_url, &stage.prefix).await?;
    let loaded = Instant::now();
    let promised = webhooks.promised.len();
    let undone = settle::settle(&db, &queues, &stage.platform, promised, loaded + SETTLE_LIMIT).await?;
    let settled_after = faults::rounded(loaded.elapsed());

    let mut broken: Vec<String> = events.iter().filter_map(|event| event.problem.clone()).collect();
    if undone != settle::Undone::default() {
        broken.push(format!("not settled after {} s: {undone:?}", SETTLE_LIMIT.as_secs()));
    }
    let anew = faults::unasked(&before, &stage.product, &plan.steps);
    broken.extend(anew.iter().map(|name| format!("{name} is not the process that was started")));
    repairs.note(&stage.product, Name::Janitor).await;
    broken.extend(stop(&mut stage.product).await?);

    let count = count::count(&db, &queues, &stage.platform, &webhooks, &sends).await?;
    broken.extend(count.broken(stage.lines.len(), plan.may_doubt));
    drop((queues, db));
    if broken.is_empty() {
        stage.strike(setup).await.context("it passed, but could not be cleared away")?;
    }
    let seconds = faults::rounded(started.elapsed());
    Ok(Outcome { name: plan.name, count, events, repairs, broken, settled_after, seconds })
}

/// Stops every process; who had ended by itself, or did not end well.
async fn stop(product: &mut Product) -> anyhow::Result<Vec<String>> {
    let mut broken = product.ended()?;
    for (name, stopped) in product.stop_all().await {
        match stopped {
            Ok(stopped) if stopped.status.success() => {}
            Ok(stopped) => broken.push(format!("{} ended at last with {}", name.binary(), stopped.status)),
            Err(error) => broken.push(format!("{error:#}")),
        }
    }
    Ok(broken)
}
