//! Telling a platform that the merchant has read what a customer wrote, and is typing.
//!
//! Unlike a send it does no harm twice, so whatever is not known to have worked may be tried again.

use reqwest::RequestBuilder;

use super::answer::{self, Answer};
use super::contract::{PlatformError, SendOutcome};
use crate::domain::identity::Identity;

/// What has been read.
#[derive(Clone, Copy, Debug)]
pub struct ReadMark<'a> {
    /// The platform's id of the newest message that was read; those before it are read too.
    pub platform_id: &'a str,
    /// The addresses of the customer who wrote it.
    pub to: &'a [Identity],
    /// Whether the customer sees that an answer is being written; until it comes, or for 25 s.
    pub typing: bool,
}

/// What became of a mark.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkOutcome {
    /// The platform shows it.
    Marked,
    /// The platform answered and does not.
    Refused(PlatformError),
    /// It is not known.
    Unknown {
        /// What went wrong.
        reason: String,
    },
    /// There is no such call: X has none for direct messages (platform notes, section 5).
    NotSupported,
}

/// Makes the call; `refused` finds the error in an answer that is no success.
pub(super) async fn call(
    request: RequestBuilder,
    refused: impl FnOnce(&Answer) -> Option<PlatformError>,
) -> MarkOutcome {
    match answer::call(request).await {
        Ok(answer) if answer.status.is_success() => MarkOutcome::Marked,
        Ok(answer) => match refused(&answer) {
            Some(error) => MarkOutcome::Refused(error),
            None => MarkOutcome::Unknown { reason: format!("{} without a readable error", answer.status) },
        },
        Err(SendOutcome::Unsent { reason } | SendOutcome::InDoubt { reason }) => MarkOutcome::Unknown { reason },
        Err(_) => MarkOutcome::Unknown { reason: "no answer".to_owned() },
    }
}
