//! Claiming messages to send, with what the checks at the send look at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::Lease;
use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, CampaignId, ContactId, ConversationId, MerchantId, MessageId};
use crate::domain::message::{Author, Content};
use crate::domain::trace::TraceId;
use crate::store::error::StoreError;
use crate::store::interval::interval;
use crate::store::keyring::Keyring;
use crate::store::messages::CONTENT;
use crate::store::seal::Binding;

/// A claimed message with what the checks at the send look at.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// To whom.
    pub contact_id: ContactId,
    /// The campaign it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// Who wrote it.
    pub author: Author,
    /// What it says; none once the contact was erased.
    pub content: Option<Content>,
    /// The platform's id of what it answers.
    pub reply_to: Option<String>,
    /// How often it was tried.
    pub attempt: u32,
    /// How often it was put back for a reason of its own.
    pub own_tries: u32,
    /// Since when it waits.
    pub queued_at: DateTime<Utc>,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// Whether a person has the conversation. What a flow said before it handed it over goes all the same.
    pub human_handled: bool,
    /// Whether the customer was out of reach on several days.
    pub unreachable: bool,
    /// The customer's addresses that the account can write to, newest first.
    pub addresses: Vec<Identity>,
    /// The trace that it belongs to, where anything led to it.
    pub trace: Option<TraceId>,
}

/// Claims at most `most` messages of `account` that are due, replies first; of each conversation the
/// oldest alone, so that its messages leave in order. None once the platform refuses the account, nor
/// while it is on hold; none of a campaign that is. In the caller's transaction.
pub async fn claim(
    conn: &mut PgConnection,
    keyring: &Keyring,
    account: AccountId,
    most: i64,
    hold: Duration,
) -> Result<(Lease, Vec<Claimed>), StoreError> {
    let lease = Lease(MessageId::new().0);
    may_sort(conn, false).await?;
    let ids = sqlx::query_scalar!(
        "with due as (
             select o.message_id from outbox o
             where o.account_id = $1 and o.state = 'waiting' and o.not_before <= now()
               and (o.lease_until is null or o.lease_until < now())
               and exists (select 1 from accounts a where a.id = $1 and a.status = 'active'
                             and not account_is_held(a.channel, a.id, a.business_id, a.app))
               and (not o.in_order or not exists (
                   select 1 from outbox e
                   where e.conversation_id = o.conversation_id and e.seq < o.seq
                     and (e.in_order and (e.delayed_until is null or e.delayed_until <= now())
                          or e.state = 'sending')))
               and (o.campaign_id is null or not exists (
                   select 1 from send_holds h
                   where h.scope = 'campaign' and h.subject = o.campaign_id::text
                     and (h.until is null or h.until > now())))
             order by o.priority, o.seq
             limit $2
             for update skip locked
         )
         update outbox o set lease = $3, lease_until = now() + $4
         where o.message_id = any(array(select message_id from due))
         returning o.message_id",
        account.0,
        most,
        lease.0,
        interval(hold)
    )
    .fetch_all(&mut *conn)
    .await?;
    may_sort(conn, true).await?;
    let claimed = load(conn, keyring, &ids).await?;
    Ok((lease, claimed))
}

/// Where statistics are missing or old, as they are of a backlog that was written a moment ago, PostgreSQL would
/// look at all of it and sort it for every claim: a second for 60,000 messages. `outbox_due` has them in order, so
/// while claiming nothing is sorted.
async fn may_sort(conn: &mut PgConnection, may: bool) -> Result<(), StoreError> {
    let value = if may { "on" } else { "off" };
    sqlx::query!("select set_config('enable_sort', $1, true)", value).fetch_one(conn).await?;
    Ok(())
}

async fn load(conn: &mut PgConnection, keyring: &Keyring, ids: &[Uuid]) -> Result<Vec<Claimed>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"select o.message_id, o.merchant_id, o.conversation_id, o.campaign_id, o.attempt, o.own_tries,
                  o.created_at, m.contact_id, m.author, m.content, m.reply_to, m.trace_id, c.last_inbound_at,
                  c.handler = 'human' and (m.author <> 'flow' or c.handed_over_at is null
                                           or m.written_at > c.handed_over_at) as "human_handled!", p.undeliverable_at is not null as "unreachable!",
                  array(select i.kind || ':' || i.value from identities i
                        where i.contact_id = m.contact_id and i.scope in ('00000000-0000-0000-0000-000000000000', o.account_id)
                        order by i.created_at desc, i.value) as "addresses!: Vec<String>"
           from outbox o
           join messages m on m.id = o.message_id
           join conversations c on c.id = o.conversation_id
           join contacts p on p.id = m.contact_id
           where o.message_id = any($1)
           order by o.priority, o.seq"#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let merchants: Vec<MerchantId> = rows.iter().map(|row| MerchantId(row.merchant_id)).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |problem: String| StoreError::Corrupt { table: "messages", problem };
            let merchant_id = MerchantId(row.merchant_id);
            let message_id = MessageId(row.message_id);
            let content = match row.content {
                None => None,
                Some(sealed) => {
                    let plain = keys.of(merchant_id)?.open(Binding::new(CONTENT, message_id), &sealed)?;
                    Some(serde_json::from_slice(&plain).map_err(|error| corrupt(error.to_string()))?)
                }
            };
            Ok(Claimed {
                message_id,
                merchant_id,
                conversation_id: row.conversation_id.into(),
                contact_id: row.contact_id.into(),
                campaign_id: row.campaign_id.map(CampaignId),
                author: row.author.parse().map_err(|error| corrupt(format!("{error}")))?,
                content,
                reply_to: row.reply_to,
                attempt: u32::try_from(row.attempt).unwrap_or(0),
                own_tries: u32::try_from(row.own_tries).unwrap_or(0),
                queued_at: row.created_at,
                last_inbound_at: row.last_inbound_at,
                human_handled: row.human_handled,
                unreachable: row.unreachable,
                trace: row.trace_id.and_then(TraceId::from_uuid),
                addresses: row.addresses.iter().filter_map(|text| Identity::from_tagged(text)).collect(),
            })
        })
        .collect()
}
