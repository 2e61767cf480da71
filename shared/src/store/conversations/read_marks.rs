//! What a merchant has read, to be shown to customers by their platform.
//!
//! One row for a conversation: the newest message that was read. A claim counts a try and puts the row
//! off, so that whoever dies over it leaves it to the next; a row that was asked for anew meanwhile is
//! another one, and no end of the old one takes it away.

use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ConversationId, MerchantId};
use crate::store::error::StoreError;
use crate::store::interval::interval;

/// Tries before a mark is given up.
const TRIES: i32 = 3;

/// A mark to make.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The thread.
    pub conversation_id: ConversationId,
    /// The platform's id of the newest message that was read.
    pub platform_id: String,
    /// Whether an answer is being written.
    pub typing: bool,
    /// Which try, from one.
    pub attempt: i32,
    /// The customer's addresses that the account can write to, newest first.
    pub addresses: Vec<Identity>,
}

/// Nothing in the conversation is unread any more; its account, or none where there is no such
/// conversation of `merchant` on `channel`.
pub async fn read(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    conversation: ConversationId,
) -> Result<Option<AccountId>, StoreError> {
    let account = sqlx::query_scalar!(
        "update conversations c set unread_count = 0 from accounts a
         where c.id = $3 and c.merchant_id = $1
           and a.id = c.account_id and a.merchant_id = c.merchant_id and a.channel = $2
         returning c.account_id",
        merchant.0,
        channel.as_str(),
        conversation.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(account.map(AccountId))
}

/// Asks for the newest message of the customer to be marked, and with it those before; whether there is
/// one. The platform forgets what is older than 30 days (platform notes on WhatsApp, section 7).
pub async fn ask(
    conn: &mut PgConnection,
    merchant: MerchantId,
    conversation: ConversationId,
    typing: bool,
) -> Result<bool, StoreError> {
    let asked = sqlx::query!(
        "insert into read_marks (conversation_id, merchant_id, account_id, platform_id, typing)
         select c.id, c.merchant_id, c.account_id, newest.platform_id, $3
         from conversations c
         cross join lateral (
             select m.platform_id from messages m
             where m.conversation_id = c.id and m.direction = 'inbound' and m.platform_id is not null
               and m.written_at > now() - interval '30 days'
             order by m.id desc
             limit 1
         ) newest
         where c.id = $2 and c.merchant_id = $1
         on conflict (conversation_id) do update
         set platform_id = excluded.platform_id, typing = excluded.typing, attempt = 0, not_before = now(),
             created_at = now()",
        merchant.0,
        conversation.0,
        typing
    )
    .execute(conn)
    .await?;
    Ok(asked.rows_affected() > 0)
}

/// Claims at most `most` marks of `account` that are due. Each is put off by `hold`, and is tried again
/// then unless it is [`finish`]ed.
pub async fn claim(
    conn: &mut PgConnection,
    account: AccountId,
    most: i64,
    hold: Duration,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = sqlx::query!(
        r#"with due as (
               select conversation_id from read_marks
               where account_id = $1 and not_before <= now() and attempt < $4
               order by not_before, conversation_id
               limit $2
               for update skip locked
           ), claimed as (
               update read_marks r set attempt = r.attempt + 1, not_before = now() + $3
               from due where r.conversation_id = due.conversation_id
               returning r.conversation_id, r.account_id, r.platform_id, r.typing, r.attempt
           )
           select r.conversation_id, r.platform_id, r.typing, r.attempt,
                  array(select i.kind || ':' || i.value from identities i
                        where i.contact_id = c.contact_id
                          and i.scope in ('00000000-0000-0000-0000-000000000000', r.account_id)
                        order by i.created_at desc, i.value) as "addresses!: Vec<String>"
           from claimed r
           join conversations c on c.id = r.conversation_id"#,
        account.0,
        most,
        interval(hold),
        TRIES
    )
    .fetch_all(conn)
    .await?;
    let claimed = rows.into_iter().map(|row| Claimed {
        conversation_id: row.conversation_id.into(),
        platform_id: row.platform_id,
        typing: row.typing,
        attempt: row.attempt,
        addresses: row.addresses.iter().filter_map(|text| Identity::from_tagged(text)).collect(),
    });
    Ok(claimed.collect())
}

/// Forgets `marks`, which were made or never will be, where nobody asked anew.
pub async fn finish(conn: &mut PgConnection, marks: &[Claimed]) -> Result<(), StoreError> {
    let conversations: Vec<Uuid> = marks.iter().map(|mark| mark.conversation_id.0).collect();
    let platform_ids: Vec<String> = marks.iter().map(|mark| mark.platform_id.clone()).collect();
    let attempts: Vec<i32> = marks.iter().map(|mark| mark.attempt).collect();
    sqlx::query!(
        "delete from read_marks r
         using unnest($1::uuid[], $2::text[], $3::integer[]) as done (conversation_id, platform_id, attempt)
         where r.conversation_id = done.conversation_id and r.platform_id = done.platform_id
           and r.attempt = done.attempt",
        &conversations,
        &platform_ids,
        &attempts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives up marks that were tried often enough, or that no platform takes any more; how many.
pub async fn give_up(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "delete from read_marks
         where (attempt >= $1 and not_before <= now()) or created_at < now() - interval '30 days'",
        TRIES
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}

/// Accounts with marks that are due and that nobody makes: put off by a try, or waiting since before
/// `lost_since` for a wake that got lost. The flag tells the last from the others.
pub async fn forgotten(conn: &mut PgConnection, lost_since: Duration) -> Result<Vec<(AccountId, bool)>, StoreError> {
    let rows = sqlx::query!(
        r#"select r.account_id, bool_or(r.attempt = 0) as "lost!"
           from read_marks r
           join accounts a on a.id = r.account_id
           where r.not_before <= now() and r.attempt < $2
             and (r.attempt > 0 or r.created_at < now() - $1::interval)
             and a.status = 'active'
           group by r.account_id"#,
        interval(lost_since),
        TRIES
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.account_id.into(), row.lost)).collect())
}
