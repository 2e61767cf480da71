//! What a conversation's flow is to hear besides messages, sealed, until it is read.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{ConversationId, FlowSessionId, MerchantId};
use crate::flow::Event;
use crate::flow::event::Happening;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::interval::interval;
use crate::store::keyring::Keys;
use crate::store::seal::Binding;

const BODY: &str = "flow_events.body";
/// Events of one conversation that are heard at a time.
const MOST_HEARD: i64 = 100;

/// What is to be heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "heard", content = "what", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "few are held, and not for long")]
pub enum Heard {
    /// A session's.
    Event(Event),
    /// What may start a flow.
    Happening(Happening),
}

/// Something to hear.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Whose.
    pub merchant_id: MerchantId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The session it is for; none where it may start a flow.
    pub session_id: Option<FlowSessionId>,
    /// What.
    pub heard: Heard,
}

/// Something that was not heard yet.
#[derive(Clone, Debug)]
pub struct Unheard {
    /// Its row.
    pub id: i64,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The session it is for.
    pub session_id: Option<FlowSessionId>,
    /// What; none where it does not read.
    pub heard: Option<Heard>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Where a body belongs: a thread may go into another, a session stays what it is.
fn binding(merchant: MerchantId, session: Option<FlowSessionId>) -> Binding {
    Binding::new(BODY, session.map_or(merchant.0, |session| session.0))
}

/// Adds `events`, in their order.
pub async fn add(conn: &mut PgConnection, keys: &Keys, events: &[NewEvent]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let seal = |event: &NewEvent| {
        let body = serde_json::to_vec(&event.heard)
            .map_err(|error| StoreError::Corrupt { table: "flow_events", problem: error.to_string() })?;
        Ok(keys.of(event.merchant_id)?.seal(binding(event.merchant_id, event.session_id), &body)?)
    };
    let bodies = events.iter().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into flow_events (merchant_id, conversation_id, session_id, body)
         select merchant_id, conversation_id, session_id, body
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bytea[]) with ordinality
              as new (merchant_id, conversation_id, session_id, body, position)
         order by position",
        &column(events, |event| event.merchant_id.0),
        &column(events, |event| event.conversation_id.0),
        &column(events, |event| event.session_id.map(Uuid::from)) as &[Option<Uuid>],
        &bodies
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is to be heard in `conversations`, in order; of each so much as is heard at a time.
pub async fn read(
    conn: &mut PgConnection,
    keys: &Keys,
    conversations: &[ConversationId],
) -> Result<Vec<Unheard>, StoreError> {
    let rows = sqlx::query!(
        "select e.id, e.merchant_id, e.conversation_id, e.session_id, e.body, e.created_at
         from unnest($1::uuid[]) as held (id)
         cross join lateral (
             select * from flow_events where conversation_id = held.id order by id limit $2
         ) e
         order by e.conversation_id, e.id",
        &column(conversations, |id| id.0) as &[Uuid],
        MOST_HEARD
    )
    .fetch_all(conn)
    .await?;
    let unheard = rows.into_iter().map(|row| {
        let (merchant, session) = (MerchantId(row.merchant_id), row.session_id.map(FlowSessionId));
        let opened = keys.of(merchant)?.open(binding(merchant, session), &row.body);
        Ok(Unheard {
            id: row.id,
            conversation_id: row.conversation_id.into(),
            session_id: session,
            heard: opened.ok().and_then(|body| serde_json::from_slice(&body).ok()),
            created_at: row.created_at,
        })
    });
    unheard.collect()
}

/// Forgets what was heard.
pub async fn forget(conn: &mut PgConnection, heard: &[i64]) -> Result<(), StoreError> {
    if !heard.is_empty() {
        sqlx::query!("delete from flow_events where id = any($1)", heard).execute(conn).await?;
    }
    Ok(())
}

/// Conversations with something unheard since before `lost_since`: their wake got lost.
pub async fn forgotten(
    conn: &mut PgConnection,
    lost_since: Duration,
    most: i64,
) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sqlx::query_scalar!(
        "select conversation_id from flow_events where created_at < now() - $1::interval
         group by conversation_id order by min(created_at) limit $2",
        interval(lost_since),
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ConversationId).collect())
}
