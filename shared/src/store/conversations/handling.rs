//! Who has a conversation, and whether it is open: what people and the API change about it.
//!
//! Whoever stores a message writes into the conversation's row, and so waits for a change in here, or is waited for.
//! Afterwards it sees what holds: a message that finds its conversation closed opens another, and one that finds it with
//! a person asks neither flow nor AI.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::conversation::Handler;
use crate::domain::ids::{ConversationId, MerchantId, TeamId, UserId};
use crate::store::error::StoreError;
use crate::store::flows::sessions;

/// A conversation as it is handled, locked until the transaction ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Handling {
    /// The conversation: the one that was asked for, or the one that it went into.
    pub id: ConversationId,
    /// Whether it is open.
    pub open: bool,
    /// Who answers.
    pub handler: Handler,
    /// Whose it is.
    pub assignee: Option<Assignee>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// What it refers to.
    pub refs: Value,
}

/// Whose a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    /// A person's.
    User(UserId),
    /// A team's, until one of it takes it.
    Team(TeamId),
}

impl Assignee {
    const fn user(self) -> Option<Uuid> {
        match self {
            Self::User(id) => Some(id.0),
            Self::Team(_) => None,
        }
    }

    const fn team(self) -> Option<Uuid> {
        match self {
            Self::User(_) => None,
            Self::Team(id) => Some(id.0),
        }
    }
}

/// Locks a conversation of `merchant` on `channel`.
pub async fn lock(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    id: ConversationId,
) -> Result<Option<Handling>, StoreError> {
    let row = sqlx::query!(
        "select c.id, c.status, c.handler, c.assignee_id, c.team_id, c.close_reason, c.refs, c.merged_into
         from conversations c
         join accounts a on a.id = c.account_id and a.merchant_id = c.merchant_id
         where c.merchant_id = $1 and a.channel = $2
           and c.id = (select coalesce((select went.merged_into from conversations went where went.id = $3), $3))
         for no key update of c",
        merchant.0,
        channel.as_str(),
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        if row.merged_into.is_some() {
            // It went into another while we waited for it.
            return Err(StoreError::Raced("conversations"));
        }
        let handler = row
            .handler
            .parse()
            .map_err(|error| StoreError::Corrupt { table: "conversations", problem: format!("{error}") })?;
        let user = row.assignee_id.map(|id| Assignee::User(UserId(id)));
        Ok(Handling {
            id: row.id.into(),
            open: row.status == "open",
            handler,
            assignee: user.or(row.team_id.map(|id| Assignee::Team(TeamId(id)))),
            close_reason: row.close_reason,
            refs: row.refs,
        })
    })
    .transpose()
}

/// Whether `assignee` can be given conversations of `merchant`'s.
pub async fn is_there(conn: &mut PgConnection, merchant: MerchantId, assignee: Assignee) -> Result<bool, StoreError> {
    let is_there = sqlx::query_scalar!(
        r#"select exists (select from users where merchant_id = $1 and id = $2 and disabled_at is null)
                  or exists (select from teams where merchant_id = $1 and id = $3) as "is_there!""#,
        merchant.0,
        assignee.user(),
        assignee.team()
    )
    .fetch_one(conn)
    .await?;
    Ok(is_there)
}

/// Gives a locked conversation to `assignee`, or to nobody.
pub async fn assign(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ConversationId,
    assignee: Option<Assignee>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update conversations set assignee_id = $3, team_id = $4 where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        assignee.and_then(Assignee::user),
        assignee.and_then(Assignee::team)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Hands a locked conversation to `handler`. What waits for the flow engine is not its any more once a person has the
/// conversation, and a flow that was under way is over: handed back, it begins with what is said from then on. What it has
/// in hand already it must judge itself.
pub async fn hand_over(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ConversationId,
    handler: Handler,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update conversations set handler = $3, handed_over_at = null where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        handler.as_str()
    )
    .execute(&mut *conn)
    .await?;
    if handler == Handler::Human {
        sqlx::query!(
            "delete from inbox where message_id in (
                 select message_id from inbox where merchant_id = $1 and conversation_id = $2
                 order by message_id for update skip locked
             )",
            merchant.0,
            id.0
        )
        .execute(&mut *conn)
        .await?;
        sessions::stop(conn, merchant, id).await?;
    }
    Ok(())
}

/// Closes a locked conversation; a flow that was under way in it is over.
pub async fn close(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ConversationId,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update conversations set status = 'closed', close_reason = $3, closed_at = now()
         where merchant_id = $1 and id = $2 and status = 'open'",
        merchant.0,
        id.0,
        reason
    )
    .execute(&mut *conn)
    .await?;
    sessions::stop(conn, merchant, id).await
}

/// Opens a locked conversation again; false where its contact has another open one on the account.
pub async fn reopen(conn: &mut PgConnection, merchant: MerchantId, id: ConversationId) -> Result<bool, StoreError> {
    let opened = sqlx::query!(
        "update conversations set status = 'open', close_reason = null, closed_at = null
         where merchant_id = $1 and id = $2 and status = 'closed'",
        merchant.0,
        id.0
    )
    .execute(conn)
    .await
    .map_err(StoreError::from);
    match opened {
        Ok(_) => Ok(true),
        Err(error) if error.constraint() == Some("conversations_open_key") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Says what a locked conversation refers to.
pub async fn set_refs(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ConversationId,
    refs: &Value,
) -> Result<(), StoreError> {
    sqlx::query!("update conversations set refs = $3 where merchant_id = $1 and id = $2", merchant.0, id.0, refs)
        .execute(conn)
        .await?;
    Ok(())
}
