//! `chaos`: kills processes and services under load, and then counts: every accepted event is stored
//! once, every message was sent once.
//!
//! ```text
//! stage   an empty database, queues of its own, the simulator, the product's binaries
//! load    webhooks and sends, meanwhile the faults of a plan
//! settle  until nothing is left to do
//! count   what was promised against what is there; the last line says it in JSON
//! ```

mod api;
mod count;
mod faults;
mod flow_kills;
mod hang_ups;
mod plan;
mod plans;
mod proxies;
mod repairs;
mod report;
mod rows;
mod run;
mod sender_kills;
mod sends;
mod settle;
mod spool;
mod stage;
mod taken;
mod webhooks;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use tests::load::Setup;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use plan::{Load, Plan};

/// No run takes longer than its load and this.
const RUN_LIMIT: Duration = Duration::from_mins(15);

/// Fault runs; each ends in a line `RESULT {...}`.
#[derive(Debug, Parser)]
struct Arguments {
    /// The plans to run, `spine` for all of its own; all there are where none is named.
    plans: Vec<String>,
    /// How long the load of each plan lasts; each has its own time where not given.
    #[arg(long)]
    seconds: Option<u64>,
    /// Webhooks a second; each plan has its own load where not given.
    #[arg(long)]
    webhooks: Option<u32>,
    /// Sends a second; likewise.
    #[arg(long)]
    sends: Option<u32>,
    #[command(flatten)]
    setup: Setup,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Whichever way this ends, what was started is dropped, and so killed.
    tokio::select! {
        all_ok = carry_out(&arguments) => Ok(if all_ok? { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

/// Runs the plans; whether every one of them held.
async fn carry_out(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut all_ok = true;
    for plan in chosen(arguments)? {
        let limit = plan.lasts + RUN_LIMIT;
        let ran = timeout(limit, run::run(&plan, &arguments.setup)).await;
        match ran.context("the run does not end").flatten() {
            Ok(outcome) => {
                all_ok &= outcome.broken.is_empty();
                report::end(&outcome);
            }
            Err(error) => {
                all_ok = false;
                report::failed(plan.name, &error);
            }
        }
    }
    let (setup, lasts) = (&arguments.setup, arguments.seconds.map(Duration::from_secs));
    if calls_for(arguments, sender_kills::NAME) {
        all_ok &= of_its_own(sender_kills::NAME, Box::pin(sender_kills::run(setup))).await;
    }
    if calls_for(arguments, flow_kills::NAME) {
        all_ok &= of_its_own(flow_kills::NAME, Box::pin(flow_kills::run(setup, lasts, arguments.webhooks))).await;
    }
    Ok(all_ok)
}

fn calls_for(arguments: &Arguments, name: &str) -> bool {
    arguments.plans.is_empty() || arguments.plans.iter().any(|wanted| wanted == name)
}

/// A run that is not a plan alone; whether it held.
async fn of_its_own(name: &str, run: impl Future<Output = anyhow::Result<bool>>) -> bool {
    let ran = timeout(RUN_LIMIT, run).await;
    ran.context("the run does not end").flatten().unwrap_or_else(|error| {
        report::failed(name, &error);
        false
    })
}

fn chosen(arguments: &Arguments) -> anyhow::Result<Vec<Plan>> {
    let plans = plans::all(arguments.seconds.map(Duration::from_secs));
    let own = [plans::spine::NAME, sender_kills::NAME, flow_kills::NAME];
    let names: Vec<_> = plans.iter().map(|plan| plan.name).chain(own).collect();
    for wanted in &arguments.plans {
        ensure!(names.contains(&wanted.as_str()), "there is no plan `{wanted}`; there are {}", names.join(", "));
    }
    let spine = plans::spine(None).map(|plan| plan.name);
    let is_wanted = |plan: &Plan| {
        let calls =
            |wanted: &String| wanted == plan.name || (wanted == plans::spine::NAME && spine.contains(&plan.name));
        arguments.plans.is_empty() || arguments.plans.iter().any(calls)
    };
    let loaded = |plan: Plan| {
        let Load { webhooks, sends, hang_ups } = plan.load;
        let load = Load {
            webhooks: arguments.webhooks.unwrap_or(webhooks),
            sends: arguments.sends.unwrap_or(sends),
            hang_ups,
        };
        Plan { load, ..plan }
    };
    Ok(plans.into_iter().filter(is_wanted).map(loaded).collect())
}
