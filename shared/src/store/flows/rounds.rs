//! What flows listen to by the clock, and how far the janitor has come with each.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::running::Published;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ContactId, ConversationId, FlowId, MerchantId, ShopId};
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// What a flow listens to by the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Customers who have not answered.
    NoReply,
    /// An hour.
    Schedule,
}

impl Kind {
    /// The type of trigger, and the name of its round.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoReply => "no_reply",
            Self::Schedule => "schedule",
        }
    }
}

/// An active flow that listens to the clock.
#[derive(Clone, Debug)]
pub struct Clocked {
    /// Whose.
    pub merchant_id: MerchantId,
    /// The flow, and where it works.
    pub flow: Published,
}

/// How far the janitor has come, locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// All before this moment was done; of this moment all up to `id`.
    pub up_to: DateTime<Utc>,
    /// The last that was done.
    pub id: Uuid,
    /// Whether all of it was.
    pub done: bool,
}

/// The active flows that have a trigger of `kind`.
pub async fn clocked(conn: &mut PgConnection, kind: Kind) -> Result<Vec<Clocked>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, merchant_id, published_version as "version!", account_ids, channel, shop_id, trigger_kinds from flows
           where status = 'active' and deleted_at is null and published_version is not null
             and trigger_kinds @> array[$1]::text[]
           order by id"#,
        kind.as_str()
    )
    .fetch_all(conn)
    .await?;
    let flows = rows.into_iter().map(|row| {
        let channel: Option<Channel> = row
            .channel
            .map(|name| name.parse())
            .transpose()
            .map_err(|error| StoreError::Corrupt { table: "flows", problem: format!("{error}") })?;
        let flow = Published {
            flow_id: row.id.into(),
            version: row.version,
            active: true,
            account_ids: row.account_ids.into_iter().map(AccountId).collect(),
            channel,
            shop_id: row.shop_id.map(ShopId),
            trigger_kinds: row.trigger_kinds,
        };
        Ok(Clocked { merchant_id: row.merchant_id.into(), flow })
    });
    flows.collect()
}

/// Locks the round of a flow, which begins at `from` where there was none; none where another janitor has it.
pub async fn lock(
    conn: &mut PgConnection,
    clocked: &Clocked,
    kind: Kind,
    from: DateTime<Utc>,
) -> Result<Option<Round>, StoreError> {
    sqlx::query!(
        "insert into flow_rounds (flow_id, kind, merchant_id, up_to) values ($1, $2, $3, $4) on conflict do nothing",
        clocked.flow.flow_id.0,
        kind.as_str(),
        clocked.merchant_id.0,
        from
    )
    .execute(&mut *conn)
    .await?;
    let round = sqlx::query_as!(
        Round,
        "select up_to, id, done from flow_rounds where flow_id = $1 and kind = $2 for update skip locked",
        clocked.flow.flow_id.0,
        kind.as_str()
    )
    .fetch_optional(conn)
    .await?;
    Ok(round)
}

/// Notes how far a locked round has come.
pub async fn note(conn: &mut PgConnection, flow: FlowId, kind: Kind, round: Round) -> Result<(), StoreError> {
    sqlx::query!(
        "update flow_rounds set up_to = $3, id = $4, done = $5 where flow_id = $1 and kind = $2",
        flow.0,
        kind.as_str(),
        round.up_to,
        round.id,
        round.done
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The next `most` conversations behind `round` whose last message is the business's, for `after` and longer: open, the
/// bot's, without a session, of customers of whom the flow was not told since they wrote last. Each with the time of that
/// message.
pub async fn unanswered(
    conn: &mut PgConnection,
    clocked: &Clocked,
    round: Round,
    after: Duration,
    most: i64,
) -> Result<Vec<(ConversationId, DateTime<Utc>)>, StoreError> {
    let rows = sqlx::query!(
        "select c.id, c.last_message_at from conversations c
         join accounts a on a.id = c.account_id
         where c.merchant_id = $1 and c.status = 'open' and c.handler = 'bot'
           and a.auto_reply_enabled and a.status <> 'inactive'
           and case when cardinality($2::uuid[]) > 0 then a.id = any($2)
                    else ($3::text is null or a.channel = $3) and ($4::uuid is null or a.shop_id = $4) end
           and (c.last_message_at, c.id) > ($5, $6) and c.last_message_at <= now() - $7::interval
           and not exists (select from flow_sessions s where s.conversation_id = c.id)
           and exists (select from messages m where m.id = c.last_message_id and m.direction = 'outbound')
           and not exists (select from flow_reminders r where r.flow_id = $9 and r.conversation_id = c.id
                             and r.at >= coalesce(c.last_inbound_at, '-infinity'))
         order by c.last_message_at, c.id limit $8",
        clocked.merchant_id.0,
        &column(&clocked.flow.account_ids, |account| account.0),
        clocked.flow.channel.map(Channel::as_str),
        clocked.flow.shop_id.map(|shop| shop.0),
        round.up_to,
        round.id,
        interval(after),
        most,
        clocked.flow.flow_id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.last_message_at)).collect())
}

/// Notes that a flow was told of the customers of `conversations`.
pub async fn remind(
    conn: &mut PgConnection,
    clocked: &Clocked,
    conversations: &[ConversationId],
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into flow_reminders (flow_id, merchant_id, conversation_id, at)
         select $1, $2, id, now() from unnest($3::uuid[]) as told (id)
         on conflict (flow_id, conversation_id) do update set at = excluded.at",
        clocked.flow.flow_id.0,
        clocked.merchant_id.0,
        &column(conversations, |conversation| conversation.0)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets at most `most` of what flows were told so many days ago.
pub async fn forget_reminders(conn: &mut PgConnection, days: i32, most: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from flow_reminders where (flow_id, conversation_id) in (
             select flow_id, conversation_id from flow_reminders where at < now() - make_interval(days => $1)
             order by at limit $2)",
        days,
        most
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The next `most` contacts behind `round`, each with its latest conversation where the flow works; who never wrote there
/// has none.
pub async fn reachable(
    conn: &mut PgConnection,
    clocked: &Clocked,
    round: Round,
    most: i64,
) -> Result<Vec<(ContactId, Option<ConversationId>)>, StoreError> {
    let rows = sqlx::query!(
        r#"select p.id, latest.id as "conversation_id?"
           from (select id from contacts
                 where merchant_id = $1 and id > $5 and merged_into is null and erased_at is null
                 order by id limit $6) p
           left join lateral (
               select c.id from conversations c join accounts a on a.id = c.account_id
               where c.contact_id = p.id and c.merged_into is null
                 and a.auto_reply_enabled and a.status <> 'inactive'
                 and case when cardinality($2::uuid[]) > 0 then a.id = any($2)
                          else ($3::text is null or a.channel = $3) and ($4::uuid is null or a.shop_id = $4) end
               order by c.status = 'open' desc, c.last_message_at desc, c.id desc limit 1
           ) latest on true
           order by p.id"#,
        clocked.merchant_id.0,
        &column(&clocked.flow.account_ids, |account| account.0),
        clocked.flow.channel.map(Channel::as_str),
        clocked.flow.shop_id.map(|shop| shop.0),
        round.id,
        most
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.conversation_id.map(ConversationId))).collect())
}

/// The clock that flows of `clocked` go by where they name none: that of the first account they work on.
pub async fn settings_of_first_account(
    conn: &mut PgConnection,
    clocked: &Clocked,
) -> Result<Option<serde_json::Value>, StoreError> {
    let settings = sqlx::query_scalar!(
        "select a.settings from accounts a
         where a.merchant_id = $1 and a.status <> 'inactive'
           and case when cardinality($2::uuid[]) > 0 then a.id = any($2)
                    else ($3::text is null or a.channel = $3) and ($4::uuid is null or a.shop_id = $4) end
         order by a.is_primary desc, a.id limit 1",
        clocked.merchant_id.0,
        &column(&clocked.flow.account_ids, |account| account.0),
        clocked.flow.channel.map(Channel::as_str),
        clocked.flow.shop_id.map(|shop| shop.0)
    )
    .fetch_optional(conn)
    .await?;
    Ok(settings)
}
