//! Loa in one process: ingress, workers and platform simulator, on services of the test's own.
//!
//! Nothing runs by itself but the ingress and the simulator: [`TestApp::settle`] drives every worker
//! until nothing is left to do, so that no test waits and hopes.

use std::sync::Arc;
use std::time::Duration;

use api::commands::Sight;
use http::StatusCode;
use prometheus::Registry;
use secrecy::SecretString;
use serde_json::Value;
use shared::broker::{Queue, consume};
use shared::cache::Rates;
use shared::channels::http as platform_http;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::hosts::{AllowedHosts, CalledHosts};
use shared::domain::ids::{AccountId, MessageId};
use shared::domain::message::Author;
use shared::domain::status::MessageStatus;
use shared::events::wake::WakeAccount;
use shared::lifecycle::Lifecycle;
use shared::store::messages::outcome::{self, Accepted};
use shared::store::seal::MasterKey;
use shared::store::{Keyring, PgPool, Role, pool};
use simulator::Simulator;
use url::Url;
use workers::context::Context;
use workers::flow::calls::Caller;
use workers::flow::http::Endpoints;
use workers::flow::{self, FlowEngine};
use workers::janitor::{accounts, claims, dead_letters, flows, metrics::Metrics as JanitorMetrics, sweep};
use workers::media::fetch::Fetcher;
use workers::media::links::Links;
use workers::media::{Media, metrics::Metrics as MediaMetrics};
use workers::outbound::{self, Outbound};
use workers::persist::{self, Persist};
use workers::send::metrics::Metrics as SendMetrics;
use workers::status::{self, Track};

use crate::api::as_login;
use crate::broker::TestBroker;
use crate::files::TestFiles;
use crate::merchant::{self, Merchant, NewAccount};
use crate::stage::{MASTER_KEY, cache, desk, platforms, sign, simulator_config, start_ingress};
use crate::whatsapp;

/// More rounds than this to settle, and something goes round in circles.
const MOST_ROUNDS: usize = 50;

/// Loa, for one test.
pub struct TestApp {
    /// As the owner of everything, to look at what is there.
    pub db: PgPool,
    /// As a worker.
    pub context: Context,
    /// The broker of this test.
    pub broker: TestBroker,
    /// The platforms.
    pub platform: Simulator,
    /// Where the ingress listens.
    pub ingress: Url,
    /// Where workers count.
    pub registry: Registry,
    /// The one merchant.
    pub merchant: Merchant,
    /// Its WhatsApp number, [`whatsapp::NUMBER`].
    pub account: AccountId,
    /// The pace, as all its processes share it.
    pub rates: Rates,
    client: reqwest::Client,
    persist: Arc<Persist>,
    track: Arc<Track>,
    pub(crate) flow: Arc<FlowEngine>,
    pub(crate) caller: Caller,
    outbound: Arc<Outbound>,
    pub(crate) media: Arc<Media>,
    pub(crate) media_metrics: MediaMetrics,
    /// Where files lie.
    pub files: TestFiles,
    pub(crate) janitor: JanitorMetrics,
}

impl TestApp {
    /// Starts Loa over the database that `db` owns, with one merchant and one WhatsApp number.
    pub async fn start(db: PgPool) -> anyhow::Result<Self> {
        let broker = TestBroker::start().await?;
        let lifecycle = Lifecycle::default();
        let login = db.connect_options().as_ref().clone().username("loa").password("loa");
        let workers = pool::with_options(login, Role::Worker, 6);
        let keyring = Keyring::new(Some(MasterKey::parse(&SecretString::from(MASTER_KEY))?));
        let context = Context::over(workers, keyring, broker.broker.clone(), lifecycle.clone());

        let platform = Simulator::start(simulator_config()).await?;
        let ingress = start_ingress(&broker, &lifecycle).await?;
        platform.set_webhook_target(ingress.clone());

        let registry = Registry::new();
        let rates = Rates::new(cache()?);
        let metrics = SendMetrics::register(&registry, "outbound")?;
        let desk = desk(&context, platform.url(), rates.clone(), metrics)?;
        let files = TestFiles::new()?;
        let media_metrics = MediaMetrics::register(&registry)?;
        let fetcher = Fetcher {
            platforms: platforms(platform.url())?,
            links: Links::new(AllowedHosts::new(["127.0.0.1".to_owned()]))?,
            objects: files.objects.clone(),
        };
        let merchant = merchant::add(&context.pool, "Cà phê Sài Gòn").await?;
        let number = NewAccount::whatsapp(whatsapp::NUMBER);
        let account = merchant::connect(&context.pool, &context.keyring, merchant, &number).await?;
        let flow_metrics = flow::metrics::Metrics::register(&registry)?;
        let here = AllowedHosts::new(["127.0.0.1".to_owned()]);
        let endpoints = Endpoints::new(CalledHosts::All, here)?;
        let caller = Caller { context: context.clone(), endpoints, metrics: flow_metrics.clone() };
        Ok(Self {
            flow: Arc::new(FlowEngine::new(context.clone(), flow_metrics, Arc::default())),
            caller,
            persist: Arc::new(
                Persist::new(context.clone(), persist::metrics::Metrics::register(&registry)?).telling(rates.clone()),
            ),
            track: Arc::new(Track::new(context.clone(), status::metrics::Metrics::register(&registry)?)),
            outbound: Arc::new(Outbound::new(context.clone(), desk, outbound::metrics::Metrics::register(&registry)?)),
            media: Arc::new(Media::new(context.clone(), fetcher, media_metrics.clone())),
            media_metrics,
            files,
            janitor: JanitorMetrics::register(&registry)?,
            client: platform_http::client()?,
            db,
            context,
            broker,
            platform,
            ingress,
            registry,
            merchant,
            account,
            rates,
        })
    }

    /// Posts a webhook of WhatsApp, signed as Meta signs, and tells how it was answered.
    pub async fn post(&self, webhook: &Value) -> anyhow::Result<StatusCode> {
        self.post_to(Channel::WhatsApp, webhook.to_string().into()).await
    }

    /// Posts a body as it is to the path of `channel`, signed as that platform signs.
    pub async fn post_to(&self, channel: Channel, body: Vec<u8>) -> anyhow::Result<StatusCode> {
        let signed = sign(channel, &body);
        let request = self.client.post(self.ingress.join(signed.path)?).header(signed.header, signed.value);
        Ok(request.body(body).send().await?.status())
    }

    /// Posts a webhook that holds `changes`; it must be accepted.
    pub async fn receives(&self, changes: impl IntoIterator<Item = Value>) -> anyhow::Result<()> {
        let status = self.post(&whatsapp::webhook(changes)).await?;
        anyhow::ensure!(status == StatusCode::OK, "the webhook was answered {status}");
        Ok(())
    }

    /// Drives every worker and the platform until nothing is left to do.
    pub async fn settle(&self) -> anyhow::Result<()> {
        for _ in 0..MOST_ROUNDS {
            let mut done = consume::drain(Arc::clone(&self.persist), &self.broker.broker).await?;
            done += consume::drain(Arc::clone(&self.flow), &self.broker.broker).await?;
            done += self.caller.settle().await?;
            done += consume::drain(Arc::clone(&self.media), &self.broker.broker).await?;
            done += consume::drain(Arc::clone(&self.outbound), &self.broker.broker).await?;
            self.platform.flush().await;
            done += consume::drain(Arc::clone(&self.track), &self.broker.broker).await?;
            if done == 0 {
                return Ok(());
            }
        }
        anyhow::bail!("not settled after {MOST_ROUNDS} rounds")
    }

    /// Stores what came in, and nothing else.
    pub async fn persist(&self) -> anyhow::Result<usize> {
        Ok(consume::drain(Arc::clone(&self.persist), &self.broker.broker).await?)
    }

    /// Stores what came in by several workers at once.
    pub async fn persist_with(&self, workers: usize) -> anyhow::Result<()> {
        let drains = (0..workers).map(|_| consume::drain(Arc::clone(&self.persist), &self.broker.broker));
        futures::future::try_join_all(drains).await?;
        Ok(())
    }

    /// Applies what statuses came in, and nothing else.
    pub async fn track(&self) -> anyhow::Result<usize> {
        Ok(consume::drain(Arc::clone(&self.track), &self.broker.broker).await?)
    }

    /// Serves the wake-ups of senders, and nothing else.
    pub async fn send(&self) -> anyhow::Result<usize> {
        Ok(consume::drain(Arc::clone(&self.outbound), &self.broker.broker).await?)
    }

    /// The janitor's round over the outbox.
    pub async fn sweep_outbox(&self) -> anyhow::Result<()> {
        Ok(sweep::outbox(&self.context, &self.janitor).await?)
    }

    /// The janitor's round over accounts that were disconnected.
    pub async fn sweep_disconnected(&self) -> anyhow::Result<()> {
        Ok(accounts::cancel_left(&self.context).await?)
    }

    /// The janitor's round over what flows are to read and to hear.
    pub async fn sweep_inbox(&self) -> anyhow::Result<()> {
        Ok(flows::sweep(&self.context, &self.janitor).await?)
    }

    /// The janitor's round over unclaimed events.
    pub async fn give_back_claims(&self) -> anyhow::Result<()> {
        Ok(claims::give_back(&self.context, &self.janitor).await?)
    }

    /// The janitor's round over the broker's dead queues.
    pub async fn move_dead_letters(&self) -> anyhow::Result<()> {
        Ok(dead_letters::move_in(&self.context, &self.janitor).await?)
    }

    /// The janitor's round over the letters that an operator has marked.
    pub async fn put_back_dead_letters(&self) -> anyhow::Result<()> {
        Ok(dead_letters::put_back(&self.context, &self.janitor).await?)
    }

    /// Where an operator's commands work.
    pub fn operator(&self) -> Sight {
        Sight { pool: as_login(&self.db), keyring: self.context.keyring.clone() }
    }

    /// Connects one more account to the merchant.
    pub async fn connect(&self, account: &NewAccount<'_>) -> anyhow::Result<AccountId> {
        merchant::connect(&self.context.pool, &self.context.keyring, self.merchant, account).await
    }

    /// The platform takes everything that is queued, whatever it is.
    pub async fn accept_everything(&self) -> anyhow::Result<()> {
        let mut transaction = self.context.pool.begin().await?;
        let queued: Vec<uuid::Uuid> =
            sqlx::query_scalar("select message_id from outbox order by seq").fetch_all(&mut *transaction).await?;
        let now = clock::now();
        let taken = |id: uuid::Uuid| Accepted {
            message_id: MessageId(id),
            platform_id: whatsapp::wamid(),
            status: MessageStatus::Sent,
            attempted_at: now,
        };
        let taken: Vec<Accepted> = queued.into_iter().map(taken).collect();
        outcome::accepted(&mut transaction, &taken, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Queues a text, wakes the sender and settles.
    pub async fn answers(&self, text: &str) -> anyhow::Result<MessageId> {
        let id = self.queue(Author::Agent, text).await?;
        self.wake_sender().await?;
        self.settle().await?;
        Ok(id)
    }

    /// Wakes the sender for the merchant's number.
    pub async fn wake_sender(&self) -> anyhow::Result<()> {
        self.wake(self.account).await
    }

    /// Wakes the sender for an account.
    pub async fn wake(&self, account_id: AccountId) -> anyhow::Result<()> {
        Ok(self.context.publisher().wake(Queue::Outbound, [WakeAccount { account_id }]).await?)
    }

    /// Takes everything of this test off the broker.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.context.lifecycle.stopping.cancel();
        anyhow::ensure!(self.context.lifecycle.finish(Duration::from_secs(10)).await, "the ingress did not stop");
        self.platform.stop().await;
        self.broker.delete().await
    }
}
