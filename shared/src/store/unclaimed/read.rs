//! Unclaimed events as an operator reads them.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::EventId;
use crate::events::envelope;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, NOBODY};
use crate::store::pool;
use crate::store::seal::{Binding, MerchantKeys};
use crate::store::unclaimed::EVENT;

/// An event that nobody claims.
#[derive(Clone)]
pub struct UnclaimedEvent {
    /// The event.
    pub id: EventId,
    /// The platform, by name.
    pub channel: String,
    /// The platform's id of the account it names; empty where it does not read.
    pub account: String,
    /// Why it is nobody's.
    pub reason: String,
    /// What exactly is wrong with it.
    pub detail: Option<String>,
    /// The configured app whose secret signed it.
    pub app: String,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// What the platform sent.
    pub body: Bytes,
}

impl std::fmt::Debug for UnclaimedEvent {
    /// Leaves the body out: it is a customer's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnclaimedEvent").field("id", &self.id).field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// A place in the list: one event under one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The event.
    pub id: EventId,
    /// The account it names.
    pub account: String,
}

/// Gives the running transaction the sight of what belongs to nobody, and of nothing else. Only an
/// operator's transaction may be given it.
pub async fn see_as_operator(conn: &mut PgConnection) -> Result<(), StoreError> {
    pool::bind(conn, NOBODY).await?;
    sqlx::query!("select set_config('loa.operator', 'on', true)").fetch_one(conn).await?;
    Ok(())
}

/// The latest events before `before`, latest first.
pub async fn list(
    conn: &mut PgConnection,
    keyring: &Keyring,
    before: Option<&Position>,
    skip: i64,
    take: i64,
) -> Result<Vec<UnclaimedEvent>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select event_id, channel, account, reason, detail, app, received_at, sealed from unclaimed_events
         where $1::uuid is null or (event_id, account) < ($1, $2)
         order by event_id desc, account desc
         offset $3 limit $4",
        before.map(|position| position.id.0),
        before.map(|position| position.account.as_str()),
        skip,
        take
    )
    .fetch_all(&mut *conn)
    .await?;
    let keys = keyring.of(conn, NOBODY).await?;
    rows.into_iter().map(|row| row.open(&keys)).collect()
}

/// One event, once for each account of it that nobody claims.
pub async fn find(conn: &mut PgConnection, keyring: &Keyring, id: EventId) -> Result<Vec<UnclaimedEvent>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select event_id, channel, account, reason, detail, app, received_at, sealed from unclaimed_events
         where event_id = $1 order by account",
        id.0
    )
    .fetch_all(&mut *conn)
    .await?;
    let keys = keyring.of(conn, NOBODY).await?;
    rows.into_iter().map(|row| row.open(&keys)).collect()
}

/// How many events nobody claims.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from unclaimed_events"#).fetch_one(conn).await?;
    Ok(count)
}

/// An event as it lies there.
struct Row {
    event_id: Uuid,
    channel: String,
    account: String,
    reason: String,
    detail: Option<String>,
    app: String,
    received_at: DateTime<Utc>,
    sealed: Vec<u8>,
}

impl Row {
    fn open(self, keys: &MerchantKeys) -> Result<UnclaimedEvent, StoreError> {
        let packed = keys.open(Binding::new(EVENT, self.event_id), &self.sealed)?;
        Ok(UnclaimedEvent {
            id: self.event_id.into(),
            channel: self.channel,
            account: self.account,
            reason: self.reason,
            detail: self.detail,
            app: self.app,
            received_at: self.received_at,
            body: body(packed)?,
        })
    }
}

fn body(packed: Vec<u8>) -> Result<Bytes, StoreError> {
    let events = envelope::decode(packed.into())
        .map_err(|error| StoreError::Corrupt { table: "unclaimed_events", problem: error.to_string() })?;
    Ok(events.into_iter().next().map(|event| event.body).unwrap_or_default())
}
