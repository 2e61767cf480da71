//! Where a run finds the binaries and the services: told by `./dev chaos` and `./dev bench`.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

/// A stop or start of a service that takes longer has failed.
const SERVICE_LIMIT: Duration = Duration::from_mins(2);

/// What surrounds a run.
#[derive(Clone, Debug, Args)]
pub struct Setup {
    /// The folder with the product's binaries.
    #[arg(long, env = "LOA_BIN_DIR")]
    pub bin_dir: PathBuf,
    /// PostgreSQL as its superuser.
    #[arg(long, env = "DATABASE_ADMIN_URL", hide_env_values = true)]
    pub database_admin_url: Url,
    /// PostgreSQL as the product's login.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Url,
    /// Redis.
    #[arg(long, env = "REDIS_URL", hide_env_values = true)]
    pub redis_url: String,
    /// RabbitMQ.
    #[arg(long, env = "RABBITMQ_URL", hide_env_values = true)]
    pub rabbitmq_url: String,
    /// The command that stops and starts the services, to be completed by what to do.
    #[arg(long, env = "LOA_SERVICES")]
    pub services: Option<String>,
    /// Where the processes' logs go, a folder for each run.
    #[arg(long, default_value = ".local/log/load")]
    pub logs: PathBuf,
}

/// What the product stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// PostgreSQL.
    Postgres,
    /// Redis.
    Redis,
    /// RabbitMQ.
    RabbitMq,
}

impl Service {
    /// Its name in commands and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Redis => "redis",
            Self::RabbitMq => "rabbitmq",
        }
    }
}

impl Setup {
    /// Stops `service`; its data are kept.
    pub async fn stop(&self, service: Service) -> anyhow::Result<()> {
        self.service("stop", service).await
    }

    /// Starts `service`, and returns when it answers.
    pub async fn start(&self, service: Service) -> anyhow::Result<()> {
        self.service("start", service).await
    }

    async fn service(&self, action: &str, service: Service) -> anyhow::Result<()> {
        let command = self.services.as_deref().context("LOA_SERVICES is not set: run it by ./dev")?;
        let mut words = command.split_whitespace();
        let mut child = Command::new(words.next().context("LOA_SERVICES is empty")?)
            .args(words)
            .args([action, service.as_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let ended = timeout(SERVICE_LIMIT, child.wait()).await;
        let status = ended.with_context(|| format!("{action} {}: not done in time", service.as_str()))??;
        ensure!(status.success(), "{action} {}: {status}", service.as_str());
        Ok(())
    }
}
