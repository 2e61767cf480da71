//! Finding the contacts of people who write.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::shown::{self, Found, Shown};
use super::{Met, known, merge, succession};
use crate::domain::ids::{ContactId, MerchantId};
use crate::domain::person::{self, AddressBook, AddressKey, Glance, Person, Succession};
use crate::store::audit::Actor;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// A customer who wrote, with what their message shows of them.
#[derive(Clone, Debug)]
pub struct Sighting<'a> {
    /// Who.
    pub person: Person<'a>,
    /// The change of their addresses that the message tells of.
    pub succession: Option<&'a Succession>,
    /// The name they show.
    pub display_name: Option<&'a str>,
    /// The user name they show.
    pub username: Option<&'a str>,
    /// When they wrote.
    pub at: DateTime<Utc>,
}

/// The contact of each of `sightings`, in their order; whoever is new is added, addresses not known
/// before are learnt, changes of addresses followed, contacts that turn out to be one merged. The
/// contacts stay locked until the transaction ends. Idempotent, and safe beside other processes that
/// see the same people.
pub async fn meet(conn: &mut PgConnection, keyring: &Keyring, sightings: &[Sighting<'_>]) -> Result<Met, StoreError> {
    meet_guessing(conn, keyring, sightings, |_| Vec::new()).await
}

/// The same, where `guess` remembers of some addresses what was [settled](Met::settled) before, so that they need not be
/// looked up. The race is lost where that no longer holds: begin again without it.
pub async fn meet_guessing(
    conn: &mut PgConnection,
    keyring: &Keyring,
    sightings: &[Sighting<'_>],
    guess: impl FnOnce(&[&AddressKey]) -> Vec<(AddressKey, ContactId)>,
) -> Result<Met, StoreError> {
    let mut met = Met::default();
    let mut seen = look_up(conn, sightings, guess).await?;
    let changes = seen.book.changes();
    if changes.is_empty() || seen.book.only_strangers_came() {
        let shown = shown::of_each(sightings, &seen.contacts);
        if !changes.is_empty() {
            lock_merchants(conn, sightings, Hold::Shared).await?;
            shown::add(conn, &changes, &shown).await?;
            succession::lead_strangers(conn, &changes).await?;
            met.new.extend(changes.new.keys());
        }
        let found = note(conn, &shown, &met.new).await?;
        if !seen.guessed.is_disjoint(&found.unsettled) {
            return Err(StoreError::Raced("contacts"));
        }
        if !found.merged {
            seen.settled.retain(|(_, contact)| !found.unsettled.contains(contact));
            return Ok(Met { contacts: seen.contacts, struck: found.struck, settled: seen.settled, ..met });
        }
        // Who shares the lock does not wait to have it alone: two who did would wait for each other.
        if !met.new.is_empty() {
            return Err(StoreError::Raced("contacts"));
        }
        // A contact that was merged since it was looked up is looked up once more, when nobody can merge.
    }
    lock_merchants(conn, sightings, Hold::Alone).await?;
    let Seen { book, contacts, .. } = look_up(conn, sightings, |_| Vec::new()).await?;
    let changes = book.changes();
    let shown = shown::of_each(sightings, &contacts);
    shown::add(conn, &changes, &shown).await?;
    merge::merge(conn, keyring, &changes.merged, Actor::System).await?;
    succession::write(conn, &changes).await?;
    met.new.extend(changes.new.keys());
    let found = note(conn, &shown, &met.new).await?;
    Ok(Met { contacts, merged: changes.merged.len(), struck: found.struck, ..met })
}

/// Notes what is shown of those who are not `new`; of the others it is written already.
async fn note(
    conn: &mut PgConnection,
    shown: &[(ContactId, Shown<'_>)],
    new: &HashSet<ContactId>,
) -> Result<Found, StoreError> {
    let old: Vec<_> = shown.iter().filter(|(id, _)| !new.contains(id)).copied().collect();
    shown::note(conn, &old).await
}

/// What was found of sightings.
struct Seen {
    /// Of those whom a glance does not settle.
    book: AddressBook,
    /// The contact of each.
    contacts: Vec<ContactId>,
    /// The addresses of those whom a glance settles.
    settled: Vec<(AddressKey, ContactId)>,
    /// Those who were guessed.
    guessed: HashSet<ContactId>,
}

/// Reads what is known of everyone in `sightings`, and judges by it who each of them is. Of those whom a glance settles
/// no more is read.
async fn look_up(
    conn: &mut PgConnection,
    sightings: &[Sighting<'_>],
    guess: impl FnOnce(&[&AddressKey]) -> Vec<(AddressKey, ContactId)>,
) -> Result<Seen, StoreError> {
    let keys: Vec<Vec<AddressKey>> = sightings.iter().map(Sighting::keys).collect();
    let distinct: hashbrown::HashSet<&AddressKey> = keys.iter().flatten().collect();
    let distinct: Vec<&AddressKey> = distinct.into_iter().collect();
    let (mut glance, mut guessed) = (Glance::default(), HashSet::new());
    for (key, contact) in guess(&distinct) {
        guessed.insert(contact);
        glance.enter(key, contact);
    }
    let mut asked: Vec<&AddressKey> = distinct.into_iter().filter(|key| !glance.knows(key)).collect();
    // One after another in the index that they are looked up in.
    asked.sort_unstable();
    known::enter(conn, &asked, &mut glance).await?;
    let shown: Vec<person::Shown<'_>> = sightings
        .iter()
        .zip(&keys)
        .map(|(sighting, keys)| person::Shown { keys, tells_change: sighting.succession.is_some() })
        .collect();
    let found = glance.settle(&shown);

    let open = keys.iter().zip(&found).filter(|(_, contact)| contact.is_none());
    let asked: BTreeSet<&AddressKey> = open.flat_map(|(keys, _)| keys).filter(|key| glance.knows(key)).collect();
    let mut book = if asked.is_empty() { AddressBook::default() } else { known::read(conn, &asked).await? };
    let met = sightings.iter().zip(&found).map(|(sighting, found)| match found {
        Some(contact) => Ok(*contact),
        None => sighting.find(&mut book),
    });
    let met = met.collect::<Result<Vec<_>, _>>()?;
    let contacts = met.into_iter().map(|contact| book.resolve(contact)).collect();
    let settled = keys.into_iter().zip(found).filter_map(|(keys, contact)| Some((keys, contact?)));
    let settled = settled.flat_map(|(keys, contact)| keys.into_iter().map(move |key| (key, contact))).collect();
    Ok(Seen { book, contacts, settled, guessed })
}

impl Sighting<'_> {
    /// All addresses that it speaks of, each once.
    fn keys(&self) -> Vec<AddressKey> {
        let Some(change) = self.succession else {
            return self.person.keys();
        };
        let changed = [&change.before, &change.after].into_iter().flat_map(|given| self.person.keys_of(given));
        let all: BTreeSet<AddressKey> = changed.chain(self.person.keys()).collect();
        all.into_iter().collect()
    }

    fn find(&self, book: &mut AddressBook) -> Result<ContactId, StoreError> {
        let changed = self.succession.and_then(|change| book.follow(&self.person, change, self.at));
        changed.or_else(|| book.meet(&self.person, self.at)).ok_or_else(|| StoreError::Corrupt {
            table: "identities",
            problem: "a person without an address".to_owned(),
        })
    }
}

/// How a transaction holds who is who among a merchant's customers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Nobody else changes it.
    Alone,
    /// Others too add strangers, and nobody changes anything else.
    Shared,
}

async fn lock_merchants(conn: &mut PgConnection, sightings: &[Sighting<'_>], hold: Hold) -> Result<(), StoreError> {
    lock(conn, &sightings.iter().map(|sighting| sighting.person.merchant_id).collect(), hold).await
}

/// Holds who is who among the customers of `merchant` until the transaction ends; nobody else changes it.
pub(super) async fn lock_alone(conn: &mut PgConnection, merchant: MerchantId) -> Result<(), StoreError> {
    lock(conn, &BTreeSet::from([merchant]), Hold::Alone).await
}

async fn lock(conn: &mut PgConnection, merchants: &BTreeSet<MerchantId>, hold: Hold) -> Result<(), StoreError> {
    let merchants: Vec<Uuid> = merchants.iter().map(|merchant| merchant.0).collect();
    sqlx::query!(
        "select case when $2 then pg_advisory_xact_lock(key) else pg_advisory_xact_lock_shared(key) end
         from unnest($1::uuid[]) with ordinality as wanted (merchant, position),
              hashtextextended('who is who ' || merchant, 0) as key
         order by position",
        &merchants,
        hold == Hold::Alone
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}
