//! What statuses mean to the senders: who was reached, and what failures ask for.

use shared::domain::clock;
use shared::domain::ids::ContactId;
use shared::store::messages::status::{Applied, FailedMessage};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use crate::send::late::{self, LateFailure};
use crate::send::remedies::Carried;

/// Follows what was applied, in the same transaction.
pub(super) async fn follow(
    conn: &mut PgConnection,
    keyring: &Keyring,
    done: &mut Applied,
) -> Result<Carried, StoreError> {
    let reached: Vec<ContactId> = done.reached.iter().copied().collect();
    reach::reached(conn, &reached).await?;
    let failed: Vec<FailedMessage> = std::mem::take(&mut done.failed);
    let failures: Vec<LateFailure> =
        failed.into_iter().filter_map(|one| LateFailure::read(one.message_id, one.error)).collect();
    late::of_late_failures(conn, keyring, &failures, clock::now()).await
}
