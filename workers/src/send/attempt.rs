//! One attempt at sending one message: its slot, the mark, the call, the record of what came of it.
//!
//! ```text
//! slot, pair -> begin -> (sleep until the slot's moment) -> stamp -> call -> record
//! ```
//!
//! From the mark to the record the platform may have the message. So the record is never given up
//! while the process lives, and a process that dies in between leaves the message in doubt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::channels::contract::{OutboundMessage, OutboundRef, SendOutcome};
use shared::channels::{Platforms, SenderAccount};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, MerchantId, MessageId};
use shared::domain::message::{Author, Content};
use shared::domain::status::MessageStatus;
use shared::domain::window::Window;
use shared::store::messages::outcome::{self, Ended};
use shared::store::outbox::{self, Begun, Claimed, Lease, Wait};
use shared::store::{Keyring, PgPool, StoreError};
use tokio::sync::OwnedSemaphorePermit;

use super::gate::Refusal;
use super::heard;
use super::metrics::Metrics;
use super::pace::{Pace, Slot, Turn};
use super::pairs::Pairs;
use super::record::Attempted;
use super::together::Together;
use super::told;
use crate::media::prepare::{Files, Ready};

/// How long a call may take before its message counts as abandoned: longer than the wait for a slot, the
/// platform's timeout and the record together.
const CALL_LEASE: Duration = Duration::from_mins(1);
/// Slots that are missed are replaced for so long; then the message is given back, not called.
const LONGEST_REPLACING: Duration = Duration::from_secs(20);

/// A message may go so much later than its pair was told: that is within the pair's own margin.
const WITHIN_PAIRS: Duration = Duration::from_millis(50);

/// The account that sends, opened.
#[derive(Debug)]
pub struct Opened {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// Its platform.
    pub channel: Channel,
    /// Messages a second, in and out together.
    pub throughput_per_second: u32,
    /// The WhatsApp business account.
    pub business_id: Option<String>,
    /// The configured app.
    pub app: String,
    /// What the platform knows it by.
    pub account: SenderAccount,
}

/// What sends.
#[derive(Clone)]
pub struct Desk {
    /// PostgreSQL.
    pub pool: PgPool,
    /// What seals.
    pub keyring: Keyring,
    /// The platforms.
    pub platforms: Platforms,
    /// What brings files to the platforms.
    pub files: Files,
    /// The pace of accounts.
    pub pace: Pace,
    /// The pace towards one contact.
    pub pairs: Pairs,
    /// What is written together.
    pub sets: Sets,
    /// Its figures.
    pub metrics: Metrics,
}

/// Marks and records that come at the same time are written together.
#[derive(Clone, Debug, Default)]
pub struct Sets {
    begins: Arc<Together<Begun, Option<u32>>>,
    pub(super) records: Arc<Together<Arc<Attempted>, ()>>,
}

/// A message that may go.
#[derive(Debug)]
pub struct Order {
    /// The message.
    pub claimed: Claimed,
    /// The hold on it.
    pub lease: Lease,
    /// What the customer-service window allows.
    pub window: Window,
}

impl Desk {
    /// Attempts `order`. An error leaves it held until the lease is over; it was not sent. `in_line` is let
    /// go when the message has its slot.
    pub async fn attempt(
        &self,
        opened: Arc<Opened>,
        order: Arc<Order>,
        in_line: OwnedSemaphorePermit,
    ) -> Result<(), StoreError> {
        let Order { claimed, lease, .. } = &*order;
        let Some(content) = &claimed.content else {
            return Ok(());
        };
        let content = match self.files.ready(opened.id, claimed, content, *lease).await? {
            Ready::Yes(content) => content,
            Ready::Waiting => return Ok(()),
            Ready::Failed(why) => return self.fail_for_files(&opened, claimed, &why).await,
        };
        let slot = match self.slot(&opened, claimed).await {
            Turn::Slot(slot) => slot,
            Turn::Later(delay) => {
                let mut conn = self.pool.acquire().await?;
                return outbox::later(&mut conn, &[(claimed.message_id, *lease, Wait::of(delay))]).await;
            }
        };
        if let Some(wait) = self.pair_wait(&opened, claimed, &slot).await {
            slot.give_back();
            let mut conn = self.pool.acquire().await?;
            return outbox::later_all(&mut conn, *lease, &[(claimed.message_id, wait)]).await;
        }
        drop(in_line);
        let Some(attempt) = self.begin(&opened, &order, slot.moment()).await? else {
            // The lease ran out while it waited for its turn, and somebody else has it; or its account was
            // stopped meanwhile, and it waits for that.
            let mut conn = self.pool.acquire().await?;
            return outbox::later_all(&mut conn, *lease, &[(claimed.message_id, Duration::ZERO)]).await;
        };
        let said = slot.instant();
        let (at, attempted_at) = match self.moment(&opened, claimed, slot).await {
            Ok(moment) => moment,
            Err(delay) => {
                let mut conn = self.pool.acquire().await?;
                return outbox::not_called(&mut conn, claimed.message_id, *lease, delay).await;
            }
        };
        let outcome = self.call(&opened, &order, &content, attempt).await;
        let outcome = self.with_new_files(&opened, claimed, outcome).await;
        // Not before the call: by then the moment would be over.
        let later = at.saturating_duration_since(said);
        if later > WITHIN_PAIRS {
            self.pairs.moved(opened.id, claimed.contact_id, later).await;
        }
        self.record_for_certain(Attempted::new(opened, Arc::clone(&order), attempt, attempted_at, outcome)).await;
        Ok(())
    }

    /// Ends messages that may not go.
    pub async fn refuse(&self, opened: &Opened, refused: &[(MessageId, Refusal)]) -> Result<(), StoreError> {
        if refused.is_empty() {
            return Ok(());
        }
        let end = |(message_id, refusal): &(MessageId, Refusal)| {
            self.count(opened, "not_allowed", refusal.code());
            Ended { message_id: *message_id, status: refusal.status(), error: refusal.error() }
        };
        let ends: Vec<Ended> = refused.iter().map(end).collect();
        let mut transaction = self.pool.begin().await?;
        outcome::ended(&mut transaction, &ends, clock::now()).await?;
        let failed = ends.into_iter().filter(|end| end.status == MessageStatus::Failed);
        let failed: Vec<(MessageId, Value)> = failed.map(|end| (end.message_id, end.error)).collect();
        let told = heard::failed(&mut transaction, &self.keyring, &failed).await?;
        transaction.commit().await?;
        heard::wake(&self.files.publisher, told).await;
        Ok(())
    }

    async fn slot(&self, opened: &Opened, claimed: &Claimed) -> Turn {
        let is_reply = claimed.author != Author::Campaign && claimed.campaign_id.is_none();
        self.pace.slot(opened.id, opened.throughput_per_second, is_reply).await
    }

    async fn pair_wait(&self, opened: &Opened, claimed: &Claimed, slot: &Slot) -> Option<Duration> {
        if opened.channel != Channel::WhatsApp {
            return None;
        }
        self.pairs.take(opened.id, claimed.contact_id, slot.instant()).await
    }

    /// Marks the message together with those that are marked at the same time; alone where that failed.
    async fn begin(&self, opened: &Opened, order: &Order, at: DateTime<Utc>) -> Result<Option<u32>, StoreError> {
        let begun = Begun {
            message: order.claimed.message_id,
            lease: order.lease,
            at,
            may_resend: may_resend(opened, &order.claimed),
        };
        if let Some(attempt) = self.sets.begins.ask(begun, |all| self.begin_together(all)).await {
            return Ok(attempt);
        }
        let mut conn = self.pool.acquire().await?;
        Ok(outbox::begin(&mut conn, &[begun], CALL_LEASE).await?.pop().flatten())
    }

    async fn begin_together(&self, all: Vec<Begun>) -> Option<Vec<Option<u32>>> {
        let begun = async {
            let mut conn = self.pool.acquire().await?;
            outbox::begin(&mut conn, &all, CALL_LEASE).await
        };
        begun.await.inspect_err(|error| tracing::debug!(%error, messages = all.len(), "each is marked by itself")).ok()
    }

    /// Waits for the slot, or for one that replaces it where it is missed; gives its moment and the stamp. An
    /// error is how long the message waits instead.
    async fn moment(
        &self,
        opened: &Opened,
        claimed: &Claimed,
        mut slot: Slot,
    ) -> Result<(Instant, DateTime<Utc>), Duration> {
        let began = Instant::now();
        loop {
            if let Some(kept) = slot.keep().await {
                return Ok(kept);
            }
            if began.elapsed() > LONGEST_REPLACING {
                return Err(Duration::ZERO);
            }
            slot = match self.slot(opened, claimed).await {
                Turn::Slot(slot) => slot,
                Turn::Later(delay) => return Err(delay),
            };
        }
    }

    async fn call(&self, opened: &Opened, order: &Order, content: &Content, attempt: u32) -> SendOutcome {
        let claimed = &order.claimed;
        let message = OutboundMessage {
            outbound_ref: OutboundRef { message_id: claimed.message_id, attempt },
            to: &claimed.addresses,
            content,
            window: order.window,
            reply_to: claimed.reply_to.as_deref(),
        };
        let (began, started) = (clock::now(), Instant::now());
        let outcome = self.platforms.send(&opened.account, &message).await;
        self.metrics.seconds.observe(started.elapsed().as_secs_f64());
        let (name, code) = match &outcome {
            SendOutcome::Accepted { .. } => ("accepted", String::new()),
            SendOutcome::Refused(error) => ("refused", error.code.to_string()),
            SendOutcome::Unsent { .. } => ("unsent", String::new()),
            SendOutcome::InDoubt { .. } => ("in_doubt", String::new()),
        };
        self.count(opened, name, &code);
        told::tell(claimed, opened.channel, began, name, &code);
        outcome
    }

    pub(super) fn count(&self, opened: &Opened, outcome: &str, code: &str) {
        self.metrics.sends.with_label_values(&[opened.channel.as_str(), outcome, code]).inc();
    }
}

/// Whether a message may be sent again without a person, should nobody know whether it went. Twice the same
/// advertisement costs trust, and X says nothing of what it took. Whether a template is one its words do
/// not tell, so none goes by itself.
fn may_resend(opened: &Opened, claimed: &Claimed) -> bool {
    opened.channel != Channel::X
        && claimed.author != Author::Campaign
        && claimed.campaign_id.is_none()
        && !matches!(claimed.content, Some(Content::Template(_)))
}
