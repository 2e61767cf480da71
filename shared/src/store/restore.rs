//! After a restore from a backup: what waited when it was made may have been sent since, and nobody can know.

use serde_json::json;
use sqlx::PgConnection;

use crate::domain::channel::Channel;
use crate::store::error::StoreError;
use crate::store::holds::HoldScope;

/// The subject of a hold on everything that goes out on a channel.
const ALL: &str = "all";

/// Lets nothing go out until [`release`]: on every channel a hold without an end.
pub async fn hold(conn: &mut PgConnection) -> Result<(), StoreError> {
    let channels = Channel::ALL.map(|channel| channel.as_str().to_owned());
    sqlx::query!(
        "insert into send_holds (scope, channel, subject, reason)
         select $1, channel, $2, 'restored from a backup: `api release-sends` when somebody has looked'
         from unnest($3::text[]) as channel
         on conflict (scope, channel, subject) do nothing",
        HoldScope::Installation.as_str(),
        ALL,
        &channels
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes at most `most` messages out of the outbox and puts them in doubt, for a status or a person to settle; so many
/// there were.
pub async fn doubt_unsettled(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let reason = json!({ "title": "it waited when the backup was made, and may have been sent since" });
    let doubted = sqlx::query_scalar!(
        r#"with unsettled as (
               select message_id from outbox order by message_id limit $1 for update
           ), gone as (
               delete from outbox o using unsettled u where o.message_id = u.message_id
               returning o.message_id, o.merchant_id, o.account_id, o.conversation_id, o.attempt, o.priority
           ), doubted as (
               insert into doubts (message_id, merchant_id, account_id, conversation_id, attempt, priority, may_resend,
                                   for_a_person_since)
               select g.message_id, g.merchant_id, g.account_id, g.conversation_id, g.attempt, g.priority, false, now()
               from gone g join messages m on m.id = g.message_id
               where m.status <= 'in_doubt'
               on conflict (message_id) do nothing
           ), marked as (
               update messages m
               set error = case when m.status < 'in_doubt' then $2 else m.error end,
                   status = greatest(m.status, 'in_doubt')
               from gone where m.id = gone.message_id
           )
           select count(*) as "count!" from gone"#,
        most,
        reason
    )
    .fetch_one(conn)
    .await?;
    Ok(doubted.unsigned_abs())
}

/// What was in doubt before is sent again by nobody but a person: that no status speaks of it proves nothing any more.
pub async fn leave_doubts_to_a_person(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let left = sqlx::query!(
        "update doubts set may_resend = false, for_a_person_since = coalesce(for_a_person_since, now())
         where may_resend or for_a_person_since is null"
    )
    .execute(conn)
    .await?;
    Ok(left.rows_affected())
}

/// Ends the hold; whether there was one.
pub async fn release(conn: &mut PgConnection) -> Result<bool, StoreError> {
    let released =
        sqlx::query!("delete from send_holds where scope = $1", HoldScope::Installation.as_str()).execute(conn).await?;
    Ok(released.rows_affected() > 0)
}
