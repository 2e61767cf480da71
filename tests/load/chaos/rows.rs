//! What PostgreSQL holds after a run, read past every wall.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

/// A message that was to be sent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Outbound {
    pub(crate) id: Uuid,
    pub(crate) reference: Option<String>,
    pub(crate) platform_id: Option<String>,
    pub(crate) status: String,
    /// Whether it has every moment that its status implies.
    pub(crate) whole: bool,
    pub(crate) error: Option<String>,
}

/// How the threads add up.
#[derive(Clone, Copy, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Threads {
    pub(crate) conversations: i64,
    pub(crate) contacts: i64,
    /// Conversations whose count of messages is not that of their rows.
    pub(crate) miscounted: i64,
    /// Conversations whose count of unread messages cannot be.
    pub(crate) misread: i64,
}

/// What is left undone or aside.
#[derive(Clone, Copy, Debug, Serialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LeftOver {
    pub(crate) outbox: i64,
    pub(crate) inbox: i64,
    pub(crate) unclaimed: i64,
    pub(crate) orphans: i64,
    /// What the janitor took over from dead queues.
    pub(crate) dead_letters: i64,
}

/// How often each inbound message is stored, by the platform's id.
pub(crate) async fn inbound(db: &PgPool) -> sqlx::Result<HashMap<String, i64>> {
    let query = "select platform_id, count(*) from messages where direction = 'inbound' group by platform_id";
    let rows: Vec<(String, i64)> = sqlx::query_as(query).fetch_all(db).await?;
    Ok(rows.into_iter().collect())
}

/// How many inbound messages are stored, counted once each.
pub(crate) async fn inbound_count(db: &PgPool) -> sqlx::Result<i64> {
    let query = "select count(distinct platform_id) from messages where direction = 'inbound'";
    sqlx::query_scalar(query).fetch_one(db).await
}

/// Every message that was to be sent.
pub(crate) async fn outbound(db: &PgPool) -> sqlx::Result<Vec<Outbound>> {
    let query = "select id, reference, platform_id, status::text as status, error::text as error,
                        status < 'sent' or status = 'cancelled'
                        or (accepted_at is not null
                            and (status < 'delivered' or delivered_at is not null)
                            and (status < 'read' or read_at is not null)) as whole
                 from messages where direction = 'outbound' order by id";
    sqlx::query_as(query).fetch_all(db).await
}

/// Holds the counters of conversations against their rows. What was read in between leaves no trace, so
/// the unread are exact only where nobody has answered.
pub(crate) async fn threads(db: &PgPool) -> sqlx::Result<Threads> {
    let query = "with recount as (
                     select conversation_id, count(*) as total,
                            count(*) filter (where direction = 'inbound') as inbound,
                            bool_or(direction = 'outbound') as answered
                     from messages group by conversation_id
                 )
                 select count(*) as conversations,
                        (select count(*) from contacts) as contacts,
                        count(*) filter (where c.message_count is distinct from r.total) as miscounted,
                        count(*) filter (where r.total is null or c.unread_count < 0 or c.unread_count > r.inbound
                                               or (not r.answered and c.unread_count <> r.inbound)) as misread
                 from conversations c left join recount r on r.conversation_id = c.id";
    sqlx::query_as(query).fetch_one(db).await
}

/// What the work tables and the tables of kept things hold.
pub(crate) async fn left_over(db: &PgPool) -> sqlx::Result<LeftOver> {
    let query = "select (select count(*) from outbox) as outbox, (select count(*) from inbox) as inbox,
                        (select count(*) from unclaimed_events) as unclaimed,
                        (select count(*) from orphan_statuses) as orphans,
                        (select count(*) from dead_letters) as dead_letters";
    sqlx::query_as(query).fetch_one(db).await
}

/// Doubts that a status may settle, or the janitor send again, which it does after two minutes where it may at all.
pub(crate) async fn fresh_doubts(db: &PgPool) -> sqlx::Result<i64> {
    let query = "select count(*) from doubts where may_resend and since > now() - interval '150 seconds'";
    sqlx::query_scalar(query).fetch_one(db).await
}

/// The open conversations, in an order that has nothing to do with their customers.
pub(crate) async fn conversations(db: &PgPool) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("select id from conversations where status = 'open' order by md5(id::text)").fetch_all(db).await
}
