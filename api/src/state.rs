//! What handlers work with.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use prometheus::Registry;
use secrecy::SecretString;
use shared::broker::Publisher;
use shared::cache::Logins;
use shared::channels::Platforms;
use shared::domain::ids::{MerchantId, UserId};
use shared::objects::Objects;
use shared::store::unclaimed::read::see_as_operator;
use shared::store::{Keyring, PgPool, StoreError, Transaction, idempotency, pool};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::admission::Admission;
use crate::auth::{Outer, OuterSettings, Passwords, Standings, Throttle, Tokens};
use crate::config::Calls;
use crate::forward::Forwarder;
use crate::layers::{Limiter, claim_at_hand};
use crate::metrics::Metrics;

/// A request waits no longer than this for its wake-up to be confirmed: the janitor finds what was missed.
const WAKE_LIMIT: Duration = Duration::from_secs(1);
/// Requests that look for the outcome of a send at the same time. They come back again and again, and must leave the
/// connections to those who have something to do: when sends are slow all of them wait at once.
const LOOKS: usize = 2;

/// What the state is made of.
pub struct Parts<'a> {
    /// Connections that speak as [`shared::store::Role::Api`].
    pub pool: PgPool,
    /// The merchants' keys.
    pub keyring: Keyring,
    /// Wakes the senders.
    pub publisher: Publisher,
    /// Where files lie.
    pub objects: Objects,
    /// The platforms that accounts are connected at.
    pub platforms: Platforms,
    /// What signs access tokens.
    pub jwt_secret: &'a SecretString,
    /// Keeps callers to how often they may ask.
    pub limiter: Limiter,
    /// Whose tokens are taken besides.
    pub outer: OuterSettings,
    /// Whom flows may call.
    pub calls: Calls,
    /// Counts logins that failed, for all replicas.
    pub logins: Option<Logins>,
    /// Where webhooks go.
    pub forward_to: Option<&'a Url>,
    /// Where metrics go.
    pub registry: &'a Registry,
    /// Cancelled when nothing should be waited for any more.
    pub stopping: CancellationToken,
}

/// The state of the API; clones share it.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// What [`AppState`] shares.
pub struct Inner {
    /// Connections, bound to one merchant a transaction.
    pub pool: PgPool,
    /// The merchants' keys.
    pub keyring: Keyring,
    /// Wakes the senders.
    pub publisher: Publisher,
    /// Where files lie.
    pub objects: Objects,
    /// The platforms that accounts are connected at.
    pub platforms: Platforms,
    /// Makes and reads access tokens.
    pub tokens: Tokens,
    /// What stands behind them.
    pub standings: Standings,
    /// Whom flows may call.
    pub calls: Calls,
    /// Reads the tokens of an outer IAM.
    pub outer: Outer,
    /// Checks passwords.
    pub passwords: Passwords,
    /// Slows down who guesses them.
    pub throttle: Throttle,
    /// Hands webhooks on; none where that is not configured.
    pub forwarder: Option<Forwarder>,
    /// Keeps callers to how often they may ask.
    pub limiter: Limiter,
    /// What is measured.
    pub metrics: Metrics,
    /// A turn to look for the outcome of a send.
    pub looks: Semaphore,
    /// Whether the database has been found fit to serve from.
    pub admission: Admission,
    /// Cancelled when nothing should be waited for any more.
    pub stopping: CancellationToken,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AppState {
    /// Puts the state together.
    pub async fn new(parts: Parts<'_>) -> anyhow::Result<Self> {
        let metrics = Metrics::register(parts.registry)?;
        Ok(Self(Arc::new(Inner {
            pool: parts.pool,
            keyring: parts.keyring,
            publisher: parts.publisher.with_limit(WAKE_LIMIT),
            objects: parts.objects,
            platforms: parts.platforms,
            tokens: Tokens::new(parts.jwt_secret),
            standings: Standings::default(),
            calls: parts.calls,
            outer: Outer::new(parts.outer, parts.jwt_secret)?,
            passwords: Passwords::new().await?,
            throttle: Throttle::new(parts.logins),
            forwarder: parts.forward_to.map(|url| Forwarder::new(url, metrics.clone())),
            limiter: parts.limiter,
            metrics,
            looks: Semaphore::new(LOOKS),
            admission: Admission::default(),
            stopping: parts.stopping,
        })))
    }

    /// What is known of a user holds no more: it has changed.
    pub fn forget_user(&self, user: UserId) {
        self.standings.forget_user(user);
        self.outer.forget_user(user);
    }

    /// Begins a transaction with the sight of what belongs to nobody. Whoever does has asked whether the caller may.
    pub async fn begin_as_operator(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.pool.begin().await?;
        see_as_operator(&mut transaction).await?;
        Ok(transaction)
    }

    /// Begins a transaction that sees nothing but `merchant`; what it does is done under the idempotency key of the
    /// request, where that has one.
    pub async fn begin(&self, merchant: MerchantId) -> Result<Transaction, StoreError> {
        let mut transaction = pool::begin_for(&self.pool, merchant).await?;
        if let Some(claim) = claim_at_hand() {
            idempotency::work_under(&mut transaction, claim).await?;
        }
        Ok(transaction)
    }
}
