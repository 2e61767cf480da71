//! Contacts by what they are called, tagged, and agreed to.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Found, Result, Row, some};
use crate::domain::channel::Channel;
use crate::domain::consent::Purpose;
use crate::domain::ids::{AccountId, ContactId, MerchantId};

/// What a contact last said to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Yes.
    Granted,
    /// No.
    Withdrawn,
    /// Nothing.
    Silent,
    /// No, or nothing.
    NotGranted,
}

impl Agreement {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
            Self::Silent => "none",
            Self::NotGranted => "not_granted",
        }
    }
}

/// Which contacts are looked for; all of the channel where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// All of these tags.
    pub tags: Vec<String>,
    /// All of these words in the name, the user name or the e-mail address, or this phone number.
    pub search: Option<String>,
    /// What they agreed to.
    pub consent: Option<(Purpose, Agreement)>,
    /// With a conversation on one of these accounts.
    pub accounts: Option<Vec<AccountId>>,
    /// Last heard of since then.
    pub since: Option<DateTime<Utc>>,
    /// Last heard of before then.
    pub until: Option<DateTime<Utc>>,
}

/// The contacts of `merchant` on `channel` that are `wanted`, the newest first, those after `after`.
pub async fn find(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    wanted: &Wanted,
    after: Option<ContactId>,
    skip: i64,
    take: i64,
) -> Result<Found> {
    let accounts = wanted.accounts.as_ref().map(|accounts| accounts.iter().map(|id| id.0).collect::<Vec<Uuid>>());
    let row = sqlx::query_as!(
        Row,
        "select ids, total, is_estimate from search_contacts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        merchant.0,
        channel.as_str(),
        some(&wanted.tags) as Option<&[String]>,
        wanted.search,
        wanted.consent.map(|(purpose, _)| purpose.as_str()),
        wanted.consent.map(|(_, agreement)| agreement.as_str()),
        accounts.as_deref() as Option<&[Uuid]>,
        wanted.since,
        wanted.until,
        after.map(Uuid::from),
        skip,
        take
    )
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}
