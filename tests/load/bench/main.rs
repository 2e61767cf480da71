//! `bench`: how fast, held against a reference that is measured in the same run.
//!
//! Subject and reference take turns, so that whatever else the machine does meets both alike. Each
//! benchmark ends in a line `RESULT {...}`, which is kept in `.local/bench/results.jsonl` too.

mod api;
mod bodies;
mod customers;
mod e2e;
mod figures;
mod flow;
mod flow_waits;
mod ingress;
mod metrics;
mod overload;
mod persist;
mod results;
mod send;
mod status;
mod webhooks;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use results::Verdict;
use tests::load::Setup;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

/// Benchmarks: `ingress`, `metrics`, `overload`, `persist`, `status`, `e2e`, `send`, `flow`, `flow-waits`, `api`.
#[derive(Debug, Parser)]
struct Arguments {
    /// The benchmarks to run; all where none is named.
    names: Vec<String>,
    /// How often subject and reference take turns.
    #[arg(long, default_value_t = 5)]
    pairs: u32,
    /// How long each turn lasts.
    #[arg(long, default_value_t = 4)]
    seconds: u64,
    /// Connections of clients, one case after another.
    #[arg(long, value_delimiter = ',', default_values_t = [64, 256])]
    connections: Vec<usize>,
    /// Of `persist` and `send`, only the cases whose names hold this.
    #[arg(long)]
    case: Option<String>,
    /// Events that are stored up for `persist`.
    #[arg(long, default_value_t = 200_000)]
    events: usize,
    /// Rows in a transaction of the bare SQL that `persist` is measured against; as many as the worker's own hold, unless
    /// given.
    #[arg(long)]
    reference_batch: Option<usize>,
    /// Contacts and conversations that are there for `api`; ten times as many messages.
    #[arg(long, default_value_t = 1_000_000)]
    rows: i64,
    /// How long customers write in `flow`, in seconds; a minute where not given.
    #[arg(long)]
    flow_for: Option<u64>,
    /// Sessions that wait in `flow-waits`.
    #[arg(long, default_value_t = 100_000)]
    sessions: usize,
    /// Where results are kept, one JSON object a line.
    #[arg(long, env = "LOA_BENCH_RESULTS", default_value = ".local/bench/results.jsonl")]
    results: PathBuf,
    #[command(flatten)]
    setup: Setup,
}

const NAMES: [&str; 10] = [
    ingress::NAME,
    metrics::NAME,
    overload::NAME,
    persist::NAME,
    status::NAME,
    e2e::NAME,
    send::NAME,
    flow::NAME,
    flow_waits::NAME,
    api::NAME,
];
/// What takes longer hangs.
const LIMIT: Duration = Duration::from_mins(30);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    if std::env::args().nth(1).is_some_and(|argument| argument == ingress::plain::ARGUMENT) {
        ingress::plain::serve().await?;
    }
    let arguments = Arguments::parse();
    for name in &arguments.names {
        ensure!(NAMES.contains(&name.as_str()), "there is no benchmark `{name}`; there are {}", NAMES.join(", "));
    }
    ensure!(
        arguments.pairs > 0
            && arguments.seconds > 0
            && arguments.events > 0
            && arguments.reference_batch != Some(0)
            && arguments.rows >= 1_000
            && !arguments.connections.contains(&0),
        "nothing would be measured"
    );
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // Whichever way this ends, what was started is dropped, and so killed.
    tokio::select! {
        ok = carry_out(&arguments) => Ok(if ok? { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

async fn carry_out(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut all_ok = true;
    for name in NAMES {
        if arguments.names.is_empty() || arguments.names.iter().any(|wanted| wanted == name) {
            let verdict = measure(name, arguments).await?;
            results::tell(name, &verdict, &arguments.results)?;
            all_ok &= verdict.ok;
        }
    }
    Ok(all_ok)
}

async fn measure(name: &str, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let Arguments {
        setup, pairs, seconds, connections, case, events, reference_batch, rows, flow_for, sessions, ..
    } = arguments;
    let turn = Duration::from_secs(*seconds);
    let measured = async {
        match name {
            ingress::NAME => {
                let shape = ingress::Shape { pairs: *pairs, turn, connections: connections.clone() };
                ingress::run(setup, &shape).await
            }
            metrics::NAME => metrics::run(setup, *pairs, turn).await,
            overload::NAME => overload::run(setup, overload::Shape { pairs: *pairs, turn }).await,
            persist::NAME => {
                let shape = persist::Shape { pairs: *pairs, events: *events, reference_batch: *reference_batch };
                persist::run(setup, shape, case.as_deref()).await
            }
            status::NAME => status::run(setup, *pairs).await,
            e2e::NAME => e2e::run(setup).await,
            send::NAME => send::run(setup, case.as_deref()).await,
            flow::NAME => flow::run(setup, flow_for.map(Duration::from_secs)).await,
            flow_waits::NAME => flow_waits::run(setup, *sessions).await,
            api::NAME => api::run(setup, api::Shape { rounds: *pairs, turn, rows: *rows }).await,
            _ => anyhow::bail!("there is no benchmark `{name}`"),
        }
    };
    timeout(LIMIT, measured).await.with_context(|| format!("`{name}` does not end"))?
}
