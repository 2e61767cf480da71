//! Calls to merchants' endpoints, claimed under a lease: the answer counts only while the lease is still held.

use std::time::Duration;

use sqlx::PgConnection;

use super::events::{self, Heard, NewEvent};
use super::waits::number;
use crate::domain::ids::{ConversationId, FlowSessionId, MerchantId, MessageId};
use crate::flow::Event;
use crate::flow::effect::Request;
use crate::flow::event::CallOutcome;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::interval::interval;
use crate::store::keyring::{Keyring, Keys};
use crate::store::outbox::Lease;
use crate::store::seal::Binding;

const REQUEST: &str = "flow_calls.request";

/// A call to make.
#[derive(Clone, Debug)]
pub struct NewCall<'a> {
    /// The session that asks for it.
    pub session_id: FlowSessionId,
    /// Its number there.
    pub number: u32,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The call.
    pub request: &'a Request,
}

/// A claimed call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The session that asks for it.
    pub session_id: FlowSessionId,
    /// Its number there.
    pub number: u32,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The call; none where it does not read.
    pub request: Option<Request>,
    /// Which attempt this is, from one. One that was never recorded counts.
    pub attempt: u32,
    /// The hold on it.
    pub lease: Lease,
}

/// Adds `calls`.
pub async fn add(conn: &mut PgConnection, keys: &Keys, calls: &[NewCall<'_>]) -> Result<(), StoreError> {
    if calls.is_empty() {
        return Ok(());
    }
    let seal = |call: &NewCall<'_>| {
        let request = serde_json::to_vec(call.request)
            .map_err(|error| StoreError::Corrupt { table: "flow_calls", problem: error.to_string() })?;
        Ok(keys.of(call.merchant_id)?.seal(Binding::new(REQUEST, call.session_id), &request)?)
    };
    let requests = calls.iter().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into flow_calls (session_id, number, merchant_id, conversation_id, request)
         select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::bytea[])
         on conflict (session_id, number) do nothing",
        &column(calls, |call| call.session_id.0),
        &column(calls, |call| number(call.number)),
        &column(calls, |call| call.merchant_id.0),
        &column(calls, |call| call.conversation_id.0),
        &requests
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Claims at most `most` calls that are due.
pub async fn claim(
    conn: &mut PgConnection,
    keyring: &Keyring,
    most: i64,
    hold: Duration,
) -> Result<Vec<Call>, StoreError> {
    let lease = Lease(MessageId::new().0);
    let rows = sqlx::query!(
        "with due as materialized (
             select session_id, number from flow_calls
             where not_before <= now() and (lease_until is null or lease_until < now())
             order by not_before limit $1 for update skip locked
         )
         update flow_calls c set lease = $2, lease_until = now() + $3, attempt = c.attempt + 1
         from due where c.session_id = due.session_id and c.number = due.number
         returning c.session_id, c.number, c.merchant_id, c.request, c.attempt",
        most,
        lease.0,
        interval(hold)
    )
    .fetch_all(&mut *conn)
    .await?;
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let calls = rows.into_iter().map(|row| {
        let merchant_id = MerchantId(row.merchant_id);
        let request = keys.of(merchant_id)?.open(Binding::new(REQUEST, row.session_id), &row.request);
        Ok(Call {
            session_id: row.session_id.into(),
            number: row.number.unsigned_abs(),
            merchant_id,
            request: request.ok().and_then(|request| serde_json::from_slice(&request).ok()),
            attempt: row.attempt.unsigned_abs(),
            lease,
        })
    });
    calls.collect()
}

/// What a call brought becomes an event of its session, while the lease is still held: then the conversation that has
/// something to hear is given. Whoever lost the lease changes nothing.
pub async fn finish(
    conn: &mut PgConnection,
    keyring: &Keyring,
    call: &Call,
    outcome: CallOutcome,
) -> Result<Option<ConversationId>, StoreError> {
    let gone = sqlx::query_scalar!(
        "delete from flow_calls where session_id = $1 and number = $2 and lease = $3 returning conversation_id",
        call.session_id.0,
        number(call.number),
        call.lease.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(conversation_id) = gone.map(ConversationId) else {
        return Ok(None);
    };
    let keys = keyring.of_all(conn, &[call.merchant_id]).await?;
    let heard = Heard::Event(Event::Called { call: call.number, outcome });
    let (merchant_id, session_id) = (call.merchant_id, Some(call.session_id));
    events::add(conn, &keys, &[NewEvent { merchant_id, conversation_id, session_id, heard }]).await?;
    Ok(Some(conversation_id))
}

/// Puts a call back to be made again after `delay`.
pub async fn later(conn: &mut PgConnection, call: &Call, delay: Duration) -> Result<(), StoreError> {
    sqlx::query!(
        "update flow_calls set lease = null, lease_until = null, not_before = now() + $4::interval
         where session_id = $1 and number = $2 and lease = $3",
        call.session_id.0,
        number(call.number),
        call.lease.0,
        interval(delay)
    )
    .execute(conn)
    .await?;
    Ok(())
}
