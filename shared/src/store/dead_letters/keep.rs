//! Keeping dead letters, and letting go of those nobody came for.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{LETTER, pack};
use crate::events::dead_letter::DeadLetter;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, NOBODY};
use crate::store::seal::Binding;

/// Keeps `letters`. One that is kept already has been read twice, or has died again after it was put back: what
/// is known of its latest death holds, and it waits to be put back no longer.
pub async fn keep(conn: &mut PgConnection, keyring: &Keyring, letters: &[DeadLetter]) -> Result<(), StoreError> {
    let mut letters: Vec<&DeadLetter> = letters.iter().collect();
    letters.sort_by_key(|letter| letter.id);
    letters.dedup_by_key(|letter| letter.id);
    if letters.is_empty() {
        return Ok(());
    }
    let keys = keyring.of(conn, NOBODY).await?;
    let sealed = letters
        .iter()
        .map(|letter| Ok(keys.seal(Binding::new(LETTER, letter.id), &pack(&letter.circumstances, &letter.body)?)?))
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into dead_letters (id, queue, message_id, reason, attempts, sealed, received_at, died_at, put_backs)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::bytea[],
                              $7::timestamptz[], $8::timestamptz[], $9::int[])
         on conflict (id) do update
         set reason = excluded.reason, attempts = excluded.attempts, sealed = excluded.sealed,
             died_at = excluded.died_at, put_backs = greatest(dead_letters.put_backs, excluded.put_backs),
             put_back_at = null",
        &column(&letters, |letter| letter.id.0),
        &column(&letters, |letter| letter.queue.clone()),
        &column(&letters, |letter| letter.message_id.as_deref().map(plain)) as &[Option<String>],
        &column(&letters, |letter| plain(&letter.reason)),
        &column(&letters, |letter| integer(letter.attempts)),
        &sealed,
        &column(&letters, |letter| letter.received_at) as &[Option<DateTime<Utc>>],
        &column(&letters, |letter| letter.died_at),
        &column(&letters, |letter| integer(letter.put_backs))
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets at most `most` letters that died before `before`, and tells how many.
pub async fn purge(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "delete from dead_letters
         where id in (select id from dead_letters where died_at < $1 order by died_at limit $2 for update skip locked)",
        before,
        most
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

/// PostgreSQL takes no NUL in a text, and whatever came in a header must not keep its letter out.
fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn integer(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
