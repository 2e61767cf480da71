//! Conversations as an inbox shows them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::Row;
pub use super::row::{Contact, Conversation};
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, ShopId};
use crate::store::accounts;
use crate::store::counts::Total;
use crate::store::error::StoreError;
use crate::store::seal::MerchantKeys;
use crate::store::search::conversations::{self as search, Wanted};

/// Which conversations are listed.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// On which platform.
    pub channel: Channel,
    /// Open ones or closed ones; both where none is given.
    pub open: Option<bool>,
    /// At which shop; at all where none is given.
    pub shop_id: Option<ShopId>,
    /// On which account; all where none is given.
    pub account_id: Option<AccountId>,
}

impl Filter {
    fn statuses(&self) -> Vec<String> {
        let status = |open: bool| if open { "open" } else { "closed" };
        let wanted: Vec<&str> = self.open.map_or_else(|| vec![status(true), status(false)], |open| vec![status(open)]);
        wanted.into_iter().map(str::to_owned).collect()
    }
}

/// A page of an inbox.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The latest first.
    pub conversations: Vec<Conversation>,
    /// How many there are in all; means nothing where conversations were looked for after a place.
    pub total: Total,
}

/// A place in the list: the one conversation that it names, and what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When anyone last wrote in it.
    pub last_message_at: DateTime<Utc>,
    /// The conversation.
    pub id: ConversationId,
}

/// Selects whole rows of conversations with the given end of the statement.
macro_rules! select {
    ($conn:expr, $tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select c.id, c.account_id, a.external_id as account_external_id, a.channel, c.contact_id,
                      p.value as "wa_id?", k.username, k.display_name,
                      k.tags, c.status, c.handler, c.assignee_id, c.team_id, c.close_reason, c.last_inbound_at,
                      c.last_message_at, c.last_message_preview, c.message_count, c.unread_count, c.refs,
                      c.opened_at, c.closed_at,
                      case when c.handler = 'human' then c.handoff_note end as handoff_note
               from conversations c
               join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
               join contacts k on k.id = c.contact_id and k.merchant_id = c.merchant_id
               left join lateral (
                   select i.value from identities i
                   where i.merchant_id = c.merchant_id and i.contact_id = c.contact_id and i.kind = 'phone'
                   order by i.created_at desc limit 1
               ) p on true
               where c.merchant_id = $1 and a.channel = $2 and "# + $tail,
            $($argument),*
        )
        .fetch_all($conn)
        .await
    };
}

/// The conversations that `filter` lets through and that are `wanted`, the latest first, those after `after`.
#[expect(clippy::too_many_arguments, reason = "a page, and what is on it")]
pub async fn list(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    filter: Filter,
    wanted: &Wanted,
    after: Option<Position>,
    skip: i64,
    take: i64,
) -> Result<Listed, StoreError> {
    if wanted.is_all() {
        let total = Total::exactly(count(conn, merchant, filter).await?);
        let conversations = inbox(conn, keys, merchant, filter, after, skip, take).await?;
        return Ok(Listed { conversations, total });
    }
    let accounts = accounts::read::ids(conn, merchant, filter.channel, filter.account_id, filter.shop_id).await?;
    let accounts: Vec<Uuid> = accounts.into_iter().map(Uuid::from).collect();
    let found = search::find(conn, merchant, &accounts, &filter.statuses(), wanted, after, skip, take).await?;
    let rows = select!(
        conn,
        "c.id = any($3) order by c.last_message_at desc, c.id desc",
        merchant.0,
        filter.channel.as_str(),
        &found.ids
    )?;
    let conversations = rows.into_iter().map(|row| row.read(keys)).collect::<Result<_, _>>()?;
    Ok(Listed { conversations, total: found.total })
}

/// A page of the inbox. Each account's open and closed conversations lie in the order of the list, so a page is made of
/// their beginnings: it costs the same at every place. The bounds are selected, since a bare `coalesce` may leak (see
/// [`store`](crate::store)).
async fn inbox(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    filter: Filter,
    after: Option<Position>,
    skip: i64,
    take: i64,
) -> Result<Vec<Conversation>, StoreError> {
    let rows = select!(
        conn,
        "c.id = any(array(
             select page.id from accounts mine
             cross join unnest($3::text[]) as wanted (status)
             cross join lateral (
                 select t.id, t.last_message_at from conversations t
                 where t.account_id = mine.id and t.status = wanted.status and t.merchant_id = $1
                   and t.merged_into is null
                   and (t.last_message_at, t.id) < ((select coalesce($6, 'infinity'::timestamptz)),
                                                    (select coalesce($7, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)))
                 order by t.last_message_at desc, t.id desc
                 limit $8::bigint + $9::bigint
             ) page
             where mine.merchant_id = $1 and mine.channel = $2 and ($4::uuid is null or mine.id = $4)
               and ($5::uuid is null or mine.shop_id = $5)
             order by page.last_message_at desc, page.id desc
             offset $8 limit $9))
         order by c.last_message_at desc, c.id desc",
        merchant.0,
        filter.channel.as_str(),
        &filter.statuses(),
        filter.account_id.map(Uuid::from),
        filter.shop_id.map(Uuid::from),
        after.map(|position| position.last_message_at),
        after.map(|position| position.id.0),
        skip,
        take
    )?;
    rows.into_iter().map(|row| row.read(keys)).collect()
}

/// How many conversations `filter` lets through, as they are counted. What the transaction asks after it is planned once
/// a connection: to plan a page of the inbox costs more than to read it.
async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: Filter) -> Result<i64, StoreError> {
    let counted = sqlx::query!(
        r#"select coalesce(sum(counted.total), 0)::bigint as "count!",
                  set_config('plan_cache_mode', 'force_generic_plan', true) as planned
           from accounts a
           cross join lateral (
               select c.total from counts c
               where c.merchant_id = $1 and c.subject = 'conversations' and c.part = a.id and c.state = any($3)
               union all
               select d.delta from count_deltas d
               where d.merchant_id = $1 and d.subject = 'conversations' and d.part = a.id and d.state = any($3)
           ) counted
           where a.merchant_id = $1 and a.channel = $2 and ($4::uuid is null or a.id = $4)
             and ($5::uuid is null or a.shop_id = $5)"#,
        merchant.0,
        filter.channel.as_str(),
        &filter.statuses(),
        filter.account_id.map(Uuid::from),
        filter.shop_id.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?;
    Ok(counted.count)
}

/// The conversations of a contact that `filter` lets through, the latest first, and how many they are.
#[expect(clippy::too_many_arguments, reason = "a page, and what is on it")]
pub async fn of_contact(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    filter: Filter,
    contact: ContactId,
    after: Option<Position>,
    skip: i64,
    take: i64,
) -> Result<Listed, StoreError> {
    let rows = select!(
        &mut *conn,
        "c.contact_id = $3 and c.merged_into is null and c.status = any($4)
               and ($5::uuid is null or c.account_id = $5)
               and (c.last_message_at, c.id) < (coalesce($6, 'infinity'::timestamptz),
                                                coalesce($7, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
         order by c.last_message_at desc, c.id desc
         offset $8 limit $9",
        merchant.0,
        filter.channel.as_str(),
        contact.0,
        &filter.statuses(),
        filter.account_id.map(Uuid::from),
        after.map(|position| position.last_message_at),
        after.map(|position| position.id.0),
        skip,
        take
    )?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from conversations c
           join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
           where c.merchant_id = $1 and a.channel = $2 and c.contact_id = $3 and c.merged_into is null
             and c.status = any($4) and ($5::uuid is null or c.account_id = $5)"#,
        merchant.0,
        filter.channel.as_str(),
        contact.0,
        &filter.statuses(),
        filter.account_id.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?;
    let conversations = rows.into_iter().map(|row| row.read(keys)).collect::<Result<_, _>>()?;
    Ok(Listed { conversations, total: Total::exactly(count) })
}

/// One conversation of `merchant` on `channel`; for one that went into another, that other.
pub async fn get(
    conn: &mut PgConnection,
    keys: &MerchantKeys,
    merchant: MerchantId,
    channel: Channel,
    id: ConversationId,
) -> Result<Option<Conversation>, StoreError> {
    let rows = select!(
        conn,
        "c.id = (select coalesce((select went.merged_into from conversations went where went.id = $3), $3))",
        merchant.0,
        channel.as_str(),
        id.0
    )?;
    rows.into_iter().next().map(|row| row.read(keys)).transpose()
}
