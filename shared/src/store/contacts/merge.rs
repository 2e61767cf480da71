//! Two contacts turned out to be one person: everything of the one becomes the other's, and where both
//! have an open thread on one account, the threads become one.
//!
//! ```text
//! loser    a tombstone that names the winner; no address leads to it
//! winner   has both's addresses, threads, tags, attributes and consents
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::clock;
use crate::domain::ids::ContactId;
use crate::store::audit::{self, Actor, Entry};
use crate::store::conversations::fold;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// Makes each loser in `merged` its winner. The merchants' lock is held; nothing is done twice, since
/// no address leads to a loser afterwards.
pub(super) async fn merge(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merged: &BTreeMap<ContactId, ContactId>,
    by: Actor,
) -> Result<(), StoreError> {
    if merged.is_empty() {
        return Ok(());
    }
    let pairs = Pairs::of(merged);
    let people = lock(conn, &pairs).await?;
    unite(conn, &people, merged).await?;
    repoint(conn, &pairs).await?;
    copy_consents(conn, &pairs).await?;
    fold::follow(conn, keyring, merged).await?;
    bury(conn, &pairs).await?;
    let entries: Vec<Entry> =
        merged.iter().filter_map(|(loser, winner)| Some(entry(people.get(loser)?, *loser, *winner, by))).collect();
    audit::record_all(conn, &entries).await
}

struct Pairs {
    losers: Vec<Uuid>,
    winners: Vec<Uuid>,
}

impl Pairs {
    fn of(merged: &BTreeMap<ContactId, ContactId>) -> Self {
        Self {
            losers: merged.keys().map(|loser| loser.0).collect(),
            winners: merged.values().map(|winner| winner.0).collect(),
        }
    }
}

/// What a merchant knows of a contact.
#[derive(Clone)]
struct Profile {
    merchant_id: Uuid,
    display_name: Option<String>,
    username: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    timezone: Option<String>,
    tags: Vec<String>,
    channels: Vec<String>,
    attributes: Value,
    source: String,
    first_interaction_at: Option<DateTime<Utc>>,
    last_interaction_at: Option<DateTime<Utc>>,
    last_certain_at: Option<DateTime<Utc>>,
}

impl Profile {
    /// What `self` says stands; what it does not say is taken from `other`.
    fn unite(&mut self, other: &Self) {
        let missing = |mine: &mut Option<String>, theirs: &Option<String>| {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        };
        missing(&mut self.display_name, &other.display_name);
        missing(&mut self.username, &other.username);
        missing(&mut self.email, &other.email);
        missing(&mut self.locale, &other.locale);
        missing(&mut self.timezone, &other.timezone);
        let add = |mine: &mut Vec<String>, theirs: &[String]| {
            for one in theirs {
                if !mine.contains(one) {
                    mine.push(one.clone());
                }
            }
        };
        add(&mut self.tags, &other.tags);
        add(&mut self.channels, &other.channels);
        if let (Some(mine), Some(theirs)) = (self.attributes.as_object_mut(), other.attributes.as_object()) {
            for (name, value) in theirs {
                mine.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        if other.first_interaction_at.is_some_and(|theirs| self.first_interaction_at.is_none_or(|mine| theirs < mine)) {
            self.first_interaction_at = other.first_interaction_at;
            self.source.clone_from(&other.source);
        }
        self.last_interaction_at = self.last_interaction_at.max(other.last_interaction_at);
        self.last_certain_at = self.last_certain_at.max(other.last_certain_at);
    }
}

/// Locks all contacts of `pairs` in one order.
async fn lock(conn: &mut PgConnection, pairs: &Pairs) -> Result<BTreeMap<ContactId, Profile>, StoreError> {
    let all: Vec<Uuid> = pairs.losers.iter().chain(&pairs.winners).copied().collect();
    let rows = sqlx::query!(
        "select id, merchant_id, display_name, username, email, locale, timezone, tags, channels, attributes, source,
                first_interaction_at, last_interaction_at, last_certain_at
         from contacts where id = any($1) order by id for no key update",
        &all
    )
    .fetch_all(conn)
    .await?;
    let people = rows.into_iter().map(|row| {
        let profile = Profile {
            merchant_id: row.merchant_id,
            display_name: row.display_name,
            username: row.username,
            email: row.email,
            locale: row.locale,
            timezone: row.timezone,
            tags: row.tags,
            channels: row.channels,
            attributes: row.attributes,
            source: row.source,
            first_interaction_at: row.first_interaction_at,
            last_interaction_at: row.last_interaction_at,
            last_certain_at: row.last_certain_at,
        };
        (ContactId(row.id), profile)
    });
    Ok(people.collect())
}

async fn unite(
    conn: &mut PgConnection,
    people: &BTreeMap<ContactId, Profile>,
    merged: &BTreeMap<ContactId, ContactId>,
) -> Result<(), StoreError> {
    let mut united: BTreeMap<ContactId, Profile> = BTreeMap::new();
    for (loser, winner) in merged {
        let (Some(lost), Some(kept)) = (people.get(loser), people.get(winner)) else {
            continue;
        };
        united.entry(*winner).or_insert_with(|| kept.clone()).unite(lost);
    }
    let rows: Vec<Value> = united.iter().map(|(winner, profile)| profile.row(*winner)).collect();
    sqlx::query!(
        "update contacts c
         set display_name = new.display_name, username = new.username, email = new.email, locale = new.locale,
             timezone = new.timezone, tags = new.tags, channels = new.channels, attributes = new.attributes, source = new.source,
             first_interaction_at = new.first_interaction_at, last_interaction_at = new.last_interaction_at,
             last_certain_at = new.last_certain_at
         from jsonb_populate_recordset(null::contacts, $1) as new
         where c.id = new.id",
        Value::Array(rows)
    )
    .execute(conn)
    .await?;
    Ok(())
}

impl Profile {
    /// As a row of the table, which reads it by its own type.
    fn row(&self, id: ContactId) -> Value {
        json!({
            "id": id,
            "display_name": self.display_name,
            "username": self.username,
            "email": self.email,
            "locale": self.locale,
            "timezone": self.timezone,
            "tags": self.tags,
            "channels": self.channels,
            "attributes": self.attributes,
            "source": self.source,
            "first_interaction_at": self.first_interaction_at,
            "last_interaction_at": self.last_interaction_at,
            "last_certain_at": self.last_certain_at,
        })
    }
}

/// Every address leads to the winner; who had been merged into the loser is the winner too.
async fn repoint(conn: &mut PgConnection, pairs: &Pairs) -> Result<(), StoreError> {
    sqlx::query!(
        "update identities i set contact_id = new.winner
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner) where i.contact_id = new.loser",
        &pairs.losers,
        &pairs.winners
    )
    .execute(&mut *conn)
    .await?;
    // Both may have had one address until one moment.
    sqlx::query!(
        "with gone as (
             delete from former_addresses f using unnest($1::uuid[], $2::uuid[]) as new (loser, winner)
             where f.contact_id = new.loser
             returning f.merchant_id, f.kind, f.value, f.scope, new.winner, f.until
         )
         insert into former_addresses (merchant_id, kind, value, scope, contact_id, until)
         select * from gone on conflict do nothing",
        &pairs.losers,
        &pairs.winners
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update contacts c set merged_into = new.winner
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner) where c.merged_into = new.loser",
        &pairs.losers,
        &pairs.winners
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Consents are only ever added to: the winner gets the loser's history with its times, so that the
/// newest word of either holds.
async fn copy_consents(conn: &mut PgConnection, pairs: &Pairs) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, proof, message_id, at, created_at)
         select gen_random_uuid(), c.merchant_id, new.winner, c.purpose, c.granted, c.source, c.proof, c.message_id,
                c.at, c.created_at
         from consents c join unnest($1::uuid[], $2::uuid[]) as new (loser, winner) on c.contact_id = new.loser",
        &pairs.losers,
        &pairs.winners
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What is personal goes to the winner alone: whoever erases the winner erases all there is.
async fn bury(conn: &mut PgConnection, pairs: &Pairs) -> Result<(), StoreError> {
    sqlx::query!(
        "update contacts c
         set merged_into = new.winner, display_name = null, username = null, email = null, locale = null,
             timezone = null, tags = '{}', attributes = '{}'
         from unnest($1::uuid[], $2::uuid[]) as new (loser, winner) where c.id = new.loser",
        &pairs.losers,
        &pairs.winners
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn entry(lost: &Profile, loser: ContactId, winner: ContactId, actor: Actor) -> Entry {
    Entry {
        merchant_id: lost.merchant_id.into(),
        actor,
        action: "contact.merged",
        entity: "contact",
        entity_id: loser.0,
        before: None,
        after: Some(json!({ "mergedInto": winner })),
        at: clock::now(),
    }
}
