//! Contacts as a merchant sees them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::consent::Purpose;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::ids::{AccountId, ContactId, MerchantId};
use crate::store::error::StoreError;

/// A contact, with what a list shows of it.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The contact.
    pub id: ContactId,
    /// The account of the channel on which anyone last wrote.
    pub account_id: Option<AccountId>,
    /// Where it is written to, newest first.
    pub addresses: Vec<Address>,
    /// The user name that the customer shows.
    pub username: Option<String>,
    /// The customer's name.
    pub display_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The language, as `vi` or `vi-VN`.
    pub locale: Option<String>,
    /// The time zone, as `Asia/Ho_Chi_Minh`.
    pub timezone: Option<String>,
    /// The merchant's tags.
    pub tags: Vec<String>,
    /// What else the merchant knows: an object.
    pub attributes: Value,
    /// What the contact last said to each purpose.
    pub consents: Vec<Standing>,
    /// How it came about.
    pub source: String,
    /// How many conversations there are on the channel.
    pub conversation_count: i64,
    /// When the customer first wrote.
    pub first_interaction_at: Option<DateTime<Utc>>,
    /// When the customer last wrote.
    pub last_interaction_at: Option<DateTime<Utc>>,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
}

/// An address of a contact.
#[derive(Clone, Debug, Deserialize)]
pub struct Address {
    /// What kind of address.
    pub kind: IdentityKind,
    /// The address.
    pub value: String,
    /// The account on which it means something; nil where it holds for the whole merchant.
    pub scope: Uuid,
}

/// What a contact last said to a purpose.
#[derive(Clone, Debug, Deserialize)]
pub struct Standing {
    /// To what.
    pub purpose: Purpose,
    /// Yes or no.
    pub granted: bool,
    /// By what.
    pub source: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The contact of `merchant` on `channel` that `given` names: by its id, or by its address on the channel. One that
/// was merged into another is that other.
pub async fn find(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    given: &str,
) -> Result<Option<ContactId>, StoreError> {
    let address = match channel {
        Channel::WhatsApp => Identity::whatsapp(given),
        Channel::Messenger => Identity::psid(given),
        Channel::X => Identity::x_user(given),
    };
    let found = sqlx::query_scalar!(
        "select c.id from contacts c
         where c.merchant_id = $1 and $2 = any(c.channels) and c.merged_into is null and c.erased_at is null
           and c.id = (select coalesce(
               (select coalesce(k.merged_into, k.id) from contacts k where k.merchant_id = $1 and k.id = $3),
               (select i.contact_id from identities i where i.merchant_id = $1 and i.kind = $4 and i.value = $5
                order by i.created_at desc, i.contact_id limit 1)
           ))",
        merchant.0,
        channel.as_str(),
        Uuid::parse_str(given).ok(),
        address.as_ref().map(|address| address.kind.as_str()),
        address.as_ref().map(|address| address.value.as_str())
    )
    .fetch_optional(conn)
    .await?;
    Ok(found.map(ContactId))
}

/// The contacts `ids` of `merchant`, as they are seen on `channel`, the newest first.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    ids: &[Uuid],
) -> Result<Vec<Contact>, StoreError> {
    let rows = sqlx::query!(
        r#"select c.id, c.username, c.display_name, c.email, c.locale, c.timezone, c.tags, c.attributes, c.source,
                  c.first_interaction_at, c.last_interaction_at, c.created_at,
                  threads.count as "conversation_count!", threads.account_id,
                  coalesce((
                      select jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value, 'scope', i.scope)
                                       order by i.created_at desc, i.value)
                      from identities i where i.merchant_id = c.merchant_id and i.contact_id = c.id
                  ), '[]') as "addresses!: Json<Vec<Address>>",
                  coalesce((
                      select jsonb_agg(to_jsonb(said)) from (
                          select distinct on (n.purpose) n.purpose, n.granted, n.source, n.at from consents n
                          where n.merchant_id = c.merchant_id and n.contact_id = c.id
                          order by n.purpose, n.at desc, n.id desc
                      ) said
                  ), '[]') as "consents!: Json<Vec<Standing>>"
           from contacts c
           cross join lateral (
               select count(*) as count, (array_agg(v.account_id order by v.last_message_at desc, v.id desc))[1] as account_id
               from conversations v
               join accounts a on a.id = v.account_id and a.merchant_id = v.merchant_id
               where v.merchant_id = c.merchant_id and v.contact_id = c.id and v.merged_into is null and a.channel = $2
           ) threads
           where c.merchant_id = $1 and c.id = any($3)
           order by c.id desc"#,
        merchant.0,
        channel.as_str(),
        ids
    )
    .fetch_all(conn)
    .await?;
    let contacts = rows.into_iter().map(|row| Contact {
        id: row.id.into(),
        account_id: row.account_id.map(AccountId),
        addresses: row.addresses.0,
        username: row.username,
        display_name: row.display_name,
        email: row.email,
        locale: row.locale,
        timezone: row.timezone,
        tags: row.tags,
        attributes: row.attributes,
        consents: row.consents.0,
        source: row.source,
        conversation_count: row.conversation_count,
        first_interaction_at: row.first_interaction_at,
        last_interaction_at: row.last_interaction_at,
        created_at: row.created_at,
    });
    Ok(contacts.collect())
}

/// One contact of `merchant`, as it is seen on `channel`.
pub async fn get(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    id: ContactId,
) -> Result<Option<Contact>, StoreError> {
    Ok(list(conn, merchant, channel, &[id.0]).await?.pop())
}

/// How a contact and the merchant write to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engagement {
    /// Messages to the contact.
    pub sent: i64,
    /// Messages of the contact.
    pub received: i64,
    /// The mean time from a message of the contact to the answer right after it, in seconds.
    pub response_seconds: Option<f64>,
}

/// What passed between `merchant` and a contact on `channel`, judged by the latest `most` messages.
pub async fn engagement(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    contact: ContactId,
    most: i64,
) -> Result<Engagement, StoreError> {
    let row = sqlx::query!(
        r#"with latest as (
               select m.id, m.direction, m.written_at from messages m
               where m.merchant_id = $1 and m.conversation_id = any(array(
                   select v.id from conversations v
                   join accounts a on a.id = v.account_id and a.merchant_id = v.merchant_id
                   where v.merchant_id = $1 and v.contact_id = $3 and v.merged_into is null and a.channel = $2
               ))
               order by m.id desc limit $4
           ), turns as (
               select direction, written_at, lag(direction) over before as last_direction,
                      lag(written_at) over before as last_at
               from latest window before as (order by id)
           )
           select count(*) filter (where direction = 'outbound') as "sent!",
                  count(*) filter (where direction = 'inbound') as "received!",
                  extract(epoch from avg(written_at - last_at)
                      filter (where direction = 'outbound' and last_direction = 'inbound'))::float8 as response_seconds
           from turns"#,
        merchant.0,
        channel.as_str(),
        contact.0,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(Engagement { sent: row.sent, received: row.received, response_seconds: row.response_seconds })
}
