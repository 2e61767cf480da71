//! What flows change of conversations and contacts, of many at once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::consent::Purpose;
use crate::domain::conversation::Handler;
use crate::domain::ids::{ConsentId, ContactId, ConversationId, MerchantId, MessageId, TeamId, UserId};
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::Keys;
use crate::store::seal::Binding;

/// Where the note of a hand-over is sealed.
pub const NOTE: &str = "conversations.handoff_note";

/// What flows change of a conversation.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column, and they go together in any way")]
pub struct Change {
    /// Whether a person has it from now on.
    pub to_person: bool,
    /// Which one, where one is named and there.
    pub user_id: Option<UserId>,
    /// Of which team, likewise.
    pub team_id: Option<TeamId>,
    /// What they are told.
    pub note: Option<String>,
    /// Whether it is closed.
    pub closes: bool,
    /// Why.
    pub close_reason: Option<String>,
    /// Whether it is opened again, unless the contact has another open one.
    pub reopens: bool,
    /// Whether the customer was told that nobody is there.
    pub told_away: bool,
}

impl Change {
    /// Whether there is anything to change.
    pub const fn is_nothing(&self) -> bool {
        !self.to_person && !self.closes && !self.reopens && !self.told_away
    }
}

/// Locks conversations in the order of their ids. The race is lost where one does not stand as it was read.
pub async fn lock(conn: &mut PgConnection, read: &[(ConversationId, Handler, bool)]) -> Result<(), StoreError> {
    let status = |open: bool| if open { "open" } else { "closed" };
    let locked = sqlx::query_scalar!(
        "select c.id
         from unnest($1::uuid[], $2::text[], $3::text[]) as was (id, handler, status)
         join conversations c on c.id = was.id
         where c.handler = was.handler and c.status = was.status and c.merged_into is null
         order by c.id for no key update of c",
        &column(read, |(id, _, _)| id.0) as &[Uuid],
        &column(read, |(_, handler, _)| handler.as_str().to_owned()) as &[String],
        &column(read, |(_, _, open)| status(*open).to_owned()) as &[String]
    )
    .fetch_all(conn)
    .await?;
    if locked.len() == read.len() { Ok(()) } else { Err(StoreError::Raced("conversations")) }
}

/// Writes `changes` of locked conversations.
pub async fn of_conversations(
    conn: &mut PgConnection,
    keys: &Keys,
    changes: &[(MerchantId, ConversationId, Change)],
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let seal = |(merchant, id, change): &(MerchantId, ConversationId, Change)| {
        let Some(note) = &change.note else { return Ok(None) };
        Ok(Some(keys.of(*merchant)?.seal(Binding::new(NOTE, *id), note.as_bytes())?))
    };
    let notes = changes.iter().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "update conversations c
         set handler = case when new.to_person then 'human' else c.handler end,
             handed_over_at = case when new.to_person then $10 else c.handed_over_at end,
             handoff_note = case when new.to_person then new.note else c.handoff_note end,
             assignee_id = coalesce((select u.id from users u where u.id = new.user_id and u.merchant_id = c.merchant_id
                                       and u.disabled_at is null), c.assignee_id),
             team_id = coalesce((select t.id from teams t where t.id = new.team_id and t.merchant_id = c.merchant_id),
                                c.team_id),
             status = case
                 when new.closes then 'closed'
                 when new.reopens and not exists (
                     select from conversations o
                     where o.account_id = c.account_id and o.contact_id = c.contact_id and o.status = 'open') then 'open'
                 else c.status end,
             close_reason = case when new.closes then new.close_reason when new.reopens then null
                                 else c.close_reason end,
             closed_at = case when new.closes then $10 when new.reopens then null else c.closed_at end,
             away_told_at = case when new.told_away then $10 else c.away_told_at end
         from unnest($1::uuid[], $2::bool[], $3::uuid[], $4::uuid[], $5::bytea[], $6::bool[], $7::text[], $8::bool[],
                     $9::bool[])
              as new (id, to_person, user_id, team_id, note, closes, close_reason, reopens, told_away)
         where c.id = new.id",
        &column(changes, |(_, id, _)| id.0) as &[Uuid],
        &column(changes, |(_, _, change)| change.to_person) as &[bool],
        &column(changes, |(_, _, change)| change.user_id.map(Uuid::from)) as &[Option<Uuid>],
        &column(changes, |(_, _, change)| change.team_id.map(Uuid::from)) as &[Option<Uuid>],
        &notes as &[Option<Vec<u8>>],
        &column(changes, |(_, _, change)| change.closes) as &[bool],
        &column(changes, |(_, _, change)| change.close_reason.clone()) as &[Option<String>],
        &column(changes, |(_, _, change)| change.reopens) as &[bool],
        &column(changes, |(_, _, change)| change.told_away) as &[bool],
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What flows change of a contact.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Attributes and what they become; null takes one away.
    pub attributes: Map<String, Value>,
    /// Tags that it has, or has no more.
    pub tags: BTreeMap<String, bool>,
}

impl Profile {
    /// Whether there is anything to change.
    pub fn is_nothing(&self) -> bool {
        self.attributes.is_empty() && self.tags.is_empty()
    }

    fn tags_that(&self, are_there: bool) -> Value {
        let tags: BTreeSet<&String> =
            self.tags.iter().filter(|(_, is)| **is == are_there).map(|(tag, _)| tag).collect();
        tags.into_iter().cloned().collect()
    }
}

/// Writes what flows change of contacts, in the order of their ids.
pub async fn of_contacts(conn: &mut PgConnection, profiles: &BTreeMap<ContactId, Profile>) -> Result<(), StoreError> {
    if profiles.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "with locked as (select id from contacts where id = any($1) order by id for no key update)
         update contacts c
         set attributes = (select coalesce(jsonb_object_agg(key, value), '{}')
                           from jsonb_each(c.attributes || new.attributes) where value <> 'null'),
             tags = array(select tag from unnest(c.tags) as tag where not new.lost ? tag)
                    || array(select tag from jsonb_array_elements_text(new.got) as tag where tag <> all(c.tags))
         from unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::jsonb[]) as new (id, attributes, got, lost), locked
         where c.id = new.id and locked.id = c.id",
        &column(profiles, |(id, _)| id.0) as &[Uuid],
        &column(profiles, |(_, profile)| Value::Object(profile.attributes.clone())) as &[Value],
        &column(profiles, |(_, profile)| profile.tags_that(true)) as &[Value],
        &column(profiles, |(_, profile)| profile.tags_that(false)) as &[Value]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a customer told a flow they agree to, or no longer do.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// Who.
    pub contact_id: ContactId,
    /// To what.
    pub purpose: Purpose,
    /// Yes or no.
    pub granted: bool,
    /// The message that said so.
    pub message_id: Option<MessageId>,
}

/// Adds `words` to the history of consents, in their order.
pub async fn of_consents(conn: &mut PgConnection, words: &[Word], at: DateTime<Utc>) -> Result<(), StoreError> {
    if words.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = words.iter().map(|_| ConsentId::new().0).collect();
    sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, message_id, at)
         select id, merchant_id, contact_id, purpose, granted, 'flow', message_id, $7
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bool[], $6::uuid[])
              as new (id, merchant_id, contact_id, purpose, granted, message_id)",
        &ids,
        &column(words, |word| word.merchant_id.0) as &[Uuid],
        &column(words, |word| word.contact_id.0) as &[Uuid],
        &column(words, |word| word.purpose.as_str().to_owned()) as &[String],
        &column(words, |word| word.granted) as &[bool],
        &column(words, |word| word.message_id.map(Uuid::from)) as &[Option<Uuid>],
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}
