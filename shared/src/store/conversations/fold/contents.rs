//! What is in a thread goes with it.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::flows::fold as flows;

/// Messages, and all work about them, in the order in which others lock them.
pub(super) async fn move_what_is_in_them(
    conn: &mut PgConnection,
    gone: &[Uuid],
    into: &[Uuid],
) -> Result<(), StoreError> {
    if gone.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with locked as (select id from messages where conversation_id = any($1) order by id for no key update)
         update messages m set conversation_id = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id), locked
         where m.conversation_id = new.id and m.id = locked.id",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update outbox o set conversation_id = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id) where o.conversation_id = new.id",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update inbox i set conversation_id = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id) where i.conversation_id = new.id",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update doubts d set conversation_id = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id) where d.conversation_id = new.id",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update reactions r set conversation_id = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id) where r.conversation_id = new.id",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    // A mark reaches back to everything before it; a thread has one, and its own will do.
    sqlx::query!(
        "with gone as (delete from read_marks where conversation_id = any($1) returning *)
         insert into read_marks (conversation_id, merchant_id, account_id, platform_id, typing, created_at)
         select distinct on (new.into_id) new.into_id, gone.merchant_id, gone.account_id, gone.platform_id, gone.typing,
                gone.created_at
         from gone join unnest($1::uuid[], $2::uuid[]) as new (id, into_id) on new.id = gone.conversation_id
         order by new.into_id, gone.created_at desc
         on conflict (conversation_id) do update
         set platform_id = excluded.platform_id, typing = excluded.typing, created_at = excluded.created_at
         where read_marks.created_at < excluded.created_at",
        gone,
        into
    )
    .execute(&mut *conn)
    .await?;
    flows::fold(conn, gone, into).await
}

/// All threads of the losers, open or not, and what is in them, are the winners'.
pub(super) async fn give(conn: &mut PgConnection, losers: &[Uuid], winners: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "with locked as (
             select m.id from messages m join conversations c on c.id = m.conversation_id
             where (c.contact_id = any($1) or c.contact_id = any($2)) and m.contact_id = any($1)
             order by m.id for no key update of m
         )
         update messages m set contact_id = new.winner
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner), locked
         where m.id = locked.id and m.contact_id = new.loser",
        losers,
        winners
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update conversations c set contact_id = new.winner
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner) where c.contact_id = new.loser",
        losers,
        winners
    )
    .execute(&mut *conn)
    .await?;
    flows::give(conn, losers, winners).await
}
