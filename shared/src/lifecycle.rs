//! The life of a process: configuration first, then work, then a stop that loses nothing.
//!
//! ```text
//! configuration  faults -> exit 64, before anything is bound or connected
//! work           until SIGTERM, SIGINT, or a task that failed (exit 1)
//! stop           `stopping` is cancelled: take nothing new, finish what is in hand
//! end            everything finished, or the grace time is over (exit 1)
//! ```

use std::future::Future;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use prometheus::Registry;
use prometheus::process_collector::ProcessCollector;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{ConfigError, Ops, Reader};
use crate::ops::{self, Readiness};
use crate::telemetry::{self, spans};

/// The exit code of a configuration that cannot be used (`EX_USAGE`).
pub const EXIT_CONFIG: u8 = 64;

/// What `--help` shows of every process.
#[derive(Debug, Parser)]
#[command(version, about = "A process of Loa. It is configured by environment variables.")]
struct Arguments {
    /// Print the configuration that holds, secrets hidden, and exit.
    #[arg(long)]
    print_config: bool,
}

/// The tasks of a process and the signal that ends them.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Cancelled when the process is to take nothing new.
    pub stopping: CancellationToken,
    /// Every task of the process; it ends when all of them have.
    pub tasks: TaskTracker,
    failed: Arc<AtomicBool>,
}

impl Lifecycle {
    /// Runs a task that belongs to the process. One that fails ends the process, which then says so
    /// by its exit code: whoever watches over it starts it anew.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        let this = self.clone();
        self.tasks.spawn(async move {
            if let Err(error) = task.await {
                tracing::error!(task = name, error = format!("{error:#}"), "task failed");
                this.failed.store(true, Ordering::Relaxed);
                this.stopping.cancel();
            }
        });
    }

    /// Waits for the end of every task after `stopping` was cancelled, at most for `grace`.
    /// Whether all of them ended, none with an error.
    pub async fn finish(&self, grace: Duration) -> bool {
        self.tasks.close();
        let in_time = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        if !in_time {
            tracing::error!(unfinished = self.tasks.len(), "the grace time is over");
        }
        in_time && !self.failed.load(Ordering::Relaxed)
    }
}

/// What a process is handed to work with.
pub struct Process {
    /// Its tasks and its end.
    pub lifecycle: Lifecycle,
    /// Where its metrics go.
    pub registry: Registry,
    /// What it needs to be ready.
    pub readiness: Readiness,
}

/// A process's whole configuration.
pub trait Settings: Sized + Send + 'static {
    /// Reads it; every fault in one error.
    fn read(read: &mut Reader) -> Result<Self, ConfigError>;

    /// The part that every process has.
    fn ops(&self) -> &Ops;
}

/// The whole `main` of a process named `name`: `start` builds what it is made of and spawns its tasks.
pub fn run<S, F>(name: &'static str, start: impl FnOnce(S, Process) -> F + Send) -> ExitCode
where
    S: Settings,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let arguments = Arguments::parse();
    let mut reader = Reader::from_env();
    let settings = S::read(&mut reader);
    if arguments.print_config {
        print(reader.report());
    }
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => {
            complain(&error);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if arguments.print_config {
        return ExitCode::SUCCESS;
    }
    match live(name, settings, start) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn live<S, F>(name: &'static str, settings: S, start: impl FnOnce(S, Process) -> F + Send) -> anyhow::Result<bool>
where
    S: Settings,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let ops = settings.ops().clone();
    telemetry::start_logs(&ops.log)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let clean = runtime.block_on(async move {
        if let Some(traces) = &ops.traces {
            spans::start_spans(name, traces)?;
        }
        let process =
            Process { lifecycle: Lifecycle::default(), registry: Registry::new(), readiness: Readiness::default() };
        // Its own processor time, memory and open files.
        process.registry.register(Box::new(ProcessCollector::for_self()))?;
        let lifecycle = process.lifecycle.clone();
        let started = ready_once_started(&process.readiness);
        serve_operators(ops.addr, &process).await?;
        stop_on_signals(&lifecycle)?;
        tracing::info!(process = name, version = env!("CARGO_PKG_VERSION"), "started");
        start(settings, process).await?;
        started.store(true, Ordering::Release);
        lifecycle.stopping.cancelled().await;
        tracing::info!(process = name, "stopping");
        let clean = lifecycle.finish(ops.grace).await;
        tokio::task::spawn_blocking(spans::finish_spans).await?;
        tracing::info!(process = name, clean, "stopped");
        anyhow::Ok(clean)
    })?;
    // A blocking call that hangs (a name lookup) must not hold the exit up.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(clean)
}

/// Keeps the process from being called ready before `start` is through: until then it has not yet said what else it
/// needs, and asking nothing would find it ready.
fn ready_once_started(readiness: &Readiness) -> Arc<AtomicBool> {
    let started = Arc::new(AtomicBool::new(false));
    let seen = started.clone();
    readiness.require("started", move || {
        let answer = if seen.load(Ordering::Acquire) { Ok(()) } else { Err("still starting".to_owned()) };
        std::future::ready(answer)
    });
    started
}

async fn serve_operators(addr: SocketAddr, process: &Process) -> anyhow::Result<()> {
    let listener = ops::listen(addr).await?;
    let Process { lifecycle, registry, readiness } = process;
    let (stopping, tasks) = (lifecycle.stopping.clone(), lifecycle.tasks.clone());
    let served = ops::serve(listener, registry.clone(), readiness.clone(), stopping, tasks);
    lifecycle.spawn("ops", async move {
        served.await;
        Ok(())
    });
    Ok(())
}

fn stop_on_signals(lifecycle: &Lifecycle) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stopping = lifecycle.stopping.clone();
    lifecycle.tasks.spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = stopping.cancelled() => {}
        }
        stopping.cancel();
    });
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "logs have not begun, and this is for whoever started us")]
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("{error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_fails_stops_the_process_and_is_told() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("broken", async { anyhow::bail!("the disk is gone") });
        lifecycle.stopping.cancelled().await;
        assert!(!lifecycle.finish(Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn a_process_is_not_ready_before_it_has_started() {
        let readiness = Readiness::default();
        let started = ready_once_started(&readiness);
        let (ready, said) = readiness.ask().await;
        assert!(!ready);
        assert_eq!(said["checks"]["started"], "still starting");
        started.store(true, Ordering::Release);
        assert!(readiness.ask().await.0);
    }

    #[tokio::test]
    async fn a_stop_waits_for_what_is_in_hand() {
        let lifecycle = Lifecycle::default();
        let stopping = lifecycle.stopping.clone();
        lifecycle.spawn("worker", async move {
            stopping.cancelled().await;
            tokio::task::yield_now().await;
            Ok(())
        });
        lifecycle.stopping.cancel();
        assert!(lifecycle.finish(Duration::from_secs(1)).await);
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_ever() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("stuck", std::future::pending());
        lifecycle.stopping.cancel();
        assert!(!lifecycle.finish(Duration::from_millis(20)).await);
    }
}
