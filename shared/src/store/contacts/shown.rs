//! Writing what sightings show of contacts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::meet::Sighting;
use crate::domain::ids::ContactId;
use crate::domain::person::{Changes, Newcomer};
use crate::store::error::StoreError;

/// What sightings show of one contact.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    certain: Option<DateTime<Utc>>,
    display_name: Option<&'a String>,
    username: Option<&'a String>,
}

/// What `sightings` show of each of their `contacts`.
pub(super) fn of_each<'a>(sightings: &'a [Sighting], contacts: &[ContactId]) -> BTreeMap<ContactId, Shown<'a>> {
    let mut each: BTreeMap<ContactId, Shown<'_>> = BTreeMap::new();
    for (sighting, contact) in sightings.iter().zip(contacts) {
        let at = sighting.at;
        let new = Shown { first: at, last: at, certain: None, display_name: None, username: None };
        let shown = each.entry(*contact).or_insert(new);
        shown.first = shown.first.min(at);
        shown.last = shown.last.max(at);
        if sighting.succession.is_some() || sighting.person.is_certain() {
            shown.certain = shown.certain.max(Some(at));
        }
        shown.display_name = sighting.display_name.as_ref().or(shown.display_name);
        shown.username = sighting.username.as_ref().or(shown.username);
    }
    each
}

/// The columns of some contacts, in the order of their ids.
struct Columns {
    ids: Vec<Uuid>,
    firsts: Vec<DateTime<Utc>>,
    lasts: Vec<DateTime<Utc>>,
    certain: Vec<Option<DateTime<Utc>>>,
    display_names: Vec<Option<String>>,
    usernames: Vec<Option<String>>,
}

impl Columns {
    fn of(rows: &[(ContactId, Shown<'_>)]) -> Self {
        Self {
            ids: rows.iter().map(|(contact, _)| contact.0).collect(),
            firsts: rows.iter().map(|(_, shown)| shown.first).collect(),
            lasts: rows.iter().map(|(_, shown)| shown.last).collect(),
            certain: rows.iter().map(|(_, shown)| shown.certain).collect(),
            display_names: rows.iter().map(|(_, shown)| shown.display_name.cloned()).collect(),
            usernames: rows.iter().map(|(_, shown)| shown.username.cloned()).collect(),
        }
    }
}

/// Adds the new contacts of `changes`, with all that is `shown` of them and the channels of their addresses, which are
/// written afterwards.
pub(super) async fn add(
    conn: &mut PgConnection,
    changes: &Changes,
    shown: &BTreeMap<ContactId, Shown<'_>>,
) -> Result<(), StoreError> {
    let new = &changes.new;
    if new.is_empty() {
        return Ok(());
    }
    let mut channels: BTreeMap<ContactId, BTreeSet<&'static str>> = BTreeMap::new();
    for (key, holder) in &changes.holders {
        if let Some(contact) = holder.filter(|contact| new.contains_key(contact)) {
            channels.entry(contact).or_default().insert(key.identity.kind.channel().as_str());
        }
    }
    let channels: Vec<String> = new
        .keys()
        .map(|contact| channels.get(contact).into_iter().flatten().copied().collect::<Vec<_>>().join(","))
        .collect();
    let alone = |newcomer: &Newcomer| {
        let at = newcomer.at;
        Shown { first: at, last: at, certain: None, display_name: None, username: None }
    };
    let rows: Vec<(ContactId, Shown<'_>)> =
        new.iter().map(|(id, newcomer)| (*id, shown.get(id).copied().unwrap_or_else(|| alone(newcomer)))).collect();
    let merchants: Vec<Uuid> = new.values().map(|newcomer| newcomer.merchant_id.0).collect();
    let columns = Columns::of(&rows);
    sqlx::query!(
        "insert into contacts (id, merchant_id, first_interaction_at, last_interaction_at, last_certain_at,
                               display_name, username, channels)
         select id, merchant_id, first, last, certain, display_name, username, string_to_array(channels, ',')
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                     $6::text[], $7::text[], $8::text[])
              as new (id, merchant_id, first, last, certain, display_name, username, channels)",
        &columns.ids,
        &merchants,
        &columns.firsts,
        &columns.lasts,
        &columns.certain as &[Option<DateTime<Utc>>],
        &columns.display_names as &[Option<String>],
        &columns.usernames as &[Option<String>],
        &channels
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was found of contacts when they were locked.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether one of them has been merged into another meanwhile.
    pub(super) merged: bool,
    /// Those whom sends did not reach.
    pub(super) struck: Vec<ContactId>,
    /// Those of whose addresses nothing may be remembered.
    pub(super) unsettled: HashSet<ContactId>,
}

/// Locks contacts and notes what is shown of them; a name that is there stays: a merchant may have corrected it.
pub(super) async fn note(conn: &mut PgConnection, rows: &[(ContactId, Shown<'_>)]) -> Result<Found, StoreError> {
    if rows.is_empty() {
        return Ok(Found::default());
    }
    let columns = Columns::of(rows);
    // The rows come in the order of their ids, and so are locked. Should a plan ever take another order, two processes
    // that wait for each other are told so, and one begins again.
    let told = sqlx::query!(
        r#"with noted as (
               update contacts c
               set first_interaction_at = least(c.first_interaction_at, new.first),
                   last_interaction_at = greatest(c.last_interaction_at, new.last),
                   last_certain_at = greatest(c.last_certain_at, new.certain),
                   display_name = coalesce(c.display_name, new.display_name),
                   username = coalesce(new.username, c.username)
               from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[])
                    as new (id, first, last, certain, display_name, username)
               where c.id = new.id
               returning c.id, c.merged_into is not null as merged, c.undeliverable_strikes > 0 as struck, c.unsettled
           )
           select id as "id!", merged as "merged!", struck as "struck!", unsettled as "unsettled!"
           from noted where merged or struck or unsettled"#,
        &columns.ids,
        &columns.firsts,
        &columns.lasts,
        &columns.certain as &[Option<DateTime<Utc>>],
        &columns.display_names as &[Option<String>],
        &columns.usernames as &[Option<String>]
    )
    .fetch_all(conn)
    .await?;
    let struck = told.iter().filter(|row| row.struck).map(|row| ContactId(row.id)).collect();
    let unsettled = told.iter().filter(|row| row.unsettled).map(|row| ContactId(row.id)).collect();
    Ok(Found { merged: told.iter().any(|row| row.merged), struck, unsettled })
}
