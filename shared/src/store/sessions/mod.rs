//! Sessions: a login, and everything that was refreshed from it.

pub mod refresh;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::domain::ids::{MerchantId, SessionId, UserId};
use crate::domain::user::UserRole;
use crate::store::error::StoreError;
use crate::store::users;

/// Not refreshed for so long, a session ends.
pub const IDLE: TimeDelta = TimeDelta::days(30);
/// However often it is refreshed, it ends after this.
pub const LONGEST: TimeDelta = TimeDelta::days(90);

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The user logged out.
    LoggedOut,
    /// A refresh token was presented that had been used before.
    Reused,
    /// The user has another password.
    PasswordChanged,
    /// The user was disabled.
    Disabled,
}

impl Why {
    const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Reused => "reused",
            Self::PasswordChanged => "password_changed",
            Self::Disabled => "disabled",
        }
    }
}

/// What a session's user is and may do at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose.
    pub merchant_id: MerchantId,
    /// Who.
    pub user_id: UserId,
    /// What the user may do.
    pub role: UserRole,
    /// A one-time password was used to log in: nothing else may be done before it is changed.
    pub must_change_password: bool,
}

/// Begins a session of `user` at `now`.
pub async fn open(
    conn: &mut PgConnection,
    merchant: MerchantId,
    user: UserId,
    now: DateTime<Utc>,
) -> Result<SessionId, StoreError> {
    let id = SessionId::new();
    sqlx::query!(
        "insert into sessions (id, merchant_id, user_id, created_at, refreshed_at, ends_at) values ($1, $2, $3, $4, $4, $5)",
        id.0,
        merchant.0,
        user.0,
        now,
        now + IDLE
    )
    .execute(conn)
    .await?;
    Ok(id)
}

/// How the user of a session stands; none where the session has ended or the user is disabled.
pub async fn standing(
    conn: &mut PgConnection,
    merchant: MerchantId,
    session: SessionId,
) -> Result<Option<Standing>, StoreError> {
    let row = sqlx::query!(
        r#"select u.id, u.role, u.password_expires_at is not null as "must_change!"
           from sessions s join users u on u.id = s.user_id and u.merchant_id = s.merchant_id
           where s.merchant_id = $1 and s.id = $2 and s.revoked_at is null and s.ends_at > now()
             and u.disabled_at is null"#,
        merchant.0,
        session.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Standing {
            merchant_id: merchant,
            user_id: row.id.into(),
            role: users::role(&row.role)?,
            must_change_password: row.must_change,
        })
    })
    .transpose()
}

/// Ends a session; whether it was still open.
pub async fn revoke(
    conn: &mut PgConnection,
    merchant: MerchantId,
    session: SessionId,
    why: Why,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "update sessions set revoked_at = $3, revoked_for = $4
         where merchant_id = $1 and id = $2 and revoked_at is null",
        merchant.0,
        session.0,
        at,
        why.as_str()
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends all sessions of a user, `but` for one; so many there were.
pub async fn revoke_all(
    conn: &mut PgConnection,
    merchant: MerchantId,
    user: UserId,
    but: Option<SessionId>,
    why: Why,
    at: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let ended = sqlx::query!(
        "update sessions set revoked_at = $4, revoked_for = $5
         where merchant_id = $1 and user_id = $2 and id is distinct from $3 and revoked_at is null",
        merchant.0,
        user.0,
        but.map(|session| session.0),
        at,
        why.as_str()
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// Forgets at most `most` sessions that ended before `before`, with their refresh tokens; so many there were.
pub async fn forget_ended(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "delete from sessions
         where id in (select id from sessions where ends_at < $1 order by ends_at limit $2 for update skip locked)",
        before,
        most
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
