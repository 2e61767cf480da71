//! One run of a plan, from the empty database to the count.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, ensure};
use tests::load::process::Stopped;
use tests::load::product::APP_SECRET;
use tests::load::{Connections, Name, Queues, Setup};
use tokio::time::Instant;

use crate::count::{self, Count};
use crate::faults::{self, Event, Scene};
use crate::plan::Plan;
use crate::repairs::Repairs;
use crate::stage::Stage;
use crate::webhooks::Poster;
use crate::{hang_ups, report, rows, sends, settle};

/// What is not delivered so long after the load and its faults never will be.
const DELIVERY_LIMIT: Duration = Duration::from_mins(3);
/// Until nothing is left to do: longer than a dead sender's lease of a minute and a doubt's grace of two together.
const SETTLE_LIMIT: Duration = Duration::from_mins(5);

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

/// Carries `plan` out.
pub(crate) async fn run(plan: &Plan, setup: &Setup) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let load = plan.load;
    report::begin(plan);
    let mut stage = Stage::set(setup, plan).await?;
    let db = stage.database.open().await?;
    let (ingress, without_broker) = (stage.product.address(Name::Ingress)?, Arc::new(AtomicBool::new(false)));
    let poster = Poster::new(Arc::new(Connections::to(ingress)), APP_SECRET, Arc::clone(&without_broker))?;

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
    let scene =
        Scene { setup, product: &mut stage.product, proxies: &stage.proxies, repairs: &mut repairs, without_broker };
    let (written, hung_up, sends, events) = tokio::join!(
        poster.generate(&stage.lines, load.webhooks, until, until + DELIVERY_LIMIT),
        hang_ups::generate(ingress, &poster, &stage.lines, load.hang_ups, until),
        sends::generate(&stage.api, answered, load.sends, until),
        scene.act(&plan.steps, began),
    );
    webhooks.join(written);
    webhooks.hung_up = hung_up;

    let db = stage.database.open().await?;
    let queues = Queues::open(&setup.rabbitmq_url, &stage.prefix).await?;
    let loaded = Instant::now();
    let promised = webhooks.promised.len();
    let deadline = loaded + SETTLE_LIMIT;
    settle::settle(&db, &queues, &stage.platform, promised, deadline).await?;
    let anew = faults::unasked(&before, &stage.product, &plan.steps);
    let anew = anew.iter().map(|name| format!("{name} is not the process that was started"));
    // It makes further work by itself: what it sends again. From here on nothing new begins.
    repairs.note(&stage.product, Name::Janitor).await;
    let mut broken = stage.product.ended()?;
    broken.extend(anew);
    broken.extend(stop(stage.product.terminate(Name::Janitor).await));
    let undone = settle::settle(&db, &queues, &stage.platform, promised, deadline).await?;
    let settled_after = faults::rounded(loaded.elapsed());

    broken.extend(events.iter().filter_map(|event| event.problem.clone()));
    if undone != settle::Undone::default() {
        broken.push(format!("not settled after {} s: {undone:?}", SETTLE_LIMIT.as_secs()));
    }
    for (_, stopped) in stage.product.stop_all().await {
        broken.extend(stop(stopped));
    }

    let count = count::count(&db, &queues, &stage.platform, &webhooks, &sends).await?;
    broken.extend(count.broken(stage.lines.len(), plan));
    drop((queues, db));
    if broken.is_empty() {
        stage.strike(setup).await.context("it passed, but could not be cleared away")?;
    }
    let seconds = faults::rounded(started.elapsed());
    Ok(Outcome { name: plan.name, count, events, repairs, broken, settled_after, seconds })
}

/// What was wrong with the end of a process that was asked to stop.
fn stop(stopped: anyhow::Result<Stopped>) -> Option<String> {
    match stopped {
        Ok(stopped) if stopped.status.success() => None,
        Ok(stopped) => Some(format!("a process ended at last with {}", stopped.status)),
        Err(error) => Some(format!("{error:#}")),
    }
}
