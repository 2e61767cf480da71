//! What an inbox shows of conversations, kept in their rows, in batches.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::open::{Opening, Standing};
use crate::domain::conversation::Handler;
use crate::domain::ids::{ConversationId, MessageId};
use crate::store::error::StoreError;

/// Where a conversation's preview is sealed.
pub const PREVIEW: &str = "conversations.last_message_preview";

/// What new messages change in their conversation's summary.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The conversation.
    pub id: ConversationId,
    /// How it was found.
    pub standing: Standing,
    /// How many messages were added.
    pub added: i64,
    /// How many of them nobody has read.
    pub unread: i32,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// The latest of them that an inbox shows.
    pub last: Option<Last>,
}

/// The message that an inbox shows of a conversation.
#[derive(Clone, Debug)]
pub struct Last {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The message.
    pub message_id: MessageId,
    /// Its words, sealed.
    pub preview: Vec<u8>,
}

/// Adds `summaries` to their conversations, and opens those that are not there yet; all are locked until the
/// transaction ends. An older message that arrives late counts, and does not become the last one. Gives those in which a
/// person answers. The race is lost where a conversation that was found open is closed, or one was opened in between.
pub async fn summarise(conn: &mut PgConnection, summaries: &[Summary]) -> Result<HashSet<ConversationId>, StoreError> {
    let is_new = |summary: &&Summary| matches!(summary.standing, Standing::New(_));
    let (new, old): (Vec<&Summary>, Vec<&Summary>) = summaries.iter().partition(is_new);
    open(conn, &new).await?;
    add(conn, &old).await
}

async fn open(conn: &mut PgConnection, summaries: &[&Summary]) -> Result<(), StoreError> {
    if summaries.is_empty() {
        return Ok(());
    }
    let opening = |summary: &&Summary| match summary.standing {
        Standing::New(opening) => Some(opening),
        Standing::Open | Standing::Any => None,
    };
    let openings: Vec<Opening> = summaries.iter().filter_map(opening).collect();
    let columns = Columns::of(summaries);
    sqlx::query!(
        "with opened as (
         insert into conversations (id, merchant_id, account_id, contact_id, opened_at, message_count, unread_count,
                                    last_inbound_at, last_message_at, last_message_id, last_message_preview)
         select id, merchant_id, account_id, contact_id, opened_at, added, unread, inbound_at,
                greatest(opened_at, at), message_id, preview
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::bigint[], $7::int[],
                     $8::timestamptz[], $9::timestamptz[], $10::uuid[], $11::bytea[])
              as new (id, merchant_id, account_id, contact_id, opened_at, added, unread, inbound_at, at, message_id,
                      preview)
         returning account_id, merchant_id, message_count as added
         )
         insert into message_counts (account_id, merchant_id, month, share, messages)
         select account_id, merchant_id, date_trunc('month', now() at time zone 'utc')::date, pg_backend_pid(),
                sum(added)::bigint
         from opened group by account_id, merchant_id
         on conflict (account_id, month, share) do update set messages = message_counts.messages + excluded.messages",
        &columns.ids,
        &openings.iter().map(|opening| opening.merchant_id.0).collect::<Vec<_>>(),
        &openings.iter().map(|opening| opening.pair.account_id.0).collect::<Vec<_>>(),
        &openings.iter().map(|opening| opening.pair.contact_id.0).collect::<Vec<_>>(),
        &openings.iter().map(|opening| opening.at).collect::<Vec<_>>(),
        &columns.added,
        &columns.unread,
        &columns.inbound as &[Option<DateTime<Utc>>],
        &columns.times as &[Option<DateTime<Utc>>],
        &columns.messages as &[Option<Uuid>],
        &columns.previews as &[Option<&[u8]>]
    )
    .execute(conn)
    .await
    .map_err(|error| StoreError::from(error).or_raced("conversations_open_key"))?;
    Ok(())
}

async fn add(conn: &mut PgConnection, summaries: &[&Summary]) -> Result<HashSet<ConversationId>, StoreError> {
    if summaries.is_empty() {
        return Ok(HashSet::new());
    }
    let must_be_open: Vec<bool> = summaries.iter().map(|summary| matches!(summary.standing, Standing::Open)).collect();
    let columns = Columns::of(summaries);
    let told = sqlx::query!(
        r#"with changed as (
         update conversations c
         set message_count = c.message_count + new.added,
             unread_count = c.unread_count + new.unread,
             last_inbound_at = greatest(c.last_inbound_at, new.inbound_at),
             last_message_at = greatest(c.last_message_at, new.at),
             last_message_id = case when new.at >= c.last_message_at then new.message_id else c.last_message_id end,
             last_message_preview =
                 case when new.at >= c.last_message_at then new.preview else c.last_message_preview end
         from unnest($1::uuid[], $2::bigint[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::bytea[],
                     $8::bool[])
              as new (id, added, unread, inbound_at, at, message_id, preview, must_be_open)
         where c.id = new.id and (c.status = 'open' or not new.must_be_open)
         returning c.id, c.handler, c.account_id, c.merchant_id, new.added, new.must_be_open
         ), counted as (
             insert into message_counts (account_id, merchant_id, month, share, messages)
             select account_id, merchant_id, date_trunc('month', now() at time zone 'utc')::date, pg_backend_pid(),
                    sum(added)::bigint
             from changed group by account_id, merchant_id
             on conflict (account_id, month, share)
                 do update set messages = message_counts.messages + excluded.messages
         )
         select count(*) filter (where must_be_open) as "still_open!",
                coalesce(array_agg(id) filter (where handler = $9), '{}') as "of_a_person!"
         from changed"#,
        &columns.ids,
        &columns.added,
        &columns.unread,
        &columns.inbound as &[Option<DateTime<Utc>>],
        &columns.times as &[Option<DateTime<Utc>>],
        &columns.messages as &[Option<Uuid>],
        &columns.previews as &[Option<&[u8]>],
        &must_be_open,
        Handler::Human.as_str()
    )
    .fetch_one(conn)
    .await?;
    let still_open = usize::try_from(told.still_open).unwrap_or_default();
    if still_open < must_be_open.iter().filter(|must| **must).count() {
        return Err(StoreError::Raced("conversations"));
    }
    Ok(told.of_a_person.into_iter().map(ConversationId).collect())
}

/// The columns of some summaries.
struct Columns<'a> {
    ids: Vec<Uuid>,
    added: Vec<i64>,
    unread: Vec<i32>,
    inbound: Vec<Option<DateTime<Utc>>>,
    times: Vec<Option<DateTime<Utc>>>,
    messages: Vec<Option<Uuid>>,
    previews: Vec<Option<&'a [u8]>>,
}

impl<'a> Columns<'a> {
    fn of(summaries: &[&'a Summary]) -> Self {
        let last = || summaries.iter().map(|summary| summary.last.as_ref());
        Self {
            ids: summaries.iter().map(|summary| summary.id.0).collect(),
            added: summaries.iter().map(|summary| summary.added).collect(),
            unread: summaries.iter().map(|summary| summary.unread).collect(),
            inbound: summaries.iter().map(|summary| summary.last_inbound_at).collect(),
            times: last().map(|last| Some(last?.at)).collect(),
            messages: last().map(|last| Some(last?.message_id.0)).collect(),
            previews: last().map(|last| Some(last?.preview.as_slice())).collect(),
        }
    }
}
