//! Failures that a platform tells by a status, long after it took the message: the same remedies.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::channels::contract::{PlatformError, Remedy};
use shared::domain::ids::MessageId;
use shared::store::messages::sent;
use shared::store::{Keyring, PgConnection, StoreError, outbox};

use super::plan;
use super::remedies::{Carried, Remedies, Subject};

/// A message that failed after it had been taken.
#[derive(Clone, Debug)]
pub struct LateFailure {
    /// The message.
    pub message_id: MessageId,
    /// Why.
    pub error: PlatformError,
}

impl LateFailure {
    /// The failure of `message_id` whose row keeps `error`; none where the platform gave no reason.
    pub fn read(message_id: MessageId, error: Option<Value>) -> Option<Self> {
        Some(Self { message_id, error: serde_json::from_value(error?).ok()? })
    }
}

/// Carries out what `failures` ask for, in the transaction that applies them. A message that the platform
/// kept back for the customer's marketing limit goes into the outbox again, days later; any other stays
/// failed. Whoever calls gives each failure once: when its message became failed.
pub async fn of_late_failures(
    conn: &mut PgConnection,
    keyring: &Keyring,
    failures: &[LateFailure],
    now: DateTime<Utc>,
) -> Result<Carried, StoreError> {
    if failures.is_empty() {
        return Ok(Carried::default());
    }
    let ids: Vec<MessageId> = failures.iter().map(|failure| failure.message_id).collect();
    let sent = sent::sent(conn, keyring, &ids).await?;
    let by_id: HashMap<MessageId, &sent::Sent> = sent.iter().map(|sent| (sent.message_id, sent)).collect();
    let (mut remedies, mut again) = (Remedies::default(), Vec::new());
    for failure in failures {
        let Some(sent) = by_id.get(&failure.message_id) else {
            continue;
        };
        remedies.add(&subject(sent), &failure.error, now);
        if failure.error.remedy == Remedy::RetryAfterADay {
            again.extend(plan::again_after_days(sent.attempts).map(|delay| (sent.message_id, delay)));
        }
    }
    outbox::again(conn, &again).await?;
    remedies.carry_out(conn, keyring, now).await
}

fn subject(sent: &sent::Sent) -> Subject<'_> {
    Subject {
        message_id: sent.message_id,
        merchant_id: sent.merchant_id,
        account_id: sent.account_id,
        channel: sent.channel,
        business_id: sent.business_id.as_deref(),
        app: &sent.app,
        contact_id: sent.contact_id,
        addresses: &sent.addresses,
        // The outbox knew it, and its row is gone.
        campaign_id: None,
        content: sent.content.as_ref(),
    }
}
