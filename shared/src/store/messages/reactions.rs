//! The emoji that stands on a message now, from each side.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, MessageId};
use crate::domain::message::{Content, Direction};
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::messages::CONTENT;
use crate::store::messages::insert::Told;
use crate::store::seal::{Binding, MerchantKeys};

/// An emoji on a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Inbound for the customer's, outbound for ours.
    pub direction: Direction,
    /// The emoji.
    pub emoji: String,
    /// When it was put there.
    pub at: DateTime<Utc>,
}

/// Notes what the reactions among `messages`, which are stored, put on others or take off. The newest of
/// each side holds, of one second the one that came last; an older one that comes late changes nothing.
pub async fn note(conn: &mut PgConnection, messages: &[Told<'_>]) -> Result<(), StoreError> {
    let mut newest: BTreeMap<(AccountId, &str, &'static str), &Told<'_>> = BTreeMap::new();
    for message in messages {
        let Some(about) = message.about.filter(|_| message.kind == "reaction") else {
            continue;
        };
        let held = newest.entry((message.account_id, about, message.direction.as_str())).or_insert(message);
        if message.written_at >= held.written_at {
            *held = message;
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let told: Vec<&Told<'_>> = newest.values().copied().collect();
    let targets: Vec<String> = newest.keys().map(|(_, about, _)| (*about).to_owned()).collect();
    let directions: Vec<String> = newest.keys().map(|(_, _, direction)| (*direction).to_owned()).collect();
    sqlx::query!(
        "insert into reactions as r
             (merchant_id, account_id, conversation_id, target, direction, message_id, content, at)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::uuid[], $7::bytea[],
                              $8::timestamptz[])
         on conflict (account_id, target, direction) do update
         set conversation_id = excluded.conversation_id, message_id = excluded.message_id, content = excluded.content,
             at = excluded.at
         where r.at <= excluded.at",
        &column(&told, |message| message.merchant_id.0),
        &column(&told, |message| message.account_id.0),
        &column(&told, |message| message.conversation_id.0),
        &targets,
        &directions,
        &column(&told, |message| message.id.0),
        &column(&told, |message| message.content) as &[&[u8]],
        &column(&told, |message| message.written_at)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Our own `messages` were taken by the platform: those that are reactions stand from now on.
pub async fn sent(conn: &mut PgConnection, messages: &[MessageId]) -> Result<(), StoreError> {
    if messages.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = messages.iter().map(|message| message.0).collect();
    sqlx::query!(
        "insert into reactions as r
             (merchant_id, account_id, conversation_id, target, direction, message_id, content, at)
         select distinct on (account_id, about)
                merchant_id, account_id, conversation_id, about, direction, id, content, written_at
         from messages
         where id = any($1) and kind = 'reaction' and about is not null and direction = 'outbound'
           and status >= 'sent' and status not in ('failed', 'cancelled')
         order by account_id, about, written_at desc, id desc
         on conflict (account_id, target, direction) do update
         set conversation_id = excluded.conversation_id, message_id = excluded.message_id, content = excluded.content,
             at = excluded.at
         where r.at <= excluded.at",
        &ids
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The emoji that the sealed content of a reaction puts on; none where it takes one off.
pub(super) fn open(keys: &MerchantKeys, message: Uuid, sealed: &[u8]) -> Result<Option<String>, StoreError> {
    let opened = keys.open(Binding::new(CONTENT, message), sealed)?;
    let content: Content = serde_json::from_slice(&opened)
        .map_err(|error| StoreError::Corrupt { table: "reactions", problem: error.to_string() })?;
    match content {
        Content::Reaction { emoji, .. } => Ok(emoji.filter(|emoji| !emoji.is_empty())),
        _ => Ok(None),
    }
}
