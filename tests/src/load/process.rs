//! One process of the product, as a child of the run.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// A process that was killed is gone within this time.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The processes of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// Takes webhooks.
    Ingress,
    /// Stores messages.
    Persist,
    /// Steps flows.
    Flow,
    /// Steps flows too: a second engine, where a run wants one.
    OtherFlow,
    /// Follows statuses.
    Status,
    /// Sends.
    Outbound,
    /// Sends too: a second sender, where a run wants one.
    OtherOutbound,
    /// Moves files.
    Media,
    /// Repairs.
    Janitor,
    /// The REST API.
    Api,
}

impl Name {
    /// Every process once, in the order in which they are started.
    pub const ALL: [Self; 8] =
        [Self::Ingress, Self::Persist, Self::Flow, Self::Status, Self::Outbound, Self::Media, Self::Janitor, Self::Api];

    /// The name of its binary.
    pub const fn binary(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Persist => "message-persistence",
            Self::Flow | Self::OtherFlow => "flow-engine",
            Self::Status => "status-tracker",
            Self::Outbound | Self::OtherOutbound => "outbound-sender",
            Self::Media => "media-fetcher",
            Self::Janitor => "janitor",
            Self::Api => "api",
        }
    }
}

/// How a process ended that was asked to.
#[derive(Clone, Copy, Debug)]
pub struct Stopped {
    /// What it said at its end.
    pub status: ExitStatus,
    /// How long it took.
    pub took: Duration,
}

/// A running process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: Name,
    child: Child,
    ops: SocketAddr,
}

impl Process {
    /// Starts the binary of `name` with `env` and nothing else around it; its output is added to `log`.
    pub fn start(
        name: Name,
        bin_dir: &Path,
        env: &[(String, String)],
        ops: SocketAddr,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let output = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let binary = bin_dir.join(name.binary());
        let child = Command::new(&binary)
            .env_clear()
            .envs(env.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // Out of reach of the terminal's Ctrl-C: it is this run that ends its children.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        Ok(Self { name, child, ops })
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> std::io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Sends SIGTERM and waits for the end. Past `grace` it is killed, and that is an error.
    pub async fn terminate(&mut self, grace: Duration) -> anyhow::Result<Stopped> {
        let asked = Instant::now();
        self.signal("TERM").await?;
        let Ok(ended) = timeout(grace, self.child.wait()).await else {
            self.kill().await?;
            anyhow::bail!("{} outstayed its grace of {} s and was killed", self.name.binary(), grace.as_secs());
        };
        Ok(Stopped { status: ended?, took: asked.elapsed() })
    }

    /// Makes it stand still (SIGSTOP).
    pub async fn pause(&self) -> anyhow::Result<()> {
        self.signal("STOP").await
    }

    /// Lets it go on after a pause.
    pub async fn go_on(&self) -> anyhow::Result<()> {
        self.signal("CONT").await
    }

    async fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let pid = self.child.id().with_context(|| format!("{} has ended by itself", self.name.binary()))?;
        let sent = Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().await?;
        ensure!(sent.success(), "SIG{signal} could not be sent to {pid}");
        Ok(())
    }

    /// Sends SIGKILL and waits for the end.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.id().is_some(), "{} has ended by itself", self.name.binary());
        timeout(KILL_LIMIT, self.child.kill()).await.context("a killed process does not end")??;
        Ok(())
    }

    /// Whether it says that it can do its job.
    pub async fn is_ready(&self, client: &reqwest::Client) -> bool {
        let answer = client.get(format!("http://{}/readyz", self.ops)).send().await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// The sum of a metric over its labels.
    pub async fn metric(&self, client: &reqwest::Client, name: &str) -> anyhow::Result<f64> {
        let text = client.get(format!("http://{}/metrics", self.ops)).send().await?.text().await?;
        Ok(text.lines().filter_map(|line| sample(line, name)).sum())
    }

    /// The sum of those samples of a metric that have the label value `value`.
    pub async fn metric_where(&self, client: &reqwest::Client, name: &str, value: &str) -> anyhow::Result<f64> {
        let text = client.get(format!("http://{}/metrics", self.ops)).send().await?.text().await?;
        let labelled = format!("=\"{value}\"");
        Ok(text.lines().filter(|line| line.contains(&labelled)).filter_map(|line| sample(line, name)).sum())
    }

    /// The processor time that it has used, in its own and in the kernel's work, to a hundredth of a second.
    pub fn processor_time(&self) -> anyhow::Result<Duration> {
        // What /proc counts in is fixed for all of Linux's user space (`USER_HZ`).
        const TICKS: u64 = 100;
        let pid = self.child.id().context("it has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th behind it.
        let (_, rest) = stat.rsplit_once(')').context("no name")?;
        let times: Vec<u64> = rest.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
        Ok(Duration::from_millis(times.iter().sum::<u64>() * 1_000 / TICKS))
    }

    /// The memory that it holds, in bytes (`VmRSS`).
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        let pid = self.child.id().context("it has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kibibytes * 1024)
    }
}

/// The value of a line of Prometheus' text format, where it is a sample of `name`.
fn sample(line: &str, name: &str) -> Option<f64> {
    let rest = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']))?;
    rest.rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_read_with_and_without_labels_and_no_other_metric_is() {
        assert_eq!(sample("loa_x_total 3", "loa_x_total"), Some(3.0));
        assert_eq!(sample(r#"loa_x_total{queue="a b"} 4"#, "loa_x_total"), Some(4.0));
        assert_eq!(sample("loa_x_total_more 5", "loa_x_total"), None);
        assert_eq!(sample("# HELP loa_x_total words", "loa_x_total"), None);
    }
}
