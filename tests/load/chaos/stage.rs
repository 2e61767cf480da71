//! The stage of a run: an empty database, queues of its own, the platform, the processes, a merchant.

use anyhow::Context;
use serde::Deserialize;
use simulator::{Behaviour, Config, Probability, Simulator};
use tests::load::product::APP_SECRET;
use tests::load::{Database, Line, Name, Product, Queues, Service, Setup};

use crate::api::Api;
use crate::faults::READY_LIMIT;
use crate::plan::{Load, Plan};
use crate::proxies::Proxies;
use crate::spool;

/// Messages that one number gets and sends in a second, well below the platform's limit of 80 for both.
const PER_NUMBER: u32 = 25;
const LEAST_NUMBERS: u32 = 3;
/// Customers of each number.
const CUSTOMERS: usize = 80;
/// So often the platform delivers a status twice, and so often it shuffles them.
const UNTIDY: f64 = 0.05;

/// Everything that a run needs, running.
pub(crate) struct Stage {
    pub(crate) prefix: String,
    pub(crate) database: Database,
    pub(crate) platform: Simulator,
    pub(crate) product: Product,
    pub(crate) proxies: Proxies,
    pub(crate) api: Api,
    pub(crate) lines: Vec<Line>,
    disk: Option<spool::Disk>,
}

/// What `api seed-demo` writes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Demo {
    email: String,
    password: String,
    phone_number_id: String,
    waba_id: String,
}

impl Stage {
    /// Sets it for `plan`.
    pub(crate) async fn set(setup: &Setup, plan: &Plan) -> anyhow::Result<Self> {
        Self::set_with(setup, plan, &Name::ALL).await
    }

    /// Sets it for `plan`, with the processes of `names`.
    pub(crate) async fn set_with(setup: &Setup, plan: &Plan, names: &[Name]) -> anyhow::Result<Self> {
        let run = format!("chaos-{}", plan.name);
        let prefix = format!("{run}.");
        // An earlier run that failed has left its own to be looked at.
        Queues::open(&setup.rabbitmq_url, &prefix).await?.remove().await?;
        let database = Database::fresh(setup, &format!("loa_{}", run.replace('-', "_"))).await?;
        let platform = Simulator::start(platform()).await?;
        let proxies = if plan.has_proxies { Proxies::before_each(setup).await? } else { Proxies::default() };
        let mut own = vec![
            ("DATABASE_URL", proxies.way(Service::Postgres, database.login())?),
            ("DATABASE_ADMIN_URL", database.admin().to_owned()),
            ("REDIS_URL", proxies.way(Service::Redis, &setup.redis_url)?),
            ("RABBITMQ_URL", proxies.way(Service::RabbitMq, &setup.rabbitmq_url)?),
            ("RABBITMQ_PREFIX", prefix.clone()),
            ("WHATSAPP_API_BASE_URL", platform.url().to_owned()),
        ];
        let disk = match plan.spool {
            Some(spool) => {
                let (variables, disk) = spool::place(spool, &setup.logs.join(format!("{run}-spool")))?;
                own.extend(variables);
                disk
            }
            None => None,
        };
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut product = Product::new(setup, &run, names, &own)?;
        platform.set_webhook_target(product.url(Name::Ingress)?.parse()?);
        product.command(&["migrate"]).await?;
        let seed = product.logs().join("seed.json");
        let path = seed.to_str().context("the path of the logs is no text")?;
        product.command(&["seed-demo", "--out", path]).await?;
        let demo: Demo = serde_json::from_slice(&std::fs::read(&seed)?)?;
        // The demo answers by itself: what is counted is what was asked for.
        let db = database.open().await?;
        sqlx::query("update accounts set auto_reply_enabled = false").execute(&db).await?;
        db.close().await;
        product.start_all(READY_LIMIT).await?;
        let api = Api::login(product.url(Name::Api)?, &demo.email, &demo.password).await?;
        let lines = lines(&api, &demo, plan.load).await?;
        Ok(Self { prefix, database, platform, product, proxies, api, lines, disk })
    }

    /// Removes what it made outside of this process.
    pub(crate) async fn strike(self, setup: &Setup) -> anyhow::Result<()> {
        self.platform.stop().await;
        Queues::open(&setup.rabbitmq_url, &self.prefix).await?.remove().await?;
        self.database.remove().await?;
        drop(self.disk);
        Ok(())
    }
}

/// An untidy platform that is patient with an ingress that is away.
fn platform() -> Config {
    let untidy = Probability::try_from(UNTIDY).unwrap_or(Probability::NEVER);
    let behaviour =
        Behaviour { duplicates: untidy, reordering: untidy, batching: untidy, jitter: untidy, ..Behaviour::default() };
    Config { app_secret: APP_SECRET.into(), attempts: 100, behaviour, ..Config::default() }
}

/// Connects as many further numbers as `load` needs, and gives every number its customers.
async fn lines(api: &Api, demo: &Demo, load: Load) -> anyhow::Result<Vec<Line>> {
    let first: u64 = demo.phone_number_id.parse()?;
    let numbers = (load.webhooks + load.hang_ups + load.sends).div_ceil(PER_NUMBER).max(LEAST_NUMBERS);
    let mut lines = Vec::new();
    for (number, id) in (first..).take(numbers as usize).enumerate() {
        let phone_number_id = id.to_string();
        if number > 0 {
            api.connect(&phone_number_id, &demo.waba_id).await?;
        }
        lines.extend((0..CUSTOMERS).map(|customer| Line {
            phone_number_id: phone_number_id.clone(),
            waba_id: demo.waba_id.clone(),
            phone: format!("8490{number:02}{customer:05}"),
        }));
    }
    Ok(lines)
}
