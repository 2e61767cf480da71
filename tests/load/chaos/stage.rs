//! The stage of a run: an empty database, queues of its own, the platform, the processes, a merchant.

use anyhow::Context;
use serde::Deserialize;
use simulator::{Behaviour, Config, Probability, Simulator};
use tests::load::product::APP_SECRET;
use tests::load::{Database, Line, Name, Product, Queues, Setup};

use crate::api::Api;
use crate::faults::READY_LIMIT;

/// Numbers of the merchant.
const NUMBERS: usize = 3;
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
    pub(crate) api: Api,
    pub(crate) lines: Vec<Line>,
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
    /// Sets it for the plan `name`.
    pub(crate) async fn set(setup: &Setup, name: &str) -> anyhow::Result<Self> {
        let prefix = format!("chaos-{name}.");
        // An earlier run that failed has left its own to be looked at.
        Queues::open(&setup.rabbitmq_url, &prefix).await?.remove().await?;
        let database = Database::fresh(setup, &format!("loa_chaos_{name}")).await?;
        let platform = Simulator::start(platform()).await?;
        let run = format!("chaos-{name}");
        let own = [
            ("DATABASE_URL", database.login()),
            ("DATABASE_ADMIN_URL", database.admin()),
            ("RABBITMQ_PREFIX", &prefix),
            ("WHATSAPP_API_BASE_URL", platform.url()),
        ];
        let mut product = Product::new(setup, &run, &Name::ALL, &own)?;
        platform.set_webhook_target(product.url(Name::Ingress)?.parse()?);
        product.command(&["migrate"]).await?;
        let seed = product.logs().join("seed.json");
        let path = seed.to_str().context("the path of the logs is no text")?;
        product.command(&["seed-demo", "--out", path]).await?;
        let demo: Demo = serde_json::from_slice(&std::fs::read(&seed)?)?;
        product.start_all(READY_LIMIT).await?;
        let api = Api::login(product.url(Name::Api)?, &demo.email, &demo.password).await?;
        let lines = lines(&api, &demo).await?;
        Ok(Self { prefix, database, platform, product, api, lines })
    }

    /// Removes what it made outside of this process.
    pub(crate) async fn strike(self, setup: &Setup) -> anyhow::Result<()> {
        self.platform.stop().await;
        Queues::open(&setup.rabbitmq_url, &self.prefix).await?.remove().await?;
        self.database.remove().await?;
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

/// Connects further numbers, and gives every number its customers.
async fn lines(api: &Api, demo: &Demo) -> anyhow::Result<Vec<Line>> {
    let first: u64 = demo.phone_number_id.parse()?;
    let mut lines = Vec::new();
    for (number, id) in (first..).take(NUMBERS).enumerate() {
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
