//! Flows under way, one of a conversation at a time.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, FlowId, FlowSessionId, MerchantId, MessageId};
use crate::domain::trace::TraceId;
use crate::flow::Session;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::flows::threads::Stored;
use crate::store::keyring::Keys;
use crate::store::seal::{Binding, MerchantKeys};

const STATE: &str = "flow_sessions.state";

/// A session to keep.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    /// The session.
    pub session: &'a Session,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The customer.
    pub contact_id: ContactId,
    /// The flow that it began with.
    pub flow_id: FlowId,
    /// Its version.
    pub version: i32,
    /// When it is over, should nothing move it.
    pub expires_at: DateTime<Utc>,
    /// The question whose time to answer begins when it is sent.
    pub asked_message_id: Option<MessageId>,
    /// The trace of what moved it last.
    pub trace: Option<TraceId>,
}

/// The session that `stored` holds; none where it does not read.
pub fn open(keys: &MerchantKeys, stored: &Stored) -> Option<Session> {
    let state = keys.open(Binding::new(STATE, stored.id), &stored.state).ok()?;
    serde_json::from_slice(&state).ok()
}

/// Writes `sessions`. Another of the same conversation must be deleted before.
pub async fn keep(conn: &mut PgConnection, keys: &Keys, sessions: &[Kept<'_>]) -> Result<(), StoreError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let seal = |kept: &Kept<'_>| {
        let state = serde_json::to_vec(kept.session)
            .map_err(|error| StoreError::Corrupt { table: "flow_sessions", problem: error.to_string() })?;
        Ok(keys.of(kept.merchant_id)?.seal(Binding::new(STATE, kept.session.id), &state)?)
    };
    let states = sessions.iter().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into flow_sessions (id, merchant_id, account_id, conversation_id, contact_id, flow_id, version, state,
                                    started_at, expires_at, asked_message_id, trace_id)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::int[],
                              $8::bytea[], $9::timestamptz[], $10::timestamptz[], $11::uuid[], $12::uuid[])
         on conflict (id) do update
         set state = excluded.state, expires_at = excluded.expires_at, asked_message_id = excluded.asked_message_id,
             trace_id = excluded.trace_id",
        &column(sessions, |kept| kept.session.id.0),
        &column(sessions, |kept| kept.merchant_id.0),
        &column(sessions, |kept| kept.account_id.0),
        &column(sessions, |kept| kept.conversation_id.0),
        &column(sessions, |kept| kept.contact_id.0),
        &column(sessions, |kept| kept.flow_id.0),
        &column(sessions, |kept| kept.version),
        &states,
        &column(sessions, |kept| kept.session.started_at),
        &column(sessions, |kept| kept.expires_at),
        &column(sessions, |kept| kept.asked_message_id.map(Uuid::from)) as &[Option<Uuid>],
        &column(sessions, |kept| kept.trace.map(TraceId::uuid)) as &[Option<Uuid>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes away sessions that are over, and whatever they waited for.
pub async fn delete(conn: &mut PgConnection, sessions: &[FlowSessionId]) -> Result<(), StoreError> {
    if sessions.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with waits as (delete from waits where session_id = any($1)),
              calls as (delete from flow_calls where session_id = any($1)),
              turns as (delete from ai_turns where session_id = any($1))
         delete from flow_sessions where id = any($1)",
        &column(sessions, |session| session.0)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends what is under way in a conversation that a person has taken, or that was closed: counted as stopped. What its
/// flow was to hear is forgotten. The conversation is locked.
pub async fn stop(
    conn: &mut PgConnection,
    merchant: MerchantId,
    conversation: ConversationId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with gone as (
             delete from flow_sessions where merchant_id = $1 and conversation_id = $2
             returning id, flow_id, version
         ), waits as (delete from waits where merchant_id = $1 and conversation_id = $2),
              calls as (delete from flow_calls where merchant_id = $1 and conversation_id = $2),
              turns as (delete from ai_turns where merchant_id = $1 and conversation_id = $2),
              events as (delete from flow_events where id in (
                  select id from flow_events where merchant_id = $1 and conversation_id = $2
                  order by id for update skip locked))
         insert into flow_figure_deltas (merchant_id, flow_id, version, node_id, passage, outlet, delta)
         select $1, flow_id, version, '', 'stopped', '', 1 from gone",
        merchant.0,
        conversation.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Conversations whose session was not moved for as long as one is kept.
pub async fn expired(conn: &mut PgConnection, most: i64) -> Result<Vec<ConversationId>, StoreError> {
    let rows = sqlx::query_scalar!(
        "select conversation_id from flow_sessions where expires_at < now() order by expires_at limit $1",
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ConversationId).collect())
}

/// A session that messages are heard of.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// The message.
    pub message_id: MessageId,
    /// The session.
    pub session_id: FlowSessionId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The conversation.
    pub conversation_id: ConversationId,
}

/// The sessions whose question is one of `messages`.
pub async fn asking(conn: &mut PgConnection, messages: &[MessageId]) -> Result<Vec<Listening>, StoreError> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select id, merchant_id, conversation_id, asked_message_id as "message_id!" from flow_sessions
           where asked_message_id = any($1)"#,
        &column(messages, |message| message.0) as &[Uuid]
    )
    .fetch_all(conn)
    .await?;
    let listening = rows.into_iter().map(|row| Listening {
        message_id: row.message_id.into(),
        session_id: row.id.into(),
        merchant_id: row.merchant_id.into(),
        conversation_id: row.conversation_id.into(),
    });
    Ok(listening.collect())
}

/// The sessions that flows' `messages` are of, as far as they are still under way: a message that is older than the
/// session is of another.
pub async fn saying(conn: &mut PgConnection, messages: &[MessageId]) -> Result<Vec<Listening>, StoreError> {
    let (Some(least), Some(greatest)) = (messages.iter().min(), messages.iter().max()) else {
        return Ok(Vec::new());
    };
    let rows = sqlx::query!(
        "select s.id, s.merchant_id, s.conversation_id, m.id as message_id
         from messages m join flow_sessions s on s.conversation_id = m.conversation_id
         where m.id = any($1) and m.id between $2 and $3 and m.author = 'flow'
           and m.written_at >= date_trunc('milliseconds', s.started_at)",
        &column(messages, |message| message.0) as &[Uuid],
        least.0,
        greatest.0
    )
    .fetch_all(conn)
    .await?;
    let listening = rows.into_iter().map(|row| Listening {
        message_id: row.message_id.into(),
        session_id: row.id.into(),
        merchant_id: row.merchant_id.into(),
        conversation_id: row.conversation_id.into(),
    });
    Ok(listening.collect())
}
