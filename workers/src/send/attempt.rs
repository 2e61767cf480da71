//! One attempt at sending one message: mark it, call the platform, record what came of it.
//!
//! From the mark to the record the platform may have the message. So the record is never given up
//! while the process lives, and a process that dies in between leaves the message in doubt.

use std::time::{Duration, Instant};

use serde_json::Value;
use shared::channels::contract::{OutboundMessage, OutboundRef, PlatformError, SendOutcome};
use shared::channels::{Platforms, SenderAccount};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::AccountId;
use shared::domain::message::Content;
use shared::domain::status::MessageStatus;
use shared::domain::window::Window;
use shared::retry::Delays;
use shared::store::accounts::sender;
use shared::store::messages::outcome;
use shared::store::outbox::{self, Claimed, Lease};
use shared::store::{PgPool, StoreError};

use super::gate::{self, Refusal};
use super::metrics::Metrics;
use super::pace::Pace;
use super::plan::{self, Step};
use crate::media::prepare::{Files, Ready};

/// How long a call may take before its message counts as abandoned: longer than the platform's
/// timeout and the record together.
const CALL_LEASE: Duration = Duration::from_mins(1);
/// "Media upload error" (platform notes on WhatsApp, section 13): an upload that the platform lost, or a file it
/// cannot use.
const MEDIA_NOT_USABLE: i64 = 131_053;
const FIRST_RECORD_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_RECORD_PAUSE: Duration = Duration::from_secs(5);

/// The account that sends, opened.
#[derive(Debug)]
pub struct Opened {
    /// The account.
    pub id: AccountId,
    /// Its platform.
    pub channel: Channel,
    /// Messages a second.
    pub throughput_per_second: u32,
    /// What the platform knows it by.
    pub account: SenderAccount,
}

/// What sends.
#[derive(Clone)]
pub struct Desk {
    /// PostgreSQL.
    pub pool: PgPool,
    /// The platforms.
    pub platforms: Platforms,
    /// What brings files to the platforms.
    pub files: Files,
    /// The pace of accounts.
    pub pace: Pace,
    /// Its figures.
    pub metrics: Metrics,
}

impl Desk {
    /// Attempts `claimed`, held under `lease`. An error leaves it held until the lease is over; it was not sent.
    pub async fn attempt(
        &self,
        opened: &Opened,
        claimed: &Claimed,
        lease: Lease,
        withdrawn: bool,
    ) -> Result<(), StoreError> {
        let (content, window) = match gate::judge(claimed, opened.channel, withdrawn, clock::now()) {
            Ok(may_go) => may_go,
            Err(refusal) => return self.refuse(opened, claimed, refusal).await,
        };
        let content = match self.files.ready(opened.id, claimed, content, lease).await? {
            Ready::Yes(content) => content,
            Ready::Waiting => return Ok(()),
            Ready::Failed(why) => return self.fail_for_files(opened, claimed, &why).await,
        };
        self.pace.wait(opened.id, opened.throughput_per_second).await;
        let mut conn = self.pool.acquire().await?;
        let Some(attempt) = outbox::begin(&mut conn, claimed.message_id, lease, CALL_LEASE).await? else {
            // The lease ran out while it waited for its turn: somebody else has it.
            return Ok(());
        };
        drop(conn);
        let outcome = self.call(opened, claimed, &content, window, attempt).await;
        let step = match outcome {
            SendOutcome::Refused(error) if self.is_helped_by_new_files(opened, claimed, &error).await => {
                Step::Later(Duration::ZERO)
            }
            outcome => plan::after(outcome, attempt),
        };
        self.record_for_certain(opened, claimed, lease, &step).await;
        Ok(())
    }

    async fn refuse(&self, opened: &Opened, claimed: &Claimed, refusal: Refusal) -> Result<(), StoreError> {
        self.count(opened, "not_allowed", refusal.code());
        let mut transaction = self.pool.begin().await?;
        let (status, error) = (refusal.status(), refusal.error());
        outcome::ended(&mut transaction, claimed.message_id, status, &error, clock::now()).await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn fail_for_files(&self, opened: &Opened, claimed: &Claimed, why: &Value) -> Result<(), StoreError> {
        self.count(opened, "not_allowed", "MEDIA");
        let mut conn = self.pool.acquire().await?;
        outcome::ended(&mut conn, claimed.message_id, MessageStatus::Failed, why, clock::now()).await
    }

    /// Whether the platform could not use the files and gets them once more. Where that is not known the
    /// refusal stands.
    async fn is_helped_by_new_files(&self, opened: &Opened, claimed: &Claimed, error: &PlatformError) -> bool {
        error.code == MEDIA_NOT_USABLE && self.files.renew(opened.id, claimed).await.unwrap_or(false)
    }

    async fn call(
        &self,
        opened: &Opened,
        claimed: &Claimed,
        content: &Content,
        window: Window,
        attempt: u32,
    ) -> SendOutcome {
        let message = OutboundMessage {
            outbound_ref: OutboundRef { message_id: claimed.message_id, attempt },
            to: &claimed.addresses,
            content,
            window,
            reply_to: claimed.reply_to.as_deref(),
        };
        let started = Instant::now();
        let outcome = self.platforms.send(&opened.account, &message).await;
        self.metrics.seconds.observe(started.elapsed().as_secs_f64());
        let (name, code) = match &outcome {
            SendOutcome::Accepted { .. } => ("accepted", String::new()),
            SendOutcome::Refused(error) => ("refused", error.code.to_string()),
            SendOutcome::Unsent { .. } => ("unsent", String::new()),
            SendOutcome::InDoubt { .. } => ("in_doubt", String::new()),
        };
        self.count(opened, name, &code);
        tracing::debug!(message.id = %claimed.message_id, outcome = name, code, "attempted");
        outcome
    }

    /// PostgreSQL may be away: what the platform said is remembered here until it is back.
    async fn record_for_certain(&self, opened: &Opened, claimed: &Claimed, lease: Lease, step: &Step) {
        let mut pauses = Delays::new(FIRST_RECORD_PAUSE, LONGEST_RECORD_PAUSE);
        while let Err(error) = self.record(opened, claimed, lease, step).await {
            tracing::warn!(message.id = %claimed.message_id, %error, "an outcome is not recorded yet");
            tokio::time::sleep(pauses.next_delay()).await;
        }
    }

    async fn record(&self, opened: &Opened, claimed: &Claimed, lease: Lease, step: &Step) -> Result<(), StoreError> {
        let (id, now) = (claimed.message_id, clock::now());
        let mut transaction = self.pool.begin().await?;
        match step {
            Step::Accepted { platform_id, status } => {
                outcome::accepted(&mut transaction, id, platform_id, *status, now).await?;
                if opened.channel == Channel::X {
                    outcome::absorb_echo(&mut transaction, opened.id, id, platform_id).await?;
                }
            }
            Step::Later(delay) => outbox::later(&mut transaction, id, lease, *delay).await?,
            Step::End { status, error } => outcome::ended(&mut transaction, id, *status, error, now).await?,
            Step::PauseAccount { reason, delay } => {
                sender::mark_error(&mut transaction, opened.id, reason).await?;
                outbox::later(&mut transaction, id, lease, *delay).await?;
                self.metrics.paused.with_label_values(&[opened.channel.as_str()]).inc();
                tracing::error!(account.id = %opened.id, reason, "the platform refuses the account");
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    fn count(&self, opened: &Opened, outcome: &str, code: &str) {
        self.metrics.sends.with_label_values(&[opened.channel.as_str(), outcome, code]).inc();
    }
}
