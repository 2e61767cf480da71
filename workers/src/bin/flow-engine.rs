//! `flow-engine`: steps automation flows.

use std::process::ExitCode;
use std::sync::Arc;

use shared::broker::consume::Consume;
use shared::lifecycle::{self, Process};
use tokio::sync::Notify;
use workers::context::Context;
use workers::flow::calls::Caller;
use workers::flow::http::Endpoints;
use workers::flow::settings::FlowSettings;
use workers::flow::{FlowEngine, metrics::Metrics};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A batch is what came while the one before was stepped: alone when little comes, full lots when much does.
const CONSUME: Consume = Consume { prefetch: 256, max_batch: 256, concurrency: 2 };

fn main() -> ExitCode {
    lifecycle::run("flow-engine", start)
}

async fn start(settings: FlowSettings, process: Process) -> anyhow::Result<()> {
    let context = Context::start("flow-engine", &settings.worker, &process)?;
    let metrics = Metrics::register(&process.registry)?;
    let endpoints = Endpoints::new(settings.hosts, settings.private)?;
    let told = Arc::new(Notify::new());
    let caller = Caller { context: context.clone(), endpoints, metrics: metrics.clone() };
    process.lifecycle.spawn("calls", caller.run(Arc::clone(&told)));
    context.clone().consume(FlowEngine::new(context, metrics, told), CONSUME);
    Ok(())
}
