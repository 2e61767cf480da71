//! What becomes of a dead letter: an operator marks it to go back to its queue, the janitor publishes what is
//! marked and takes the row away once the broker has it; or it is dropped.
//!
//! A crash between the publish and the delete publishes it twice, which consumers bear. A letter that dies again
//! before its row is gone has lost its mark by then, so the delete leaves it.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::read::Row;
use crate::domain::ids::DeadLetterId;
use crate::events::dead_letter::DeadLetter;
use crate::store::audit::{self, Actor, Entry};
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, NOBODY};

/// Letters that one order may name; those of a whole queue are marked in lots of so many.
pub const MOST: i64 = 500;

/// Which letters are meant.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// These.
    These(&'a [DeadLetterId]),
    /// All of a queue, [`MOST`] at a time.
    AllOf(&'a str),
}

/// Marks letters to be put back, with a line in the audit trail for each, and names those that it marked: the
/// others are gone, or marked already.
pub async fn mark(
    conn: &mut PgConnection,
    which: Which<'_>,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let (ids, queue) = match which {
        Which::These(ids) => (Some(ids.iter().map(|id| id.0).collect::<Vec<_>>()), None),
        Which::AllOf(queue) => (None, Some(queue)),
    };
    let rows = sqlx::query!(
        "update dead_letters set put_back_at = $3, put_backs = put_backs + 1
         where id in (select id from dead_letters
                      where ($1::uuid[] is null or id = any($1)) and ($2::text is null or queue = $2)
                        and put_back_at is null
                      order by id limit $4 for update)
         returning id, queue, message_id",
        ids.as_deref(),
        queue,
        at,
        MOST
    )
    .fetch_all(&mut *conn)
    .await?;
    let told = rows.into_iter().map(|row| Told { id: row.id.into(), queue: row.queue, message_id: row.message_id });
    tell(conn, "dead_letter.put_back", told.collect(), actor, at).await
}

/// Drops letters for good, with a line in the audit trail for each, and names those that were there.
pub async fn drop(
    conn: &mut PgConnection,
    ids: &[DeadLetterId],
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query!("delete from dead_letters where id = any($1) returning id, queue, message_id", &ids)
        .fetch_all(&mut *conn)
        .await?;
    let told = rows.into_iter().map(|row| Told { id: row.id.into(), queue: row.queue, message_id: row.message_id });
    tell(conn, "dead_letter.dropped", told.collect(), actor, at).await
}

/// A marked letter, and its mark.
#[derive(Clone, Debug)]
pub struct Marked {
    /// The letter.
    pub letter: DeadLetter,
    /// Since when it is marked.
    pub marked_at: DateTime<Utc>,
}

/// At most `most` marked letters, the longest marked first.
pub async fn marked(conn: &mut PgConnection, keyring: &Keyring, most: i64) -> Result<Vec<Marked>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select id, queue, message_id, reason, attempts, sealed, received_at, died_at, put_back_at, put_backs
         from dead_letters where put_back_at is not null order by put_back_at, id limit $1",
        most
    )
    .fetch_all(&mut *conn)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = keyring.of(conn, NOBODY).await?;
    rows.into_iter()
        .filter_map(|row| row.put_back_at.map(|at| (at, row)))
        .map(|(marked_at, row)| Ok(Marked { letter: row.open(&keys)?, marked_at }))
        .collect()
}

/// Takes away letters that the broker has again, unless they have died again or were marked anew since.
pub async fn done(conn: &mut PgConnection, marked: &[Marked]) -> Result<u64, StoreError> {
    let (ids, marks) = columns(marked);
    let gone = sqlx::query!(
        "delete from dead_letters d using unnest($1::uuid[], $2::timestamptz[]) as back (id, marked_at)
         where d.id = back.id and d.put_back_at = back.marked_at",
        &ids,
        &marks
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

/// Takes the mark off letters that cannot go back, and says why.
pub async fn unmark(conn: &mut PgConnection, marked: &[Marked], reason: &str) -> Result<(), StoreError> {
    let (ids, marks) = columns(marked);
    sqlx::query!(
        "update dead_letters d set put_back_at = null, reason = $3
         from unnest($1::uuid[], $2::timestamptz[]) as back (id, marked_at)
         where d.id = back.id and d.put_back_at = back.marked_at",
        &ids,
        &marks,
        reason
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn columns(marked: &[Marked]) -> (Vec<Uuid>, Vec<DateTime<Utc>>) {
    marked.iter().map(|marked| (marked.letter.id.0, marked.marked_at)).unzip()
}

/// What the audit trail keeps of a letter.
struct Told {
    id: DeadLetterId,
    queue: String,
    message_id: Option<String>,
}

async fn tell(
    conn: &mut PgConnection,
    action: &'static str,
    told: Vec<Told>,
    actor: Actor,
    at: DateTime<Utc>,
) -> Result<Vec<DeadLetterId>, StoreError> {
    let entries: Vec<Entry> = told
        .iter()
        .map(|letter| Entry {
            merchant_id: NOBODY,
            actor,
            action,
            entity: "dead_letter",
            entity_id: letter.id.0,
            before: Some(json!({ "queue": letter.queue, "messageId": letter.message_id })),
            after: None,
            at,
        })
        .collect();
    audit::record_all(conn, &entries).await?;
    Ok(told.into_iter().map(|letter| letter.id).collect())
}
