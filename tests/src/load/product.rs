//! The product's processes together, on ports of their own.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::ports;
use super::process::{Name, Process, Stopped};
use super::setup::Setup;

/// What signs webhooks in these runs.
pub const APP_SECRET: &str = "load-app-secret";
/// How long a process may finish what it has in hand.
pub const GRACE: Duration = Duration::from_secs(25);
/// `GRACE` and what it takes to notice.
const GRACE_LIMIT: Duration = Duration::from_secs(28);
const COMMAND_LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
/// What seals in these runs: 32 bytes in base64.
pub const MASTER_KEY: &str = "bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtMTI=";
const JWT_SECRET: &str = "load-load-load-load-load-load-load-load";

/// The processes of a run, and how each is started.
#[derive(Debug)]
pub struct Product {
    bin_dir: PathBuf,
    logs: PathBuf,
    env: Vec<(String, String)>,
    ports: BTreeMap<Name, Ports>,
    running: BTreeMap<Name, Process>,
    client: reqwest::Client,
}

#[derive(Clone, Copy, Debug)]
struct Ports {
    ops: SocketAddr,
    listen: SocketAddr,
}

impl Product {
    /// What the processes of `names` are started with; none runs yet. `run` names the folder of their
    /// logs; `own` are the variables that differ from run to run.
    pub fn new(setup: &Setup, run: &str, names: &[Name], own: &[(&str, &str)]) -> anyhow::Result<Self> {
        let logs = setup.logs.join(run);
        if logs.exists() {
            std::fs::remove_dir_all(&logs)?;
        }
        std::fs::create_dir_all(&logs)?;
        let free = ports::free(names.len() * 2)?;
        let pairs = free.chunks_exact(2).map(|pair| Ports { ops: pair[0], listen: pair[1] });
        let ports: BTreeMap<Name, Ports> = names.iter().copied().zip(pairs).collect();
        let mut env = vec![
            pair("LOA_ENV", "development"),
            pair("LOG", "info"),
            pair("REDIS_URL", &setup.redis_url),
            pair("RABBITMQ_URL", &setup.rabbitmq_url),
            pair("WHATSAPP_APP_SECRET", APP_SECRET),
            pair("WHATSAPP_WEBHOOK_VERIFY_TOKEN", "load-verify-token"),
            pair("MESSAGE_ENCRYPTION_KEY", MASTER_KEY),
            pair("JWT_SECRET", JWT_SECRET),
            pair("API_RATE_LIMITS", "off"),
            pair("MEDIA_STORE_URL", format!("file://{}", std::path::absolute(&setup.logs)?.join("media").display())),
            pair("SHUTDOWN_GRACE", format!("{}s", GRACE.as_secs())),
        ];
        env.extend(own.iter().map(|(name, value)| pair(name, *value)));
        if let Some(ingress) = ports.get(&Name::Ingress) {
            env.push(pair("WEBHOOK_FORWARD_URL", format!("http://{}", ingress.listen)));
        }
        Ok(Self {
            bin_dir: setup.bin_dir.clone(),
            logs,
            env,
            ports,
            running: BTreeMap::new(),
            client: shared::channels::http::client_with(Duration::from_secs(2), Duration::from_secs(5))?,
        })
    }

    /// Runs a command of the `api` binary to its end.
    pub async fn command(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let command = Command::new(self.bin_dir.join(Name::Api.binary()))
            .args(arguments)
            .env_clear()
            .envs(self.env.iter().map(|(key, value)| (key, value)))
            .kill_on_drop(true)
            .output();
        let output = timeout(COMMAND_LIMIT, command).await.context("not done in time")??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "api {}: {}: {said}", arguments.join(" "), output.status);
        Ok(())
    }

    /// Where the logs of the processes are.
    pub fn logs(&self) -> &std::path::Path {
        &self.logs
    }

    /// Base URL of a process that speaks HTTP.
    pub fn url(&self, name: Name) -> anyhow::Result<String> {
        Ok(format!("http://{}", self.address(name)?))
    }

    /// Where a process that speaks HTTP listens.
    pub fn address(&self, name: Name) -> anyhow::Result<SocketAddr> {
        Ok(self.ports.get(&name).context("not part of this run")?.listen)
    }

    /// Starts every process that does not run, and returns when all are ready.
    pub async fn start_all(&mut self, limit: Duration) -> anyhow::Result<()> {
        let names: Vec<Name> = self.ports.keys().copied().collect();
        for name in names {
            if !self.running.contains_key(&name) {
                self.start(name)?;
            }
        }
        self.all_ready(limit).await
    }

    /// Starts `name` without waiting for it.
    pub fn start(&mut self, name: Name) -> anyhow::Result<()> {
        let Ports { ops, listen } = *self.ports.get(&name).context("not part of this run")?;
        let own = [pair("OPS_ADDR", ops.to_string()), pair("LISTEN_ADDR", listen.to_string())];
        let env: Vec<_> = self.env.iter().cloned().chain(own).collect();
        let log = self.logs.join(format!("{}.log", name.binary()));
        self.running.insert(name, Process::start(name, &self.bin_dir, &env, ops, &log)?);
        Ok(())
    }

    /// A process that runs.
    pub fn process(&mut self, name: Name) -> anyhow::Result<&mut Process> {
        self.running.get_mut(&name).with_context(|| format!("{} was not started", name.binary()))
    }

    /// The processes' ids.
    pub fn ids(&self) -> BTreeMap<Name, Option<u32>> {
        self.running.iter().map(|(name, process)| (*name, process.id())).collect()
    }

    /// The processes that have ended, though nobody asked them to.
    pub fn ended(&mut self) -> anyhow::Result<Vec<String>> {
        let mut ended = Vec::new();
        for (name, process) in &mut self.running {
            if let Some(status) = process.ended()? {
                ended.push(format!("{}: {status}", name.binary()));
            }
        }
        Ok(ended)
    }

    /// The sum of a metric of `name` over its labels.
    pub async fn metric(&self, name: Name, metric: &str) -> anyhow::Result<f64> {
        let process = self.running.get(&name).context("it does not run")?;
        process.metric(&self.client, metric).await
    }

    /// The sum of those samples of a metric of `name` that have the label value `value`.
    pub async fn metric_where(&self, name: Name, metric: &str, value: &str) -> anyhow::Result<f64> {
        let process = self.running.get(&name).context("it does not run")?;
        process.metric_where(&self.client, metric, value).await
    }

    /// Returns when every process says that it is ready; an error names those that are not within `limit`.
    pub async fn all_ready(&self, limit: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        for (name, process) in &self.running {
            while !process.is_ready(&self.client).await {
                ensure!(Instant::now() < deadline, "{} is not ready after {} s", name.binary(), limit.as_secs());
                sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// Asks every process to stop, all at once; how each ended.
    pub async fn stop_all(&mut self) -> Vec<(Name, anyhow::Result<Stopped>)> {
        let running = std::mem::take(&mut self.running);
        let stops = running.into_iter().map(async |(name, mut process)| (name, process.terminate(GRACE_LIMIT).await));
        futures::future::join_all(stops).await
    }

    /// Asks `name` to stop; an error where it outstays its grace.
    pub async fn terminate(&mut self, name: Name) -> anyhow::Result<Stopped> {
        let mut process = self.running.remove(&name).with_context(|| format!("{} was not started", name.binary()))?;
        process.terminate(GRACE_LIMIT).await
    }
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}
