//! Conversations as an inbox shows them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, ShopId, UserId};
use crate::store::conversations::summary::PREVIEW;
use crate::store::error::StoreError;
use crate::store::seal::{Binding, MerchantKeys};

/// A conversation, with what an inbox shows of its contact.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The conversation.
    pub id: ConversationId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The platform's id of it.
    pub account_external_id: String,
    /// The platform.
    pub channel: Channel,
    /// The customer.
    pub contact: Contact,
    /// `open` or `closed`.
    pub status: String,
    /// Who answers: `bot`, `ai` or `human`.
    pub handler: String,
    /// The person it is assigned to.
    pub assignee_id: Option<UserId>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// When anyone last wrote.
    pub last_message_at: DateTime<Utc>,
    /// The first words of the last message.
    pub last_message_text: Option<String>,
    /// How many messages it has.
    pub message_count: i64,
    /// How many of them nobody has read.
    pub unread_count: i32,
    /// Orders and the like that it is found by.
    pub refs: Value,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A customer in an inbox.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The customer.
    pub id: ContactId,
    /// The WhatsApp id, the phone number in digits; none for whom WhatsApp shows no number.
    pub wa_id: Option<String>,
    /// The user name that the customer shows.
    pub username: Option<String>,
    /// The customer's name.
    pub display_name: Option<String>,
    /// The merchant's tags.
    pub tags: Vec<String>,
}

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
    fn status(&self) -> Option<&'static str> {
        self.open.map(|open| if open { "open" } else { "closed" })
    }
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
            r#"select c.id, c.account_id, a.external_id as account_external_id, a.channel, c.contact_id, p.value as "wa_id?", k.username, k.display_name,
                      k.tags, c.status, c.handler, c.assignee_id, c.close_reason, c.last_inbound_at,
                      c.last_message_at, c.last_message_preview, c.message_count, c.unread_count, c.refs,
                      c.opened_at, c.closed_at
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

/// The conversations that `filter` lets through, the latest first, those after `after`.
pub async fn list(
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
        "c.merged_into is null and ($3::text is null or c.status = $3) and ($4::uuid is null or c.account_id = $4)
               and ($5::uuid is null or a.shop_id = $5)
               and ($6::timestamptz is null or (c.last_message_at, c.id) < ($6, $7::uuid))
         order by c.last_message_at desc, c.id desc
         offset $8 limit $9",
        merchant.0,
        filter.channel.as_str(),
        filter.status(),
        filter.account_id.map(Uuid::from),
        filter.shop_id.map(Uuid::from),
        after.map(|position| position.last_message_at),
        after.map(|position| position.id.0),
        skip,
        take
    )?;
    rows.into_iter().map(|row| row.read(keys)).collect()
}

/// How many conversations `filter` lets through.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: Filter) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from conversations c
           join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
           where c.merchant_id = $1 and a.channel = $2 and c.merged_into is null
             and ($3::text is null or c.status = $3) and ($4::uuid is null or c.account_id = $4)
             and ($5::uuid is null or a.shop_id = $5)"#,
        merchant.0,
        filter.channel.as_str(),
        filter.status(),
        filter.account_id.map(Uuid::from),
        filter.shop_id.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
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
        "c.id = coalesce((select went.merged_into from conversations went where went.id = $3), $3)",
        merchant.0,
        channel.as_str(),
        id.0
    )?;
    rows.into_iter().next().map(|row| row.read(keys)).transpose()
}

struct Row {
    id: Uuid,
    account_id: Uuid,
    account_external_id: String,
    channel: String,
    contact_id: Uuid,
    wa_id: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    tags: Vec<String>,
    status: String,
    handler: String,
    assignee_id: Option<Uuid>,
    close_reason: Option<String>,
    last_inbound_at: Option<DateTime<Utc>>,
    last_message_at: DateTime<Utc>,
    last_message_preview: Option<Vec<u8>>,
    message_count: i64,
    unread_count: i32,
    refs: Value,
    opened_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
}

impl Row {
    fn read(self, keys: &MerchantKeys) -> Result<Conversation, StoreError> {
        let corrupt = |problem: String| StoreError::Corrupt { table: "conversations", problem };
        let preview = self
            .last_message_preview
            .map(|sealed| keys.open(Binding::new(PREVIEW, self.id), &sealed))
            .transpose()?
            .map(String::from_utf8)
            .transpose()
            .map_err(|error| corrupt(error.utf8_error().to_string()))?;
        Ok(Conversation {
            id: self.id.into(),
            account_id: self.account_id.into(),
            account_external_id: self.account_external_id,
            channel: self.channel.parse().map_err(|error| corrupt(format!("{error}")))?,
            contact: Contact {
                id: self.contact_id.into(),
                wa_id: self.wa_id,
                username: self.username,
                display_name: self.display_name,
                tags: self.tags,
            },
            status: self.status,
            handler: self.handler,
            assignee_id: self.assignee_id.map(UserId),
            close_reason: self.close_reason,
            last_inbound_at: self.last_inbound_at,
            last_message_at: self.last_message_at,
            last_message_text: preview,
            message_count: self.message_count,
            unread_count: self.unread_count,
            refs: self.refs,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
        })
    }
}
