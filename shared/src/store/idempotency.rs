//! Keys that make a request safe to ask again: the same key, the same answer, for a day.
//!
//! A request claims its key before it does anything. The work itself notes the claim as worked in its own
//! transaction, by a trigger on the audit trail; so a crash either leaves a claim that lapses, and the work may
//! be done, or one that was worked, and it never is again.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{ClaimId, MerchantId};
use crate::store::error::StoreError;
use crate::store::interval::interval;
use crate::store::seal::{Binding, MerchantKeys};

/// Where answers are sealed.
pub const ANSWER: &str = "idempotency_keys.answer";
/// How long a key holds.
pub const KEPT: Duration = Duration::from_hours(24);

/// A key and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The merchant.
    pub merchant: MerchantId,
    /// The user or the API key that asks.
    pub caller: Uuid,
    /// What is asked for, as a pattern.
    pub route: &'a str,
    /// The key that the client gave.
    pub key: &'a str,
    /// SHA-256 of the request.
    pub request: &'a [u8; 32],
}

/// What became of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The request is to be done, under this claim.
    Held(ClaimId),
    /// It has been done, and this was the answer.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// Another with the key is being done.
    Running,
    /// It was done, and nobody knows the answer any more.
    Lost,
    /// The key was given to another request.
    Reused,
}

/// Claims `key`. A claim that nobody worked under lapses after `lease`.
pub async fn claim(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    key: &Key<'_>,
    lease: Duration,
) -> Result<Claimed, StoreError> {
    let claim = ClaimId::new();
    let taken = sqlx::query!(
        "insert into idempotency_keys as k (merchant_id, caller, route, key, claim, request)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (merchant_id, caller, route, key) do update
         set claim = excluded.claim, request = excluded.request, claimed_at = now(), worked_at = null,
             answered_at = null, status = null, answer = null
         where k.claimed_at < now() - $8::interval
            or (k.worked_at is null and k.answered_at is null and k.request = excluded.request
                and k.claimed_at < now() - $7::interval)",
        key.merchant.0,
        key.caller,
        key.route,
        key.key,
        claim.0,
        key.request.as_slice(),
        interval(lease),
        interval(KEPT)
    )
    .execute(&mut *conn)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(Claimed::Held(claim));
    }
    let row = sqlx::query!(
        r#"select claim, request, worked_at is not null as "worked!", status, answer,
                  claimed_at < now() - $5::interval as "lapsed!"
           from idempotency_keys where merchant_id = $1 and caller = $2 and route = $3 and key = $4"#,
        key.merchant.0,
        key.caller,
        key.route,
        key.key,
        interval(lease)
    )
    .fetch_optional(conn)
    .await?;
    // It was let go at this moment: the client asks again.
    let Some(row) = row else {
        return Ok(Claimed::Running);
    };
    if row.request != key.request {
        return Ok(Claimed::Reused);
    }
    match (row.status, row.answer) {
        (Some(status), Some(answer)) => Ok(Claimed::Answered {
            status: u16::try_from(status).unwrap_or(200),
            body: keys.open(Binding::new(ANSWER, row.claim), &answer)?,
        }),
        _ if row.worked && row.lapsed => Ok(Claimed::Lost),
        _ => Ok(Claimed::Running),
    }
}

/// Has the transaction note what it does as done under `claim`.
pub async fn work_under(conn: &mut PgConnection, claim: ClaimId) -> Result<(), StoreError> {
    sqlx::query!("select set_config('loa.claim', $1, true)", claim.to_string()).fetch_one(conn).await?;
    Ok(())
}

/// Keeps the answer that was given under `claim`.
pub async fn answer(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    claim: ClaimId,
    status: u16,
    body: &[u8],
) -> Result<(), StoreError> {
    let sealed = keys.seal(Binding::new(ANSWER, claim), body)?;
    sqlx::query!(
        "update idempotency_keys set answered_at = now(), status = $3, answer = $4 where merchant_id = $1 and claim = $2",
        merchant.0,
        claim.0,
        i16::try_from(status).unwrap_or(200),
        sealed
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets the key go: the request failed, and nothing was done.
pub async fn release(conn: &mut PgConnection, merchant: MerchantId, claim: ClaimId) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from idempotency_keys where merchant_id = $1 and claim = $2 and worked_at is null",
        merchant.0,
        claim.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets up to `most` keys that hold no more, of all merchants; how many there were.
pub async fn sweep(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let swept = sqlx::query!(
        "delete from idempotency_keys where ctid in (
             select ctid from idempotency_keys where claimed_at < now() - $1::interval limit $2
             for update skip locked)",
        interval(KEPT),
        most
    )
    .execute(conn)
    .await?;
    Ok(swept.rows_affected())
}
