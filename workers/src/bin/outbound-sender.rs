//! `outbound-sender`: empties the outbox of whichever account it is woken for.

use std::process::ExitCode;

use shared::broker::consume::Consume;
use shared::cache::{Cache, Rates};
use shared::channels::whatsapp::version;
use shared::domain::clock;
use shared::lifecycle::{self, Process};
use workers::context::Context;
use workers::media::prepare::Files;
use workers::outbound::{self, Outbound};
use workers::send::attempt::{Desk, Sets};
use workers::send::{metrics::Metrics, pace::Pace, pairs::Pairs};
use workers::settings::SenderSettings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each batch is one account's wake; so many accounts send at once.
const CONSUME: Consume = Consume { prefetch: 1, max_batch: 1, concurrency: 16 };
/// How long before its end a version of the Graph API is warned of.
const WARN_DAYS: i64 = 90;

fn main() -> ExitCode {
    lifecycle::run("outbound-sender", start)
}

async fn start(settings: SenderSettings, process: Process) -> anyhow::Result<()> {
    warn_of_old_version(&settings);
    let context = Context::start("outbound-sender", &settings.worker, &process)?;
    let metrics = Metrics::register(&process.registry, "outbound")?;
    let rates = Rates::new(Cache::open(&settings.redis.url)?);
    let desk = Desk {
        pool: context.pool.clone(),
        keyring: context.keyring.clone(),
        platforms: settings.platforms.open()?,
        files: Files {
            pool: context.pool.clone(),
            keyring: context.keyring.clone(),
            publisher: context.publisher().clone(),
        },
        pace: Pace::new(rates.clone(), settings.replicas, metrics.clone()),
        pairs: Pairs::new(rates, metrics.clone()),
        sets: Sets::default(),
        metrics,
    };
    let metrics = outbound::metrics::Metrics::register(&process.registry)?;
    context.clone().consume(Outbound::new(context, desk, metrics), CONSUME);
    Ok(())
}

fn warn_of_old_version(settings: &SenderSettings) {
    let Some(version) = settings.platforms.whatsapp_version() else {
        return;
    };
    let Some(end) = version::ends_on(version) else {
        return;
    };
    if (end - clock::now().date_naive()).num_days() < WARN_DAYS {
        tracing::warn!(version, %end, "this version of the Graph API is near its end: set WHATSAPP_API_VERSION");
    }
}
