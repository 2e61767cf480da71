//! `media-fetcher`: brings files into our store, and gives stored files to the platforms.

use std::process::ExitCode;

use shared::broker::consume::Consume;
use shared::lifecycle::{self, Process};
use workers::context::Context;
use workers::media::fetch::Fetcher;
use workers::media::links::Links;
use workers::media::metrics::Metrics;
use workers::media::settings::MediaSettings;
use workers::media::{Media, tidy};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each batch is one account's wake; so many accounts have their files moved at once.
const CONSUME: Consume = Consume { prefetch: 1, max_batch: 1, concurrency: 8 };

fn main() -> ExitCode {
    lifecycle::run("media-fetcher", start)
}

async fn start(settings: MediaSettings, process: Process) -> anyhow::Result<()> {
    let context = Context::start("media-fetcher", &settings.worker, &process)?;
    let metrics = Metrics::register(&process.registry)?;
    let objects = settings.objects.open()?;
    let fetcher = Fetcher {
        platforms: settings.platforms.open()?,
        links: Links::new(settings.allowed)?,
        objects: objects.clone(),
    };
    let (pool, stopping) = (context.pool.clone(), context.lifecycle.stopping.clone());
    let tidied = tidy::run(pool, objects, metrics.clone(), stopping);
    process.lifecycle.spawn("tidy", async move {
        tidied.await;
        Ok(())
    });
    context.clone().consume(Media::new(context, fetcher, metrics), CONSUME);
    Ok(())
}
