//! Refresh tokens: each is good once, and gives the next one.
//!
//! One that is presented again was copied, so its whole session ends. The exception is a client that never got the
//! answer: within [`GRACE`], and only while the successor that it was given lies unused, the successor is taken out
//! of use and another is given. Never are two tokens of a session good at once: whoever holds the one that was taken
//! out, thief or owner, is noticed the moment it is presented.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::{IDLE, LONGEST, Why};
use crate::domain::ids::{MerchantId, SessionId, UserId};
use crate::domain::user::UserRole;
use crate::store::error::StoreError;
use crate::store::{pool, users};

/// For so long a client may ask once more because the answer was lost.
pub const GRACE: TimeDelta = TimeDelta::seconds(10);

/// The SHA-256 of a token.
pub type Hash = [u8; 32];

/// What came of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refreshed {
    /// The session goes on with the new token.
    Renewed(Renewed),
    /// It was used before: the session is over.
    Reused {
        /// Which session.
        session: SessionId,
        /// Whose.
        merchant: MerchantId,
        /// Whose.
        user: UserId,
    },
    /// There is none such, or its session is over.
    Refused,
}

/// Whose session goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub merchant: MerchantId,
    /// Who.
    pub user: UserId,
    /// What the user may do by now.
    pub role: UserRole,
    /// Whether a one-time password is still to be changed.
    pub must_change_password: bool,
}

/// Adds the token with `hash` to a session.
pub async fn insert(
    conn: &mut PgConnection,
    merchant: MerchantId,
    session: SessionId,
    hash: &Hash,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into refresh_tokens (hash, merchant_id, session_id, created_at) values ($1, $2, $3, $4)",
        hash.as_slice(),
        merchant.0,
        session.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the token `presented` for the one that `next` is the hash of.
///
/// At first no merchant is known: the transaction is given the sight of this one token's row, and bound to its
/// merchant then. It must be committed whatever comes of it: a session that ends here ends for good.
pub async fn renew(
    conn: &mut PgConnection,
    presented: &Hash,
    next: &Hash,
    now: DateTime<Utc>,
) -> Result<Refreshed, StoreError> {
    sqlx::query!("select set_config('loa.presented_token', $1, true)", hex::encode(presented))
        .fetch_one(&mut *conn)
        .await?;
    let known =
        sqlx::query!("select merchant_id, session_id from refresh_tokens where hash = $1", presented.as_slice())
            .fetch_optional(&mut *conn)
            .await?;
    let Some(known) = known else {
        return Ok(Refreshed::Refused);
    };
    let (merchant, session) = (MerchantId(known.merchant_id), SessionId(known.session_id));
    pool::bind(conn, merchant).await?;
    // Who comes second with the same token waits here, and finds it used.
    let row = sqlx::query!(
        r#"select s.user_id, s.created_at, u.role, u.password_expires_at is not null as "must_change!",
                  s.revoked_at is not null or s.ends_at <= $3 or u.disabled_at is not null as "over!"
           from sessions s join users u on u.id = s.user_id and u.merchant_id = s.merchant_id
           where s.merchant_id = $1 and s.id = $2 for update of s"#,
        merchant.0,
        session.0,
        now
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else {
        return Ok(Refreshed::Refused);
    };
    if row.over {
        return Ok(Refreshed::Refused);
    }
    if !take(conn, merchant, presented, next, now).await? {
        super::revoke(conn, merchant, session, Why::Reused, now).await?;
        return Ok(Refreshed::Reused { session, merchant, user: row.user_id.into() });
    }
    insert(conn, merchant, session, next, now).await?;
    let ends_at = (now + IDLE).min(row.created_at + LONGEST);
    sqlx::query!(
        "update sessions set refreshed_at = $3, ends_at = $4 where merchant_id = $1 and id = $2",
        merchant.0,
        session.0,
        now,
        ends_at
    )
    .execute(conn)
    .await?;
    Ok(Refreshed::Renewed(Renewed {
        session,
        merchant,
        user: row.user_id.into(),
        role: users::role(&row.role)?,
        must_change_password: row.must_change,
    }))
}

/// Uses the token up, if that may be done; its session is locked.
async fn take(
    conn: &mut PgConnection,
    merchant: MerchantId,
    presented: &Hash,
    next: &Hash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let used = sqlx::query!(
        "update refresh_tokens set used_at = $3, successor = $4
         where merchant_id = $1 and hash = $2 and used_at is null",
        merchant.0,
        presented.as_slice(),
        now,
        next.as_slice()
    )
    .execute(&mut *conn)
    .await?;
    if used.rows_affected() > 0 {
        return Ok(true);
    }
    // Its successor was never used: take that out of use, and let this one have another.
    let taken_out = sqlx::query!(
        "update refresh_tokens s set used_at = $3
         from refresh_tokens p
         where p.merchant_id = $1 and p.hash = $2 and p.used_at > $4
           and s.merchant_id = $1 and s.hash = p.successor and s.used_at is null",
        merchant.0,
        presented.as_slice(),
        now,
        now - GRACE
    )
    .execute(&mut *conn)
    .await?;
    if taken_out.rows_affected() == 0 {
        return Ok(false);
    }
    // The grace runs from the first use: it is not prolonged by asking.
    sqlx::query!(
        "update refresh_tokens set successor = $3 where merchant_id = $1 and hash = $2",
        merchant.0,
        presented.as_slice(),
        next.as_slice()
    )
    .execute(conn)
    .await?;
    Ok(true)
}
