//! What statuses mean to the senders: who was reached, and what failures ask for.

use serde_json::Value;
use shared::domain::clock;
use shared::domain::ids::{ContactId, ConversationId, MessageId};
use shared::domain::message::Author;
use shared::domain::status::MessageStatus;
use shared::store::messages::status::{Applied, FailedMessage, News};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use crate::send::heard;
use crate::send::late::{self, LateFailure};
use crate::send::remedies::Carried;

/// Follows what was applied, in the same transaction; gives also the conversations whose flows are told of it.
pub(super) async fn follow(
    conn: &mut PgConnection,
    keyring: &Keyring,
    news: &[News],
    done: &mut Applied,
) -> Result<(Carried, Vec<ConversationId>), StoreError> {
    let reached: Vec<ContactId> = done.reached.iter().copied().collect();
    reach::reached(conn, &reached).await?;
    let failed: Vec<FailedMessage> = std::mem::take(&mut done.failed);
    let told = tell_flows(conn, keyring, news, &failed).await?;
    let failures: Vec<LateFailure> =
        failed.into_iter().filter_map(|one| LateFailure::read(one.message_id, one.error)).collect();
    Ok((late::of_late_failures(conn, keyring, &failures, clock::now()).await?, told))
}

/// A sender may have died before it noted that a question was sent: then the status tells.
async fn tell_flows(
    conn: &mut PgConnection,
    keyring: &Keyring,
    news: &[News],
    failed: &[FailedMessage],
) -> Result<Vec<ConversationId>, StoreError> {
    let arrived = news.iter().filter(|one| one.status != MessageStatus::Failed && one.status != MessageStatus::Held);
    let sent: Vec<MessageId> = arrived.filter_map(|one| one.message_id).collect();
    let mut told = heard::sent(conn, keyring, &sent, clock::now()).await?;
    let failed = failed.iter().filter(|one| one.author == Author::Flow);
    let failed: Vec<(MessageId, Value)> =
        failed.map(|one| (one.message_id, one.error.clone().unwrap_or_default())).collect();
    told.extend(heard::failed(conn, keyring, &failed).await?);
    Ok(told)
}
