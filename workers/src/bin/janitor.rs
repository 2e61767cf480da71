//! `janitor`: what the clock brings.

use std::process::ExitCode;

use shared::lifecycle::{self, Process};
use workers::context::Context;
use workers::janitor::{metrics::Metrics, rounds};
use workers::settings::WorkerSettings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lifecycle::run("janitor", start)
}

async fn start(settings: WorkerSettings, process: Process) -> anyhow::Result<()> {
    let context = Context::start("janitor", &settings, &process)?;
    let metrics = Metrics::register(&process.registry)?;
    process.lifecycle.spawn("rounds", rounds::run(context, metrics));
    Ok(())
}
