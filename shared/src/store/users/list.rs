//! A merchant's users as colleagues see them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::role;
use crate::domain::ids::{MerchantId, TeamId, UserId};
use crate::domain::user::UserRole;
use crate::store::error::StoreError;

/// A user, with what concerns its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The user.
    pub id: UserId,
    /// What an outer system calls the user, where one logs it in.
    pub external_id: Option<String>,
    /// In lower case.
    pub email: Option<String>,
    /// What colleagues see.
    pub display_name: String,
    /// What the user may do.
    pub role: UserRole,
    /// Since when the user may no longer log in.
    pub disabled_at: Option<DateTime<Utc>>,
    /// Until when its one-time password holds, where it has one.
    pub password_expires_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last logged in, or an outer system told anew who it is.
    pub last_login_at: Option<DateTime<Utc>>,
    /// The teams it is in.
    pub teams: Vec<TeamId>,
}

/// Which users are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this role.
    pub role: Option<UserRole>,
    /// Of this team.
    pub team: Option<TeamId>,
    /// Disabled ones, or the others.
    pub disabled: Option<bool>,
}

/// How many users `filter` means.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: &Filter) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from users u
           where u.merchant_id = $1 and ($2::text is null or u.role = $2)
             and ($3::uuid is null or exists (select 1 from team_members m
                                              where m.merchant_id = $1 and m.team_id = $3 and m.user_id = u.id))
             and ($4::bool is null or (u.disabled_at is not null) = $4)"#,
        merchant.0,
        filter.role.map(UserRole::as_str),
        filter.team.map(|team| team.0),
        filter.disabled
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The users that `filter` means behind `after`, by id.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter,
    after: Option<UserId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Profile>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select u.id, u.external_id, u.email, u.display_name, u.role, u.disabled_at, u.password_expires_at,
                  u.created_at, u.last_login_at,
                  array(select m.team_id from team_members m
                        where m.merchant_id = $1 and m.user_id = u.id order by m.team_id) as "teams!"
           from users u
           where u.merchant_id = $1 and ($2::text is null or u.role = $2)
             and ($3::uuid is null or exists (select 1 from team_members m
                                              where m.merchant_id = $1 and m.team_id = $3 and m.user_id = u.id))
             and ($4::bool is null or (u.disabled_at is not null) = $4)
             and ($5::uuid is null or u.id > $5)
           order by u.id offset $6 limit $7"#,
        merchant.0,
        filter.role.map(UserRole::as_str),
        filter.team.map(|team| team.0),
        filter.disabled,
        after.map(|user| user.0),
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::profile).collect()
}

/// One user of `merchant`, by its id, or by what an outer system calls it.
pub async fn find(conn: &mut PgConnection, merchant: MerchantId, given: &str) -> Result<Option<Profile>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select u.id, u.external_id, u.email, u.display_name, u.role, u.disabled_at, u.password_expires_at,
                  u.created_at, u.last_login_at,
                  array(select m.team_id from team_members m
                        where m.merchant_id = $1 and m.user_id = u.id order by m.team_id) as "teams!"
           from users u
           where u.merchant_id = $1 and (u.id = $2 or u.external_id = $3)
           order by (u.id is not distinct from $2) desc limit 1"#,
        merchant.0,
        Uuid::parse_str(given).ok(),
        given
    )
    .fetch_optional(conn)
    .await?;
    row.map(Row::profile).transpose()
}

struct Row {
    id: Uuid,
    external_id: Option<String>,
    email: Option<String>,
    display_name: String,
    role: String,
    disabled_at: Option<DateTime<Utc>>,
    password_expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
    teams: Vec<Uuid>,
}

impl Row {
    fn profile(self) -> Result<Profile, StoreError> {
        Ok(Profile {
            id: self.id.into(),
            external_id: self.external_id,
            email: self.email,
            display_name: self.display_name,
            role: role(&self.role)?,
            disabled_at: self.disabled_at,
            password_expires_at: self.password_expires_at,
            created_at: self.created_at,
            last_login_at: self.last_login_at,
            teams: self.teams.into_iter().map(TeamId).collect(),
        })
    }
}
