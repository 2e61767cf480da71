//! The record of an attempt: what becomes of its message, and of others.

use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::channels::contract::SendOutcome;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::status::MessageStatus;
use shared::retry::Delays;
use shared::store::StoreError;
use shared::store::messages::outcome;
use shared::store::outbox::{self, Claimed};

use super::attempt::{Desk, Opened, Order};
use super::plan::{self, Course, Fate};
use super::remedies::{Carried, Remedies, Subject};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Desk {
    /// PostgreSQL may be away: what the platform said is remembered here until it is back.
    pub(super) async fn record_for_certain(
        &self,
        opened: &Opened,
        order: &Order,
        attempt: u32,
        attempted_at: DateTime<Utc>,
        outcome: &SendOutcome,
    ) {
        let claimed = &order.claimed;
        let course = Course {
            attempt,
            own_tries: claimed.own_tries,
            queued_at: claimed.queued_at,
            of_campaign: claimed.campaign_id.is_some(),
        };
        let fate = plan::after(outcome, &course, clock::now());
        let mut pauses = Delays::new(FIRST_PAUSE, LONGEST_PAUSE);
        let carried = loop {
            match self.record(opened, order, attempted_at, outcome, &fate).await {
                Ok(carried) => break carried,
                Err(error) => {
                    tracing::warn!(message.id = %claimed.message_id, %error, "an outcome is not recorded yet");
                    tokio::time::sleep(pauses.next_delay()).await;
                }
            }
        };
        self.follow(carried).await;
    }

    async fn record(
        &self,
        opened: &Opened,
        order: &Order,
        attempted_at: DateTime<Utc>,
        outcome: &SendOutcome,
        fate: &Fate,
    ) -> Result<Carried, StoreError> {
        let (id, now) = (order.claimed.message_id, clock::now());
        let mut transaction = self.pool.begin().await?;
        match fate {
            Fate::Accepted { platform_id, status } => {
                outcome::accepted(&mut transaction, id, platform_id, *status, attempted_at, now).await?;
                if opened.channel == Channel::X {
                    outcome::absorb_echo(&mut transaction, opened.id, id, platform_id).await?;
                }
            }
            Fate::Later(wait) => {
                outcome::attempted(&mut transaction, id, attempted_at).await?;
                outbox::later(&mut transaction, id, order.lease, *wait).await?;
            }
            Fate::Failed(error) => {
                outcome::attempted(&mut transaction, id, attempted_at).await?;
                outcome::ended(&mut transaction, id, MessageStatus::Failed, error, now).await?;
            }
            Fate::InDoubt(error) => {
                outcome::attempted(&mut transaction, id, attempted_at).await?;
                outcome::in_doubt(&mut transaction, id, error, now).await?;
            }
        }
        let mut remedies = Remedies::default();
        if let SendOutcome::Refused(error) = outcome {
            remedies.add(&subject(opened, &order.claimed), error, now);
        }
        let carried = remedies.carry_out(&mut transaction, &self.keyring, now).await?;
        transaction.commit().await?;
        Ok(carried)
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

fn subject<'a>(opened: &'a Opened, claimed: &'a Claimed) -> Subject<'a> {
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
