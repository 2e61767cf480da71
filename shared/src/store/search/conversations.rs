//! Conversations by what is rare: whose they are, what they refer to, who writes in them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Found, Result, Row, some};
use crate::domain::conversation::Handler;
use crate::domain::ids::{MerchantId, TeamId, UserId};
use crate::store::conversations::read::Position;

/// Which of an inbox's conversations are looked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Answered by.
    pub handler: Option<Handler>,
    /// A person's.
    pub assignee: Option<UserId>,
    /// A team's.
    pub team: Option<TeamId>,
    /// Nobody's, or somebody's.
    pub unassigned: Option<bool>,
    /// With messages that nobody has read, or without.
    pub unread: Option<bool>,
    /// Whose contact has all of these tags.
    pub tags: Vec<String>,
    /// With all of these references.
    pub refs: Option<Value>,
    /// In which anyone wrote since then.
    pub since: Option<DateTime<Utc>>,
    /// Whose contact is called so, has this phone number or this very tag, or which refer to this.
    pub search: Option<String>,
}

impl Wanted {
    /// Whether nothing is asked for.
    pub const fn is_all(&self) -> bool {
        self.handler.is_none()
            && self.assignee.is_none()
            && self.team.is_none()
            && self.unassigned.is_none()
            && self.unread.is_none()
            && self.tags.is_empty()
            && self.refs.is_none()
            && self.since.is_none()
            && self.search.is_none()
    }
}

/// The conversations on `accounts` of `merchant`, in one of `statuses`, that are `wanted`, the latest first, those
/// after `after`.
#[expect(clippy::too_many_arguments, reason = "what the function in the database takes")]
pub async fn find(
    conn: &mut PgConnection,
    merchant: MerchantId,
    accounts: &[Uuid],
    statuses: &[String],
    wanted: &Wanted,
    after: Option<Position>,
    skip: i64,
    take: i64,
) -> Result<Found> {
    let row = sqlx::query_as!(
        Row,
        "select ids, total, is_estimate
         from search_conversations($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        merchant.0,
        accounts,
        statuses,
        wanted.handler.map(Handler::as_str),
        wanted.assignee.map(Uuid::from),
        wanted.team.map(Uuid::from),
        wanted.unassigned,
        wanted.unread,
        some(&wanted.tags) as Option<&[String]>,
        wanted.refs,
        wanted.since,
        wanted.search,
        after.map(|position| position.last_message_at),
        after.map(|position| position.id.0),
        skip,
        take
    )
    .fetch_one(conn)
    .await?;
    Ok(row.into())
}
