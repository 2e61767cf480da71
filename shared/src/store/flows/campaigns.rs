//! Which messages of customers answer a campaign.

use std::collections::HashSet;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::MessageId;
use crate::store::column::column;
use crate::store::error::StoreError;

/// Those of `messages`, stored a moment ago, that answer a message of a campaign, or are the first to follow one within
/// three days.
pub async fn answered(conn: &mut PgConnection, messages: &[MessageId]) -> Result<HashSet<MessageId>, StoreError> {
    let (Some(least), Some(greatest)) = (messages.iter().min(), messages.iter().max()) else {
        return Ok(HashSet::new());
    };
    let rows = sqlx::query_scalar!(
        "select m.id from messages m
         cross join lateral (
             select said.author, said.direction from messages said
             where said.conversation_id = m.conversation_id and said.id < m.id
               and said.id >= first_uuid_of(m.written_at - interval '72 hours')
             order by said.id desc limit 1
         ) before
         where m.id = any($1) and m.id between $2 and $3 and before.author = 'campaign'
         union
         select m.id from messages m
         join messages said on said.platform_id = m.reply_to and said.account_id = m.account_id
         where m.id = any($1) and m.id between $2 and $3 and said.author = 'campaign'",
        &column(messages, |message| message.0) as &[Uuid],
        least.0,
        greatest.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().flatten().map(MessageId).collect())
}
