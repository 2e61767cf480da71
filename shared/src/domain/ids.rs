//! Identifiers. Each kind of thing has a type of its own, so that one cannot be passed for another.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares a newtype over [`Uuid`]; [`new`](MessageId::new) makes a time-ordered one.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new time-ordered identifier (UUID version 7).
            #[expect(clippy::disallowed_methods, reason = "the one place that makes identifiers")]
            #[expect(clippy::new_without_default, reason = "a default identifier means nothing")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Ord for $name {
            /// The order of the bytes, which is PostgreSQL's too; as a number it is compared at once.
            fn cmp(&self, other: &Self) -> Ordering {
                self.0.as_u128().cmp(&other.0.as_u128())
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A tenant; everything else belongs to one.
    MerchantId
);
id!(
    /// A merchant's place of business.
    ShopId
);
id!(
    /// Someone who logs in.
    UserId
);
id!(
    /// Users who share their work.
    TeamId
);
id!(
    /// A login and what was refreshed from it.
    SessionId
);
id!(
    /// A key that an integration speaks with.
    ApiKeyId
);
id!(
    /// The business that a WhatsApp messaging limit belongs to.
    PortfolioId
);
id!(
    /// One channel identity of a merchant: a WhatsApp number, a Facebook page, an X user.
    AccountId
);
id!(
    /// A customer of a merchant.
    ContactId
);
id!(
    /// A thread between a contact and an account.
    ConversationId
);
id!(
    /// One message of a conversation.
    MessageId
);
id!(
    /// One file that messages carry.
    MediaId
);
id!(
    /// A message template, in one language.
    TemplateId
);
id!(
    /// A campaign.
    CampaignId
);
id!(
    /// An automation flow.
    FlowId
);
id!(
    /// A flow under way in a conversation.
    FlowSessionId
);
id!(
    /// One entry of the history of consents.
    ConsentId
);
id!(
    /// One webhook request as it was accepted.
    EventId
);
id!(
    /// One entry of the audit trail.
    AuditEntryId
);
id!(
    /// One attempt at a request that carries an idempotency key.
    ClaimId
);
id!(
    /// A message that no worker could handle.
    DeadLetterId
);
id!(
    /// A file of the ingress's spool.
    SpoolSegmentId
);
