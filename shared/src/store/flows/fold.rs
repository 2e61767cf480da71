//! Threads became one: the flows that are under way in them, and what they are to hear.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::error::StoreError;

/// Moves what is under way in `gone` to the threads `into`. A thread has one session: that of the thread that stays goes
/// on, or else the one that moved last; the others are over.
pub(in crate::store) async fn fold(conn: &mut PgConnection, gone: &[Uuid], into: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "with fate as (
             select s.id, new.into_id, row_number() over (
                        partition by new.into_id order by s.conversation_id = new.into_id desc, s.expires_at desc) as rank
             from (select id, into_id from unnest($1::uuid[], $2::uuid[]) as f (id, into_id)
                   union select into_id, into_id from unnest($1::uuid[], $2::uuid[]) as f (id, into_id)) new
             join flow_sessions s on s.conversation_id = new.id
         )
         delete from flow_sessions s using fate where s.id = fate.id and fate.rank > 1",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "with new as (select * from unnest($1::uuid[], $2::uuid[]) as f (id, into_id)),
              sessions as (update flow_sessions s set conversation_id = new.into_id
                           from new where s.conversation_id = new.id),
              waits as (update waits w set conversation_id = new.into_id from new where w.conversation_id = new.id),
              calls as (update flow_calls c set conversation_id = new.into_id
                        from new where c.conversation_id = new.id),
              turns as (delete from ai_turns t using new where t.conversation_id = new.id)
         update flow_events e set conversation_id = new.into_id from new where e.conversation_id = new.id",
        gone,
        into
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is under way with the losers is under way with the winners. Their threads are locked.
pub(in crate::store) async fn give(
    conn: &mut PgConnection,
    losers: &[Uuid],
    winners: &[Uuid],
) -> Result<(), StoreError> {
    sqlx::query!(
        "update flow_sessions s set contact_id = new.winner
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner)
         join conversations c on c.contact_id = new.winner
         where s.conversation_id = c.id and s.contact_id = new.loser",
        losers,
        winners
    )
    .execute(conn)
    .await?;
    Ok(())
}
