//! What files mean to the message that carries them.

use serde_json::Value;
use shared::channels::contract::{Remedy, SendOutcome};
use shared::domain::clock;
use shared::domain::status::MessageStatus;
use shared::store::StoreError;
use shared::store::messages::outcome::{self, Ended};
use shared::store::outbox::Claimed;

use super::attempt::{Desk, Opened};

/// "Media upload error" (platform notes on WhatsApp, section 13): an upload that the platform lost, or a file
/// it cannot use.
const MEDIA_NOT_USABLE: i64 = 131_053;

impl Desk {
    /// Ends a message whose files will never be with the platform.
    pub(super) async fn fail_for_files(
        &self,
        opened: &Opened,
        claimed: &Claimed,
        why: &Value,
    ) -> Result<(), StoreError> {
        self.count(opened, "not_allowed", "MEDIA");
        let mut transaction = self.pool.begin().await?;
        let end = Ended { message_id: claimed.message_id, status: MessageStatus::Failed, error: why.clone() };
        outcome::ended(&mut transaction, &[end], clock::now()).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Where the platform could not use the files, has them uploaded once more and the message tried again.
    /// Where that cannot be noted, or was done before, the refusal stands.
    pub(super) async fn with_new_files(&self, opened: &Opened, claimed: &Claimed, outcome: SendOutcome) -> SendOutcome {
        match outcome {
            SendOutcome::Refused(mut error) if error.code == MEDIA_NOT_USABLE => {
                if self.files.renew(opened.id, claimed).await.unwrap_or(false) {
                    error.remedy = Remedy::Retry { times: u32::MAX };
                }
                SendOutcome::Refused(error)
            }
            outcome => outcome,
        }
    }
}
