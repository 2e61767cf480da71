//! What statuses mean to the senders: who was reached, what was confirmed, what failures ask for.

use shared::domain::clock;
use shared::domain::ids::MessageId;
use shared::domain::status::MessageStatus;
use shared::store::messages::status::{FailedMessage, News};
use shared::store::{Keyring, PgConnection, StoreError, reach, status_flow};

use crate::send::late::{self, LateFailure};
use crate::send::remedies::Carried;

/// Follows `news` that were applied, `failed` by them, in the same transaction.
pub(super) async fn follow(
    conn: &mut PgConnection,
    keyring: &Keyring,
    news: &[News],
    failed: Vec<FailedMessage>,
) -> Result<Carried, StoreError> {
    let confirmed: Vec<MessageId> = news.iter().filter_map(|one| one.message_id).collect();
    status_flow::confirmed(conn, &confirmed).await?;
    let arrived =
        |one: &&News| matches!(one.status, MessageStatus::Delivered | MessageStatus::Read | MessageStatus::Played);
    let reached: Vec<MessageId> = news.iter().filter(arrived).filter_map(|one| one.message_id).collect();
    reach::reached_by(conn, &reached).await?;
    let failures: Vec<LateFailure> =
        failed.into_iter().filter_map(|one| LateFailure::read(one.message_id, one.error)).collect();
    late::of_late_failures(conn, keyring, &failures, clock::now()).await
}
