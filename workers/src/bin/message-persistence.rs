//! `message-persistence`: stores what customers write.

use std::process::ExitCode;

use shared::broker::consume::Consume;
use shared::cache::{Cache, Rates};
use shared::lifecycle::{self, Process};
use workers::context::Context;
use workers::persist::{Persist, metrics::Metrics};
use workers::settings::PersistSettings;

/// What a transaction costs whatever it holds is shared by the thousands of a backlog. Under load a delivery holds hundreds
/// of events, up to half a mebibyte; twice the deliveries of a batch are fetched, so that the next one is there.
const CONSUME: Consume = Consume { prefetch: 256, max_batch: 8_000, concurrency: 2 };

fn main() -> ExitCode {
    lifecycle::run("message-persistence", start)
}

async fn start(settings: PersistSettings, process: Process) -> anyhow::Result<()> {
    let context = Context::start("message-persistence", &settings.worker, &process)?;
    let rates = Rates::new(Cache::open(&settings.redis.url)?);
    let metrics = Metrics::register(&process.registry)?;
    context.clone().consume(Persist::new(context, metrics).telling(rates), CONSUME);
    Ok(())
}
