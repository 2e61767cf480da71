//! The record of an attempt: what becomes of its message, and of others.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::channels::contract::SendOutcome;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{ConversationId, MessageId};
use shared::domain::message::Author;
use shared::domain::status::MessageStatus;
use shared::retry::Delays;
use shared::store::messages::outcome::{self, Accepted, Ended};
use shared::store::outbox;
use shared::store::{Keyring, PgConnection, StoreError};

use super::attempt::{Desk, Opened, Order};
use super::heard;
use super::plan::{self, Course, Fate};
use super::remedies::{Carried, Remedies, Subject};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// An attempt that was made.
#[derive(Debug)]
pub(super) struct Attempted {
    pub(super) opened: Arc<Opened>,
    pub(super) order: Arc<Order>,
    /// When the platform was called.
    pub(super) at: DateTime<Utc>,
    pub(super) outcome: SendOutcome,
    fate: Fate,
}

impl Attempted {
    /// The attempt number `attempt` at `order`, with what becomes of its message.
    pub(super) fn new(
        opened: Arc<Opened>,
        order: Arc<Order>,
        attempt: u32,
        at: DateTime<Utc>,
        outcome: SendOutcome,
    ) -> Self {
        let claimed = &order.claimed;
        let course = Course {
            attempt,
            own_tries: claimed.own_tries,
            queued_at: claimed.queued_at,
            of_campaign: claimed.campaign_id.is_some(),
        };
        let fate = plan::after(&outcome, &course, clock::now());
        Self { opened, order, at, outcome, fate }
    }

    fn message_id(&self) -> MessageId {
        self.order.claimed.message_id
    }

    fn subject(&self) -> Subject<'_> {
        let (opened, claimed) = (&self.opened, &self.order.claimed);
        Subject {
            message_id: claimed.message_id,
            merchant_id: claimed.merchant_id,
            account_id: opened.id,
            channel: opened.channel,
            business_id: opened.business_id.as_deref(),
            app: &opened.app,
            contact_id: claimed.contact_id,
            addresses: &claimed.addresses,
            campaign_id: claimed.campaign_id,
            content: claimed.content.as_ref(),
        }
    }
}

impl Desk {
    /// PostgreSQL may be away: what the platform said is remembered here until it is back. What ends while a
    /// record is being written is recorded together with the next.
    pub(super) async fn record_for_certain(&self, attempted: Attempted) {
        let attempted = Arc::new(attempted);
        let mut pauses = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let together = self.sets.records.ask(Arc::clone(&attempted), |all| self.record_together(all));
            if together.await.is_some() {
                return;
            }
            // One that cannot be recorded is in nobody's way.
            let Err(error) = self.record(std::slice::from_ref(&attempted)).await else {
                return;
            };
            tracing::warn!(message.id = %attempted.message_id(), %error, "an outcome is not recorded yet");
            tokio::time::sleep(pauses.next_delay()).await;
        }
    }

    async fn record_together(&self, all: Vec<Arc<Attempted>>) -> Option<Vec<()>> {
        match self.record(&all).await {
            Ok(()) => Some(vec![(); all.len()]),
            Err(error) => {
                tracing::debug!(%error, outcomes = all.len(), "each outcome is recorded by itself");
                None
            }
        }
    }

    async fn record(&self, all: &[Arc<Attempted>]) -> Result<(), StoreError> {
        let now = clock::now();
        let mut transaction = self.pool.begin().await?;
        write(&mut transaction, all, now).await?;
        let mut remedies = Remedies::default();
        for attempted in all {
            if let SendOutcome::Refused(error) = &attempted.outcome {
                remedies.add(&attempted.subject(), error, now);
            }
        }
        let carried = remedies.carry_out(&mut transaction, &self.keyring, now).await?;
        let told = tell_flows(&mut transaction, &self.keyring, all, now).await?;
        transaction.commit().await?;
        self.follow(carried).await;
        heard::wake(&self.files.publisher, told).await;
        Ok(())
    }

    /// What follows outside of PostgreSQL.
    async fn follow(&self, carried: Carried) {
        for (scope, code) in carried.pauses {
            self.metrics.pauses.with_label_values(&[scope, &code.to_string()]).inc();
        }
        for account in carried.throttled {
            self.pace.throttled(account).await;
        }
        for ((account, contact), wait) in carried.slowed_pairs {
            self.pairs.refused(account, contact, wait).await;
        }
    }
}

/// Tells flows which of their messages went and which never will; gives the conversations to wake.
async fn tell_flows(
    conn: &mut PgConnection,
    keyring: &Keyring,
    all: &[Arc<Attempted>],
    now: DateTime<Utc>,
) -> Result<Vec<ConversationId>, StoreError> {
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for attempted in all.iter().filter(|attempted| attempted.order.claimed.author == Author::Flow) {
        match &attempted.fate {
            Fate::Accepted { .. } => sent.push(attempted.message_id()),
            Fate::Failed(error) => failed.push((attempted.message_id(), error.clone())),
            Fate::Later(_) | Fate::InDoubt(_) => {}
        }
    }
    let mut told = heard::sent(conn, keyring, &sent, now).await?;
    told.extend(heard::failed(conn, keyring, &failed).await?);
    Ok(told)
}

/// Writes what becomes of each message.
async fn write(conn: &mut PgConnection, all: &[Arc<Attempted>], now: DateTime<Utc>) -> Result<(), StoreError> {
    let (mut taken, mut calls) = (Vec::new(), Vec::new());
    let (mut waits, mut failures, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
    for attempted in all {
        let (message_id, attempted_at) = (attempted.message_id(), attempted.at);
        match &attempted.fate {
            Fate::Accepted { platform_id, status } => {
                let platform_id = platform_id.clone();
                taken.push(Accepted { message_id, platform_id, status: *status, attempted_at });
                continue;
            }
            Fate::Later(wait) => waits.push((message_id, attempted.order.lease, *wait)),
            Fate::Failed(error) => {
                failures.push(Ended { message_id, status: MessageStatus::Failed, error: error.clone() });
            }
            Fate::InDoubt(error) => doubts.push((message_id, error.clone())),
        }
        // An acceptance notes by itself when the platform was called.
        calls.push((message_id, attempted_at));
    }
    if !calls.is_empty() {
        outcome::lock(conn, &all.iter().map(|attempted| attempted.message_id()).collect::<Vec<_>>()).await?;
        outcome::attempted(conn, &calls).await?;
        outbox::later(conn, &waits).await?;
        outcome::ended(conn, &failures, now).await?;
        outcome::in_doubt(conn, &doubts, now).await?;
    }
    outcome::accepted(conn, &taken, now).await?;
    for attempted in all.iter().filter(|attempted| attempted.opened.channel == Channel::X) {
        if let Fate::Accepted { platform_id, .. } = &attempted.fate {
            outcome::absorb_echo(conn, attempted.opened.id, attempted.message_id(), platform_id).await?;
        }
    }
    Ok(())
}
