//! Waiting a little for what becomes of a send, so that most answers carry the platform's id.

use std::time::Duration;

use shared::domain::ids::{MerchantId, MessageId};
use shared::domain::status::MessageStatus;
use shared::store::StoreError;
use shared::store::messages::find;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::state::AppState;

/// The longest wait (http-api: "the request waits up to 3 s").
const LIMIT: Duration = Duration::from_secs(3);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// Returns when the message is neither queued nor being sent, or after three seconds, or when the
/// process stops. No connection is held in between, and few at all: where many wait they look in turns.
pub(super) async fn wait(state: &AppState, merchant: MerchantId, message: MessageId) -> Result<(), StoreError> {
    let deadline = Instant::now() + LIMIT;
    let mut pause = FIRST_PAUSE;
    while Instant::now() < deadline {
        let next = sleep_until(deadline.min(Instant::now() + pause));
        if state.stopping.run_until_cancelled(next).await.is_none() {
            return Ok(());
        }
        let Ok(_turn) = timeout_at(deadline, state.looks.acquire()).await else {
            return Ok(());
        };
        let mut transaction = state.begin(merchant).await?;
        let status = find::status(&mut transaction, merchant, message).await?;
        drop(transaction);
        if !matches!(status, Some(MessageStatus::Queued | MessageStatus::Sending)) {
            return Ok(());
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}
