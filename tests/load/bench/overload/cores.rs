//! The load and what it overloads must not fight for one core: on two machines they would not either.

use anyhow::{Context, ensure};
use tokio::process::Command;

/// The core of the load; the others are the ingress's.
const OF_LOAD: usize = 0;

/// Keeps the load, this process, on a core of its own. Whether there is more than one.
pub(super) async fn keep_load_apart() -> anyhow::Result<bool> {
    if cores()? < 2 {
        return Ok(false);
    }
    bind(std::process::id(), &OF_LOAD.to_string()).await?;
    Ok(true)
}

/// Lets the load run everywhere again: this process may have other things to measure, and children inherit its cores.
pub(super) async fn release_load() -> anyhow::Result<()> {
    bind(std::process::id(), &format!("0-{}", cores()? - 1)).await
}

/// Keeps the process `id` off the core of the load.
pub(super) async fn keep_off_load(id: u32) -> anyhow::Result<()> {
    bind(id, &format!("{}-{}", OF_LOAD + 1, cores()? - 1)).await
}

/// How many the machine has, whatever this process is bound to.
fn cores() -> anyhow::Result<usize> {
    let cores = std::fs::read_to_string("/proc/cpuinfo").context("/proc/cpuinfo")?;
    Ok(cores.lines().filter(|line| line.starts_with("processor")).count())
}

/// All threads of the process `id` run on `cores` alone from here on, and those that they start.
async fn bind(id: u32, cores: &str) -> anyhow::Result<()> {
    let bound = Command::new("taskset").args(["-acp", cores, &id.to_string()]).output().await;
    let bound = bound.context("taskset (util-linux) does not start")?;
    ensure!(bound.status.success(), "taskset: {}", String::from_utf8_lossy(&bound.stderr).trim());
    Ok(())
}
