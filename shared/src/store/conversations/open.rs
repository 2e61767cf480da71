//! Opening conversations and keeping their summaries, in batches.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::conversation::Handler;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// Where a conversation's preview is sealed.
pub const PREVIEW: &str = "conversations.last_message_preview";

/// Who talks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// The merchant's side.
    pub account_id: AccountId,
    /// The customer.
    pub contact_id: ContactId,
}

/// What comes into the conversation of a pair.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Whose.
    pub merchant_id: MerchantId,
    /// The oldest of it.
    pub at: DateTime<Utc>,
    /// Whether a conversation is opened for it; else the last one takes it, closed or not.
    pub opens: bool,
}

/// A conversation that takes messages, locked until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// The conversation.
    pub id: ConversationId,
    /// Who answers in it.
    pub handler: Handler,
}

/// The open conversation of each of `pairs`, opened with the time given where there is none, and
/// locked in one order, so that whoever else writes into it waits. What opens none goes into the last
/// conversation of the pair, where there was one.
pub async fn lock_open(
    conn: &mut PgConnection,
    pairs: &BTreeMap<Pair, Arrival>,
) -> Result<HashMap<Pair, Open>, StoreError> {
    let mut open = lock(conn, pairs.keys()).await?;
    let quiet: Vec<&Pair> = pairs
        .iter()
        .filter(|(pair, arrival)| !arrival.opens && !open.contains_key(pair))
        .map(|(pair, _)| pair)
        .collect();
    if !quiet.is_empty() {
        open.extend(lock_last(conn, &quiet).await?);
    }
    let missing: Vec<(&Pair, &Arrival)> = pairs.iter().filter(|(pair, _)| !open.contains_key(pair)).collect();
    if missing.is_empty() {
        return Ok(open);
    }
    let ids: Vec<Uuid> = missing.iter().map(|_| ConversationId::new().0).collect();
    let accounts: Vec<Uuid> = missing.iter().map(|(pair, _)| pair.account_id.0).collect();
    let contacts: Vec<Uuid> = missing.iter().map(|(pair, _)| pair.contact_id.0).collect();
    let merchants: Vec<Uuid> = missing.iter().map(|(_, arrival)| arrival.merchant_id.0).collect();
    let times: Vec<DateTime<Utc>> = missing.iter().map(|(_, arrival)| arrival.at).collect();
    sqlx::query!(
        "insert into conversations (id, merchant_id, account_id, contact_id, opened_at, last_message_at)
         select id, merchant_id, account_id, contact_id, at, at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[])
              as new (id, merchant_id, account_id, contact_id, at)
         on conflict (account_id, contact_id) where status = 'open' do nothing",
        &ids,
        &merchants,
        &accounts,
        &contacts,
        &times
    )
    .execute(&mut *conn)
    .await?;
    // Ours or another process's: what is open is what holds.
    open.extend(lock(conn, missing.iter().map(|(pair, _)| *pair)).await?);
    Ok(open)
}

async fn lock(
    conn: &mut PgConnection,
    pairs: impl Iterator<Item = &Pair> + Clone,
) -> Result<HashMap<Pair, Open>, StoreError> {
    let accounts: Vec<Uuid> = pairs.clone().map(|pair| pair.account_id.0).collect();
    let contacts: Vec<Uuid> = pairs.map(|pair| pair.contact_id.0).collect();
    let rows = sqlx::query!(
        "select id, account_id, contact_id, handler from conversations
         where (account_id, contact_id) in (select * from unnest($1::uuid[], $2::uuid[])) and status = 'open'
         order by account_id, contact_id
         for no key update",
        &accounts,
        &contacts
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| read_open(row.id, row.account_id, row.contact_id, &row.handler)).collect()
}

/// Locks the last conversation of each of `pairs`, closed as it may be.
async fn lock_last(conn: &mut PgConnection, pairs: &[&Pair]) -> Result<HashMap<Pair, Open>, StoreError> {
    let accounts: Vec<Uuid> = pairs.iter().map(|pair| pair.account_id.0).collect();
    let contacts: Vec<Uuid> = pairs.iter().map(|pair| pair.contact_id.0).collect();
    let rows = sqlx::query!(
        "select id, account_id, contact_id, handler from conversations
         where id in (
             select last.id from unnest($1::uuid[], $2::uuid[]) as pair (account_id, contact_id)
             cross join lateral (
                 select c.id from conversations c
                 where c.contact_id = pair.contact_id and c.account_id = pair.account_id and c.merged_into is null
                 order by c.opened_at desc, c.id desc limit 1
             ) last
         )
         order by account_id, contact_id
         for no key update",
        &accounts,
        &contacts
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| read_open(row.id, row.account_id, row.contact_id, &row.handler)).collect()
}

fn read_open(id: Uuid, account: Uuid, contact: Uuid, handler: &str) -> Result<(Pair, Open), StoreError> {
    let handler =
        handler.parse().map_err(|error| StoreError::Corrupt { table: "conversations", problem: format!("{error}") })?;
    Ok((Pair { account_id: account.into(), contact_id: contact.into() }, Open { id: id.into(), handler }))
}

/// What new messages change in their conversation's summary.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The conversation.
    pub id: ConversationId,
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

/// Adds `summaries` to their conversations, which the transaction holds locked. An older message
/// that arrives late counts, and does not become the last one.
pub async fn summarise(conn: &mut PgConnection, summaries: &[Summary]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = summaries.iter().map(|summary| summary.id.0).collect();
    let added: Vec<i64> = summaries.iter().map(|summary| summary.added).collect();
    let unread: Vec<i32> = summaries.iter().map(|summary| summary.unread).collect();
    let inbound: Vec<Option<DateTime<Utc>>> = summaries.iter().map(|summary| summary.last_inbound_at).collect();
    let last = || summaries.iter().map(|summary| summary.last.as_ref());
    let times: Vec<Option<DateTime<Utc>>> = last().map(|last| Some(last?.at)).collect();
    let messages: Vec<Option<Uuid>> = last().map(|last| Some(last?.message_id.0)).collect();
    let previews: Vec<Option<Vec<u8>>> = last().map(|last| Some(last?.preview.clone())).collect();
    sqlx::query!(
        "update conversations c
         set message_count = c.message_count + new.added,
             unread_count = c.unread_count + new.unread,
             last_inbound_at = greatest(c.last_inbound_at, new.inbound_at),
             last_message_at = greatest(c.last_message_at, new.at),
             last_message_id = case when new.at >= c.last_message_at then new.message_id else c.last_message_id end,
             last_message_preview =
                 case when new.at >= c.last_message_at then new.preview else c.last_message_preview end
         from unnest($1::uuid[], $2::bigint[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::bytea[])
              as new (id, added, unread, inbound_at, at, message_id, preview)
         where c.id = new.id",
        &ids,
        &added,
        &unread,
        &inbound as &[Option<DateTime<Utc>>],
        &times as &[Option<DateTime<Utc>>],
        &messages as &[Option<Uuid>],
        &previews as &[Option<Vec<u8>>]
    )
    .execute(conn)
    .await?;
    Ok(())
}
