//! `outbound-sender`: empties the outbox of whichever account it is woken for.

use std::process::ExitCode;

use chrono::{NaiveDate, NaiveTime};
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
    let version_ends = version_end(&settings);
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
    metrics.version_ends.set(version_ends.map_or(0, |end| end.and_time(NaiveTime::MIN).and_utc().timestamp()));
    context.clone().consume(Outbound::new(context, desk, metrics), CONSUME);
    Ok(())
}

/// The day on which the platform ends the version of its API that we speak; it is warned of in time.
fn version_end(settings: &SenderSettings) -> Option<NaiveDate> {
    let version = settings.platforms.whatsapp_version()?;
    let end = version::ends_on(version)?;
    if (end - clock::now().date_naive()).num_days() < WARN_DAYS {
        tracing::warn!(version, %end, "this version of the Graph API is near its end: set WHATSAPP_API_VERSION");
    }
    Some(end)
}
