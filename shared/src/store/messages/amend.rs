//! Edits and revocations: messages about other messages, which they mark.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::messages::insert::Told;

/// Marks what the edits and revocations among `messages`, which are stored, are about; and those of
/// `messages` that are told about by one that was stored before them. Whoever wrote a message may
/// change it, nobody else: the same contact on the same account, the same way. What an edit
/// made of a message is taken back with it.
///
/// The contacts are locked, so that of a message and its edit in two transactions one sees the other.
pub async fn mark(conn: &mut PgConnection, messages: &[Told<'_>]) -> Result<(), StoreError> {
    let spoken_of = column(messages, |message| match message.kind {
        "edit" | "revoke" => message.about.unwrap_or_default(),
        _ => message.platform_id,
    });
    let written = || messages.iter().map(|message| message.written_at);
    let (Some(first), Some(last)) = (written().min(), written().max()) else { return Ok(()) };
    let told_of = told_of(conn, &spoken_of, first, last).await?;
    if told_of.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with amended as (
             select original.id,
                    max(told.written_at) filter (where told.kind = 'edit' and original.kind <> 'edit') as edited_at,
                    min(told.written_at) filter (where told.kind = 'revoke') as revoked_at
             from messages told
             join messages original on original.account_id = told.account_id
                  and original.contact_id = told.contact_id and original.direction = told.direction
                  and (original.platform_id = told.about
                       or (original.kind = 'edit' and original.about = told.about and told.kind = 'revoke'))
             where told.id = any($1)
             group by original.id
         ), locked as (
             select id from messages where id in (select id from amended) order by id for no key update
         )
         update messages m
         set edited_at = greatest(m.edited_at, amended.edited_at), revoked_at = least(m.revoked_at, amended.revoked_at)
         from amended join locked on locked.id = amended.id
         where m.id = amended.id",
        &told_of
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The edits and revocations of what the platform calls by one of `platform_ids`, written from `first` to `last` or after
/// it. Asked by itself, since almost always there is none: to plan what would be done with them costs more.
async fn told_of(
    conn: &mut PgConnection,
    platform_ids: &[&str],
    first: DateTime<Utc>,
    last: DateTime<Utc>,
) -> Result<Vec<Uuid>, StoreError> {
    // What tells of a message is younger, by clocks that agree to within a day: other months' partitions are left out. An
    // array that is not seen while planning is not weighed element by element.
    let found = sqlx::query_scalar!(
        "select id from messages
         where kind in ('edit', 'revoke') and about = any(array(select unnest($1::text[])))
           and id between first_uuid_of(greatest($2::timestamptz - interval '1 day', 'epoch'::timestamptz))
                      and first_uuid_of(greatest($3::timestamptz, now()) + interval '1 day')",
        platform_ids as &[&str],
        first,
        last
    )
    .fetch_all(conn)
    .await?;
    Ok(found)
}
