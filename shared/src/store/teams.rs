//! Teams: users who share their work.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::error::StoreError;
use crate::domain::ids::{MerchantId, TeamId, UserId};

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Team {
    /// The team.
    pub id: TeamId,
    /// Its name; unique at the merchant's, whatever its case.
    pub name: String,
    /// How many are in it.
    pub member_count: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// How many teams `merchant` has.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from teams where merchant_id = $1"#, merchant.0)
        .fetch_one(conn)
        .await?;
    Ok(count)
}

/// The teams behind `after`, by id.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    after: Option<TeamId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Team>, StoreError> {
    let teams = sqlx::query_as!(
        Team,
        r#"select t.id, t.name, t.created_at,
                  (select count(*) from team_members m where m.merchant_id = $1 and m.team_id = t.id) as "member_count!"
           from teams t where t.merchant_id = $1 and ($2::uuid is null or t.id > $2)
           order by t.id offset $3 limit $4"#,
        merchant.0,
        after.map(|team| team.0),
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(teams)
}

/// One team of `merchant`.
pub async fn get(conn: &mut PgConnection, merchant: MerchantId, id: TeamId) -> Result<Option<Team>, StoreError> {
    let team = sqlx::query_as!(
        Team,
        r#"select t.id, t.name, t.created_at,
                  (select count(*) from team_members m where m.merchant_id = $1 and m.team_id = t.id) as "member_count!"
           from teams t where t.merchant_id = $1 and t.id = $2"#,
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(team)
}

/// Adds a team; the constraint `teams_name_key` breaks where the name is taken.
pub async fn insert(conn: &mut PgConnection, merchant: MerchantId, id: TeamId, name: &str) -> Result<(), StoreError> {
    sqlx::query!("insert into teams (id, merchant_id, name) values ($1, $2, $3)", id.0, merchant.0, name)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a team another name; the constraint `teams_name_key` breaks where it is taken.
pub async fn rename(conn: &mut PgConnection, merchant: MerchantId, id: TeamId, name: &str) -> Result<(), StoreError> {
    sqlx::query!("update teams set name = $3 where merchant_id = $1 and id = $2", merchant.0, id.0, name)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a team away, and everyone out of it.
pub async fn delete(conn: &mut PgConnection, merchant: MerchantId, id: TeamId) -> Result<(), StoreError> {
    sqlx::query!("delete from teams where merchant_id = $1 and id = $2", merchant.0, id.0).execute(conn).await?;
    Ok(())
}

/// Who is in a team, held until the transaction ends.
pub async fn members(conn: &mut PgConnection, merchant: MerchantId, id: TeamId) -> Result<Vec<UserId>, StoreError> {
    let members = sqlx::query_scalar!(
        "select user_id from team_members where merchant_id = $1 and team_id = $2 order by user_id for update",
        merchant.0,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(members.into_iter().map(UserId).collect())
}

/// `users`, who must be the merchant's own, are the team, and nobody else.
pub async fn set_members(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: TeamId,
    users: &[UserId],
) -> Result<(), StoreError> {
    let users: Vec<_> = users.iter().map(|user| user.0).collect();
    sqlx::query!(
        "delete from team_members where merchant_id = $1 and team_id = $2 and user_id <> all($3)",
        merchant.0,
        id.0,
        &users
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into team_members (team_id, user_id, merchant_id)
         select $2, u.id, $1 from users u where u.merchant_id = $1 and u.id = any($3)
         order by u.id on conflict do nothing",
        merchant.0,
        id.0,
        &users
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a user into `teams`, those that are the merchant's own, and into no other.
pub async fn set_teams_of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    user: UserId,
    teams: &[TeamId],
) -> Result<(), StoreError> {
    let teams: Vec<_> = teams.iter().map(|team| team.0).collect();
    sqlx::query!(
        "delete from team_members where merchant_id = $1 and user_id = $2 and team_id <> all($3)",
        merchant.0,
        user.0,
        &teams
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into team_members (team_id, user_id, merchant_id)
         select t.id, $2, $1 from teams t where t.merchant_id = $1 and t.id = any($3)
         order by t.id on conflict do nothing",
        merchant.0,
        user.0,
        &teams
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of `teams` that are the merchant's own.
pub async fn known_of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    teams: &[TeamId],
) -> Result<Vec<TeamId>, StoreError> {
    let ids: Vec<_> = teams.iter().map(|team| team.0).collect();
    let known = sqlx::query_scalar!("select id from teams where merchant_id = $1 and id = any($2)", merchant.0, &ids)
        .fetch_all(conn)
        .await?;
    Ok(known.into_iter().map(TeamId).collect())
}
