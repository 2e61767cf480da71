//! `bench`: how fast, held against a reference that is measured in the same run.
//!
//! Subject and reference take turns, so that whatever else the machine does meets both alike. Each
//! benchmark ends in a line `RESULT {...}`.

mod bodies;
mod figures;
mod ingress;
mod pace;
mod reference;
mod webhooks;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use tests::load::Setup;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

/// Benchmarks: `ingress`, `pace`.
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
    #[command(flatten)]
    setup: Setup,
}

const NAMES: [&str; 2] = [ingress::NAME, pace::NAME];
/// For both of its cases.
const PACE_LIMIT: Duration = Duration::from_mins(10);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    for name in &arguments.names {
        ensure!(NAMES.contains(&name.as_str()), "there is no benchmark `{name}`; there are {}", NAMES.join(", "));
    }
    ensure!(
        arguments.pairs > 0 && arguments.seconds > 0 && !arguments.connections.contains(&0),
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
    let is_wanted = |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|wanted| wanted == name);
    let mut all_ok = true;
    if is_wanted(ingress::NAME) {
        let turn = Duration::from_secs(arguments.seconds);
        let shape = ingress::Shape { pairs: arguments.pairs, turn, connections: arguments.connections.clone() };
        let cases = u32::try_from(shape.connections.len())?;
        let limit = turn * (arguments.pairs + 1) * 3 * cases + Duration::from_mins(2);
        let ran = timeout(limit, ingress::run(&arguments.setup, &shape)).await;
        all_ok &= ran.context("the benchmark does not end")??;
    }
    if is_wanted(pace::NAME) {
        let ran = timeout(PACE_LIMIT, pace::run(&arguments.setup)).await;
        all_ok &= ran.context("the benchmark does not end")??;
    }
    Ok(all_ok)
}
