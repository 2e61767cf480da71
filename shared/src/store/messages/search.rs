//! Messages found by what they are about: an order, a technician, a customer's number. Ids alone, and every branch
//! walks an index from its latest end.

use sqlx::PgConnection;
use uuid::Uuid;

use super::history::read_status;
use crate::domain::channel::Channel;
use crate::domain::ids::{ConversationId, MerchantId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;

/// The name of an order among a conversation's references.
pub const ORDER: &str = "order";
/// The name of a technician among them.
pub const TECHNICIAN: &str = "technician";

/// Which messages are meant: those that all of it holds for. Something must be given.
#[derive(Clone, Copy, Debug)]
pub struct Filter<'a> {
    /// Of which platform.
    pub channel: Channel,
    /// The order: the message's own reference, or one of its conversation's.
    pub reference: Option<&'a str>,
    /// The technician: who wrote it, by the user's id, or one whom its conversation names.
    pub technician: Option<&'a str>,
    /// The customer's number, in digits.
    pub phone: Option<&'a str>,
}

/// Where a message is.
#[derive(Clone, Debug)]
pub struct Place {
    /// The thread.
    pub conversation_id: ConversationId,
    /// The platform's id of it.
    pub platform_id: Option<String>,
    /// What is known of its fate.
    pub status: MessageStatus,
}

/// Where the merchant's message `id` is, which must be one of `channel`.
pub async fn place(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    id: MessageId,
) -> Result<Option<Place>, StoreError> {
    let row = sqlx::query!(
        r#"select m.conversation_id, m.platform_id, m.status::text as "status!"
           from messages m
           join accounts a on a.id = m.account_id and a.merchant_id = m.merchant_id
           where m.merchant_id = $1 and m.id = $2 and a.channel = $3"#,
        merchant.0,
        id.0,
        channel.as_str()
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Place {
            conversation_id: row.conversation_id.into(),
            platform_id: row.platform_id,
            status: read_status(&row.status)?,
        })
    })
    .transpose()
}

/// At most `take` ids of messages that `filter` means, the latest first, those before `before`.
pub async fn ids(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter<'_>,
    before: Option<MessageId>,
    take: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let before = before.map_or_else(Uuid::max, Uuid::from);
    if filter.phone.is_some() {
        of_phone(conn, merchant, filter, before, take).await
    } else if filter.reference.is_some() {
        of_reference(conn, merchant, filter, before, take).await
    } else {
        of_technician(conn, merchant, filter, before, take).await
    }
}

async fn of_phone(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter<'_>,
    before: Uuid,
    take: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "select m.id
         from identities i
         join conversations c on c.contact_id = i.contact_id and c.merchant_id = i.merchant_id
         join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id and a.channel = $2
         cross join lateral (
             select m.id from messages m
             where m.conversation_id = c.id and m.merchant_id = $1 and m.id < $4
               and ($5::text is null or m.reference = $5 or exists (
                   select 1 from conversation_refs r
                   where r.conversation_id = c.id and r.name = 'order' and r.value = $5))
               and ($6::text is null or m.author_user_id = $7 or exists (
                   select 1 from conversation_refs r
                   where r.conversation_id = c.id and r.name = 'technician' and r.value = $6))
             order by m.id desc limit $8
         ) m
         where i.merchant_id = $1 and i.kind in ('phone', 'bsuid') and i.value = $3
           and i.scope = '00000000-0000-0000-0000-000000000000'
         order by m.id desc limit $8",
        merchant.0,
        filter.channel.as_str(),
        filter.phone,
        before,
        filter.reference,
        filter.technician,
        filter.technician.and_then(|technician| Uuid::parse_str(technician).ok()),
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(MessageId).collect())
}

async fn of_reference(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter<'_>,
    before: Uuid,
    take: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id!" from (
               (select m.id from messages m
                join accounts a on a.id = m.account_id and a.merchant_id = m.merchant_id and a.channel = $2
                where m.merchant_id = $1 and m.reference = $3 and m.id < $4
                  and ($5::text is null or m.author_user_id = $6 or exists (
                      select 1 from conversation_refs r
                      where r.conversation_id = m.conversation_id and r.name = 'technician' and r.value = $5))
                order by m.id desc limit $7)
               union
               (select m.id from conversation_refs r
                join conversations c on c.id = r.conversation_id and c.merchant_id = r.merchant_id
                join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id and a.channel = $2
                cross join lateral (
                    select m.id from messages m
                    where m.conversation_id = r.conversation_id and m.merchant_id = $1 and m.id < $4
                      and ($5::text is null or m.author_user_id = $6 or exists (
                          select 1 from conversation_refs t
                          where t.conversation_id = r.conversation_id and t.name = 'technician' and t.value = $5))
                    order by m.id desc limit $7
                ) m
                where r.merchant_id = $1 and r.name = 'order' and r.value = $3
                order by m.id desc limit $7)
           ) found
           order by id desc limit $7"#,
        merchant.0,
        filter.channel.as_str(),
        filter.reference,
        before,
        filter.technician,
        filter.technician.and_then(|technician| Uuid::parse_str(technician).ok()),
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(MessageId).collect())
}

/// Of the threads that name a technician the latest thousand are looked into.
async fn of_technician(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter<'_>,
    before: Uuid,
    take: i64,
) -> Result<Vec<MessageId>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id!" from (
               (select m.id from messages m
                join accounts a on a.id = m.account_id and a.merchant_id = m.merchant_id and a.channel = $2
                where m.merchant_id = $1 and m.author_user_id = $4 and m.id < $5
                order by m.id desc limit $6)
               union
               (select m.id from (
                    select r.conversation_id from conversation_refs r
                    join conversations c on c.id = r.conversation_id and c.merchant_id = r.merchant_id
                    join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id and a.channel = $2
                    where r.merchant_id = $1 and r.name = 'technician' and r.value = $3
                    order by r.conversation_id desc limit 1000
                ) thread
                cross join lateral (
                    select m.id from messages m
                    where m.conversation_id = thread.conversation_id and m.merchant_id = $1 and m.id < $5
                    order by m.id desc limit $6
                ) m
                order by m.id desc limit $6)
           ) found
           order by id desc limit $6"#,
        merchant.0,
        filter.channel.as_str(),
        filter.technician,
        filter.technician.and_then(|technician| Uuid::parse_str(technician).ok()),
        before,
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(MessageId).collect())
}
