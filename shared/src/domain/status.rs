//! The life of a message. Statuses only climb: platforms send them late, twice and out of order.

use serde::{Deserialize, Serialize};

use super::named::named;

/// What is known of a message's fate. The order of the variants is the ladder, lowest first, and
/// is the order of PostgreSQL's `message_status` type too; a status never gives way to a lower one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum MessageStatus {
    /// Stored, waits for a sender.
    Queued,
    /// A sender holds it; the platform may have it already.
    Sending,
    /// The platform was called and what it did is not known.
    InDoubt,
    /// Accepted, held back by the platform to judge its quality.
    Held,
    /// Accepted by the platform.
    Sent,
    /// Refused. Stands below delivered: a platform may say both, and then it was delivered.
    Failed,
    /// On a device of the recipient.
    Delivered,
    /// Seen.
    Read,
    /// A voice message was listened to.
    Played,
    /// Withdrawn before it was sent; an end of its own.
    Cancelled,
}

named!(MessageStatus, "message status", {
    Queued => "queued",
    Sending => "sending",
    InDoubt => "in_doubt",
    Held => "held",
    Sent => "sent",
    Failed => "failed",
    Delivered => "delivered",
    Read => "read",
    Played => "played",
    Cancelled => "cancelled",
});

impl MessageStatus {
    /// The status after `news` arrived.
    #[must_use]
    pub fn climb(self, news: Self) -> Self {
        self.max(news)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_status() -> impl Strategy<Value = MessageStatus> {
        proptest::sample::select(MessageStatus::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(mut news in proptest::collection::vec(any_status(), 1..8)) {
            let forward = news.iter().fold(MessageStatus::Queued, |status, next| status.climb(*next));
            news.reverse();
            let backward = news.iter().fold(MessageStatus::Queued, |status, next| status.climb(*next));
            prop_assert_eq!(forward, backward);
        }

        #[test]
        fn a_status_never_falls(status in any_status(), news in any_status()) {
            prop_assert!(status.climb(news) >= status);
        }

        #[test]
        fn a_name_leads_back_to_its_status(status in any_status()) {
            prop_assert_eq!(status.as_str().parse(), Ok(status));
        }
    }

    #[test]
    fn delivered_is_believed_over_failed() {
        assert_eq!(MessageStatus::Failed.climb(MessageStatus::Delivered), MessageStatus::Delivered);
        assert_eq!(MessageStatus::Delivered.climb(MessageStatus::Failed), MessageStatus::Delivered);
    }
}
