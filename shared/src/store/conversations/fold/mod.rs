//! Contacts became one: their threads follow, and open threads on one account become one.

mod contents;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use self::contents::{give, move_what_is_in_them};
use crate::domain::conversation::Handler;
use crate::domain::ids::{ContactId, MerchantId};
use crate::store::conversations::summary::PREVIEW;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, Keys};
use crate::store::seal::Binding;

/// Gives the threads of each loser in `merged` to its winner; of an account's open ones the winner's
/// own stays, or else the oldest, and the others go into it. What goes in is left closed and empty, and
/// names the thread that it went into. The contacts are locked.
pub async fn follow(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merged: &BTreeMap<ContactId, ContactId>,
) -> Result<(), StoreError> {
    let losers: Vec<Uuid> = merged.keys().map(|loser| loser.0).collect();
    let winners: Vec<Uuid> = merged.values().map(|winner| winner.0).collect();
    let threads = lock(conn, &losers, &winners).await?;
    let merchants: Vec<MerchantId> = threads.iter().map(|thread| thread.merchant_id.into()).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let folds = plan(threads, merged);
    let (gone, into): (Vec<Uuid>, Vec<Uuid>) =
        folds.iter().flat_map(|fold| fold.gone.iter().map(|gone| (*gone, fold.kept.id))).unzip();
    fold(conn, &keys, &folds).await?;
    move_what_is_in_them(conn, &gone, &into).await?;
    give(conn, &losers, &winners).await
}

/// An open thread.
struct Thread {
    id: Uuid,
    merchant_id: Uuid,
    account_id: Uuid,
    contact_id: Uuid,
    handler: Handler,
    assignee_id: Option<Uuid>,
    last_inbound_at: Option<DateTime<Utc>>,
    last_message_at: DateTime<Utc>,
    last_message_id: Option<Uuid>,
    preview: Option<Vec<u8>>,
    /// Whose row the preview is sealed for.
    preview_of: Uuid,
    opened_at: DateTime<Utc>,
}

/// A thread that stays, and those that go into it.
struct Fold {
    kept: Thread,
    gone: Vec<Uuid>,
}

impl Thread {
    /// Takes in what `other` says of itself: a person stays with it, whoever had it first keeps it, and
    /// the window is open as long as either's.
    fn take_in(&mut self, other: Self) {
        if other.handler == Handler::Human {
            self.handler = Handler::Human;
        }
        self.assignee_id = if self.opened_at <= other.opened_at {
            self.assignee_id.or(other.assignee_id)
        } else {
            other.assignee_id.or(self.assignee_id)
        };
        self.opened_at = self.opened_at.min(other.opened_at);
        self.last_inbound_at = self.last_inbound_at.max(other.last_inbound_at);
        if other.last_message_id.is_some() && other.last_message_at > self.last_message_at {
            self.last_message_at = other.last_message_at;
            self.last_message_id = other.last_message_id;
            self.preview = other.preview;
            self.preview_of = other.preview_of;
        }
    }
}

/// Locks the open threads of all those contacts in one order.
async fn lock(conn: &mut PgConnection, losers: &[Uuid], winners: &[Uuid]) -> Result<Vec<Thread>, StoreError> {
    let all: Vec<Uuid> = losers.iter().chain(winners).copied().collect();
    let rows = sqlx::query!(
        "select id, merchant_id, account_id, contact_id, handler, assignee_id, last_inbound_at, last_message_at,
                last_message_id, last_message_preview, opened_at
         from conversations where contact_id = any($1) and status = 'open'
         order by account_id, contact_id
         for no key update",
        &all
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let handler = row
                .handler
                .parse()
                .map_err(|error| StoreError::Corrupt { table: "conversations", problem: format!("{error}") })?;
            Ok(Thread {
                id: row.id,
                merchant_id: row.merchant_id,
                account_id: row.account_id,
                contact_id: row.contact_id,
                handler,
                assignee_id: row.assignee_id,
                last_inbound_at: row.last_inbound_at,
                last_message_at: row.last_message_at,
                last_message_id: row.last_message_id,
                preview: row.last_message_preview,
                preview_of: row.id,
                opened_at: row.opened_at,
            })
        })
        .collect()
}

fn plan(threads: Vec<Thread>, merged: &BTreeMap<ContactId, ContactId>) -> Vec<Fold> {
    let mut groups: BTreeMap<(Uuid, ContactId), Vec<Thread>> = BTreeMap::new();
    for thread in threads {
        let contact = ContactId(thread.contact_id);
        let winner = merged.get(&contact).copied().unwrap_or(contact);
        groups.entry((thread.account_id, winner)).or_default().push(thread);
    }
    let mut folds = Vec::new();
    for ((_, winner), mut threads) in groups {
        threads.sort_by_key(|thread| (thread.contact_id != winner.0, thread.opened_at, thread.id));
        let mut threads = threads.into_iter();
        let Some(mut kept) = threads.next() else {
            continue;
        };
        let mut gone = Vec::new();
        for other in threads {
            gone.push(other.id);
            kept.take_in(other);
        }
        if !gone.is_empty() {
            folds.push(Fold { kept, gone });
        }
    }
    folds
}

/// The numbers are added up in the rows themselves; what has to be judged or sealed anew comes from here.
async fn fold(conn: &mut PgConnection, keys: &Keys, folds: &[Fold]) -> Result<(), StoreError> {
    if folds.is_empty() {
        return Ok(());
    }
    let previews = folds.iter().map(|fold| preview(keys, &fold.kept)).collect::<Result<Vec<_>, _>>()?;
    let kept = |value: fn(&Thread) -> Uuid| -> Vec<Uuid> { folds.iter().map(|fold| value(&fold.kept)).collect() };
    let (gone, into): (Vec<Uuid>, Vec<Uuid>) =
        folds.iter().flat_map(|fold| fold.gone.iter().map(|gone| (*gone, fold.kept.id))).unzip();
    sqlx::query!(
        "update conversations c
         set handler = new.handler, assignee_id = new.assignee_id, last_inbound_at = new.inbound_at,
             last_message_at = new.at, last_message_id = new.message_id, last_message_preview = new.preview,
             opened_at = new.opened_at,
             message_count = c.message_count + gone.messages, unread_count = c.unread_count + gone.unread,
             refs = gone.refs || c.refs
         from unnest($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::bytea[],
                     $8::timestamptz[])
              as new (id, handler, assignee_id, inbound_at, at, message_id, preview, opened_at)
         join (
             select f.into_id, sum(g.message_count)::bigint as messages, sum(g.unread_count)::int as unread,
                    (select coalesce(jsonb_object_agg(r.key, r.value), '{}')
                     from unnest($9::uuid[], $10::uuid[]) as ff (gone_id, into_id)
                     join conversations gg on gg.id = ff.gone_id
                     cross join jsonb_each(gg.refs) r
                     where ff.into_id = f.into_id) as refs
             from unnest($9::uuid[], $10::uuid[]) as f (gone_id, into_id)
             join conversations g on g.id = f.gone_id
             group by f.into_id
         ) gone on gone.into_id = new.id
         where c.id = new.id",
        &kept(|thread| thread.id),
        &folds.iter().map(|fold| fold.kept.handler.as_str().to_owned()).collect::<Vec<_>>(),
        &folds.iter().map(|fold| fold.kept.assignee_id).collect::<Vec<_>>() as &[Option<Uuid>],
        &folds.iter().map(|fold| fold.kept.last_inbound_at).collect::<Vec<_>>() as &[Option<DateTime<Utc>>],
        &folds.iter().map(|fold| fold.kept.last_message_at).collect::<Vec<_>>(),
        &folds.iter().map(|fold| fold.kept.last_message_id).collect::<Vec<_>>() as &[Option<Uuid>],
        &previews as &[Option<Vec<u8>>],
        &folds.iter().map(|fold| fold.kept.opened_at).collect::<Vec<_>>(),
        &gone,
        &into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update conversations c
         set status = 'closed', close_reason = 'merged', closed_at = now(), merged_into = new.into_id,
             message_count = 0, unread_count = 0, last_message_id = null, last_message_preview = null
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id)
         where c.id = new.id",
        &gone,
        &into
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update conversations c set merged_into = new.into_id
         from unnest($1::uuid[], $2::uuid[]) as new (id, into_id)
         where c.merged_into = new.id",
        &gone,
        &into
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The preview of the thread's last message, sealed for the thread that stays.
fn preview(keys: &Keys, kept: &Thread) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(sealed) = &kept.preview else {
        return Ok(None);
    };
    if kept.preview_of == kept.id {
        return Ok(Some(sealed.clone()));
    }
    let keys = keys.of(kept.merchant_id.into())?;
    let words = keys.open(Binding::new(PREVIEW, kept.preview_of), sealed)?;
    Ok(Some(keys.seal(Binding::new(PREVIEW, kept.id), &words)?))
}
