//! Writing what sightings show of contacts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::meet::Sighting;
use crate::domain::ids::ContactId;
use crate::domain::person::Changes;
use crate::store::error::StoreError;

/// What sightings show of one contact.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    certain: Option<DateTime<Utc>>,
    display_name: Option<&'a str>,
    username: Option<&'a str>,
}

impl<'a> Shown<'a> {
    fn at(at: DateTime<Utc>) -> Self {
        Self { first: at, last: at, certain: None, display_name: None, username: None }
    }

    fn of(sighting: &Sighting<'a>) -> Self {
        let mut shown = Self::at(sighting.at);
        shown.add(sighting);
        shown
    }

    /// A later name stands for an earlier one.
    fn add(&mut self, sighting: &Sighting<'a>) {
        let at = sighting.at;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        if sighting.succession.is_some() || sighting.person.is_certain() {
            self.certain = self.certain.max(Some(at));
        }
        self.display_name = sighting.display_name.or(self.display_name);
        self.username = sighting.username.or(self.username);
    }
}

/// What `sightings` show of each of their `contacts`, in the order of these.
pub(super) fn of_each<'a>(sightings: &[Sighting<'a>], contacts: &[ContactId]) -> Vec<(ContactId, Shown<'a>)> {
    let mut sorted: Vec<(ContactId, &Sighting<'a>)> = contacts.iter().copied().zip(sightings).collect();
    // Stable: what is shown of one contact stays in the order in which it was told.
    sorted.sort_by_key(|(contact, _)| *contact);
    let mut each: Vec<(ContactId, Shown<'a>)> = Vec::new();
    for (contact, sighting) in sorted {
        match each.last_mut().filter(|(last, _)| *last == contact) {
            Some((_, shown)) => shown.add(sighting),
            None => each.push((contact, Shown::of(sighting))),
        }
    }
    each
}

/// The columns of some contacts, in the order of their ids.
struct Columns<'a> {
    ids: Vec<Uuid>,
    firsts: Vec<DateTime<Utc>>,
    lasts: Vec<DateTime<Utc>>,
    certain: Vec<Option<DateTime<Utc>>>,
    display_names: Vec<Option<&'a str>>,
    usernames: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(rows: &[(ContactId, Shown<'a>)]) -> Self {
        Self {
            ids: rows.iter().map(|(contact, _)| contact.0).collect(),
            firsts: rows.iter().map(|(_, shown)| shown.first).collect(),
            lasts: rows.iter().map(|(_, shown)| shown.last).collect(),
            certain: rows.iter().map(|(_, shown)| shown.certain).collect(),
            display_names: rows.iter().map(|(_, shown)| shown.display_name).collect(),
            usernames: rows.iter().map(|(_, shown)| shown.username).collect(),
        }
    }
}

/// Adds the new contacts of `changes`, with all that is `shown` of them and the channels of their addresses, which are
/// written afterwards.
pub(super) async fn add(
    conn: &mut PgConnection,
    changes: &Changes,
    shown: &[(ContactId, Shown<'_>)],
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
    let shown_of = |id: &ContactId| shown.binary_search_by_key(id, |(contact, _)| *contact).ok().map(|at| shown[at].1);
    let rows: Vec<(ContactId, Shown<'_>)> =
        new.iter().map(|(id, newcomer)| (*id, shown_of(id).unwrap_or_else(|| Shown::at(newcomer.at)))).collect();
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
        &columns.display_names as &[Option<&str>],
        &columns.usernames as &[Option<&str>],
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
        &columns.display_names as &[Option<&str>],
        &columns.usernames as &[Option<&str>]
    )
    .fetch_all(conn)
    .await?;
    let struck = told.iter().filter(|row| row.struck).map(|row| ContactId(row.id)).collect();
    let unsettled = told.iter().filter(|row| row.unsettled).map(|row| ContactId(row.id)).collect();
    Ok(Found { merged: told.iter().any(|row| row.merged), struck, unsettled })
}
