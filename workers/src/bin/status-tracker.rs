//! `status-tracker`: moves messages through their life.

use std::process::ExitCode;

use shared::broker::consume::Consume;
use shared::lifecycle::{self, Process};
use workers::context::Context;
use workers::settings::WorkerSettings;
use workers::status::{Track, metrics::Metrics};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Under load a delivery holds hundreds of events, up to a mebibyte, so few are fetched ahead.
const CONSUME: Consume = Consume { prefetch: 128, max_batch: 1_000, concurrency: 2 };

fn main() -> ExitCode {
    lifecycle::run("status-tracker", start)
}

async fn start(settings: WorkerSettings, process: Process) -> anyhow::Result<()> {
    let context = Context::start("status-tracker", &settings, &process)?;
    let metrics = Metrics::register(&process.registry)?;
    context.clone().consume(Track::new(context, metrics), CONSUME);
    Ok(())
}
