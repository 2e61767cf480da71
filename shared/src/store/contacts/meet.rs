//! Finding the contacts of people who write.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::{self, Columns};
use super::{Met, merge, succession};
use crate::domain::ids::{ContactId, MerchantId};
use crate::domain::person::{Address, AddressBook, AddressKey, Known, Newcomer, Person, Succession};
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// A customer who wrote, with what their message shows of them.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Who.
    pub person: Person,
    /// The change of their addresses that the message tells of.
    pub succession: Option<Succession>,
    /// The name they show.
    pub display_name: Option<String>,
    /// The user name they show.
    pub username: Option<String>,
    /// When they wrote.
    pub at: DateTime<Utc>,
}

/// The contact of each of `sightings`, in their order; whoever is new is added, addresses not known
/// before are learnt, changes of addresses followed, contacts that turn out to be one merged. The
/// contacts stay locked until the transaction ends. Idempotent, and safe beside other processes that
/// see the same people.
pub async fn meet(conn: &mut PgConnection, keyring: &Keyring, sightings: &[Sighting]) -> Result<Met, StoreError> {
    let (book, contacts) = look_up(conn, sightings).await?;
    // A contact that was merged since it was looked up is looked up once more, when nobody can merge.
    if book.changes().is_empty() && touch(conn, sightings, &contacts).await? {
        return Ok(Met { contacts, merged: 0 });
    }
    lock_merchants(conn, sightings).await?;
    let (book, contacts) = look_up(conn, sightings).await?;
    let changes = book.changes();
    add_contacts(conn, &changes.new).await?;
    merge::merge(conn, keyring, &changes.merged).await?;
    succession::write(conn, &changes).await?;
    touch(conn, sightings, &contacts).await?;
    Ok(Met { contacts, merged: changes.merged.len() })
}

/// Reads what is known of everyone in `sightings`, and judges by it who each of them is.
async fn look_up(conn: &mut PgConnection, sightings: &[Sighting]) -> Result<(AddressBook, Vec<ContactId>), StoreError> {
    let keys: BTreeSet<AddressKey> = sightings.iter().flat_map(Sighting::keys).collect();
    let mut book = read(conn, &keys).await?;
    let met = sightings.iter().map(|sighting| sighting.find(&mut book)).collect::<Result<Vec<_>, _>>()?;
    let contacts = met.into_iter().map(|contact| book.resolve(contact)).collect();
    Ok((book, contacts))
}

impl Sighting {
    fn keys(&self) -> impl Iterator<Item = AddressKey> {
        let changed = self.succession.iter().flat_map(|change| [&change.before, &change.after]);
        changed.flat_map(|identities| self.person.keys_of(identities)).chain(self.person.keys())
    }

    fn find(&self, book: &mut AddressBook) -> Result<ContactId, StoreError> {
        let changed = self.succession.as_ref().and_then(|change| book.follow(&self.person, change, self.at));
        changed.or_else(|| book.meet(&self.person, self.at)).ok_or_else(|| StoreError::Corrupt {
            table: "identities",
            problem: "a person without an address".to_owned(),
        })
    }
}

/// The contacts that have or had one of `keys`, with all the addresses they have or had.
async fn read(conn: &mut PgConnection, keys: &BTreeSet<AddressKey>) -> Result<AddressBook, StoreError> {
    let columns = Columns::of(keys.iter());
    let rows = sqlx::query!(
        r#"with shown as (
               select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) as key (merchant_id, kind, value, scope)
           ), known as (
               select contact_id from identities
               where (merchant_id, kind, value, scope) in (select * from shown)
               union
               select contact_id from former_addresses
               where (merchant_id, kind, value, scope) in (select * from shown)
           ), addresses as (
               select merchant_id, kind, value, scope, contact_id, null::timestamptz as until
               from identities where contact_id in (select * from known)
               union all
               select merchant_id, kind, value, scope, contact_id, until
               from former_addresses where contact_id in (select * from known)
           )
           select a.merchant_id as "merchant_id!", a.kind as "kind!", a.value as "value!", a.scope as "scope!",
                  a.contact_id as "contact_id!", a.until,
                  coalesce(c.first_interaction_at, c.created_at) as "first_seen!",
                  coalesce(c.last_interaction_at, c.first_interaction_at, c.created_at) as "last_seen!",
                  coalesce(c.last_certain_at, c.last_interaction_at, c.created_at) as "last_certain!"
           from addresses a
           join contacts c on c.id = a.contact_id"#,
        &columns.merchants,
        &columns.kinds,
        &columns.values,
        &columns.scopes
    )
    .fetch_all(conn)
    .await?;
    let contacts: Vec<Known> = rows
        .iter()
        .map(|row| Known {
            id: row.contact_id.into(),
            merchant_id: row.merchant_id.into(),
            first_seen: row.first_seen,
            last_seen: row.last_seen,
            last_certain: row.last_certain,
        })
        .collect();
    let addresses = rows
        .into_iter()
        .map(|row| {
            let key = columns::key(row.merchant_id, &row.kind, row.value, row.scope)?;
            Ok(Address { key, contact: row.contact_id.into(), until: row.until })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(AddressBook::of(contacts, addresses))
}

/// From here on nobody else changes who is who among the merchants' customers.
async fn lock_merchants(conn: &mut PgConnection, sightings: &[Sighting]) -> Result<(), StoreError> {
    let merchants: BTreeSet<MerchantId> = sightings.iter().map(|sighting| sighting.person.merchant_id).collect();
    let merchants: Vec<Uuid> = merchants.into_iter().map(Uuid::from).collect();
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('who is who ' || merchant, 0))
         from unnest($1::uuid[]) with ordinality as wanted (merchant, position) order by position",
        &merchants
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

async fn add_contacts(conn: &mut PgConnection, new: &BTreeMap<ContactId, Newcomer>) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = new.keys().map(|id| id.0).collect();
    let merchants: Vec<Uuid> = new.values().map(|newcomer| newcomer.merchant_id.0).collect();
    let firsts: Vec<DateTime<Utc>> = new.values().map(|newcomer| newcomer.at).collect();
    sqlx::query!(
        "insert into contacts (id, merchant_id, first_interaction_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])",
        &ids,
        &merchants,
        &firsts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What sightings show of one contact.
#[derive(Clone, Copy)]
struct Shown<'a> {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    certain: Option<DateTime<Utc>>,
    display_name: Option<&'a String>,
    username: Option<&'a String>,
}

/// Locks `contacts` and notes what is shown of them; a name that is there stays: a merchant may have
/// corrected it. False where one of them has been merged into another meanwhile.
async fn touch(conn: &mut PgConnection, sightings: &[Sighting], contacts: &[ContactId]) -> Result<bool, StoreError> {
    let mut latest: HashMap<ContactId, Shown<'_>> = HashMap::new();
    for (sighting, contact) in sightings.iter().zip(contacts) {
        let at = sighting.at;
        let new = Shown { first: at, last: at, certain: None, display_name: None, username: None };
        let shown = latest.entry(*contact).or_insert(new);
        shown.first = shown.first.min(at);
        shown.last = shown.last.max(at);
        if sighting.succession.is_some() || sighting.person.is_certain() {
            shown.certain = shown.certain.max(Some(at));
        }
        shown.display_name = sighting.display_name.as_ref().or(shown.display_name);
        shown.username = sighting.username.as_ref().or(shown.username);
    }
    let mut rows: Vec<_> = latest.into_iter().collect();
    rows.sort_unstable_by_key(|(contact, _)| *contact);
    let ids: Vec<Uuid> = rows.iter().map(|(contact, _)| contact.0).collect();
    let firsts: Vec<DateTime<Utc>> = rows.iter().map(|(_, shown)| shown.first).collect();
    let lasts: Vec<DateTime<Utc>> = rows.iter().map(|(_, shown)| shown.last).collect();
    let certain: Vec<Option<DateTime<Utc>>> = rows.iter().map(|(_, shown)| shown.certain).collect();
    let names: Vec<Option<String>> = rows.iter().map(|(_, shown)| shown.display_name.cloned()).collect();
    let usernames: Vec<Option<String>> = rows.iter().map(|(_, shown)| shown.username.cloned()).collect();
    // Locked in one order first: an UPDATE alone would lock in whatever order the join gives.
    let merged = sqlx::query_scalar!(
        r#"with locked as (select id from contacts where id = any($1) order by id for no key update)
           update contacts c
           set first_interaction_at = least(c.first_interaction_at, new.first),
               last_interaction_at = greatest(c.last_interaction_at, new.last),
               last_certain_at = greatest(c.last_certain_at, new.certain),
               display_name = coalesce(c.display_name, new.display_name),
               username = coalesce(new.username, c.username)
           from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[])
                as new (id, first, last, certain, display_name, username)
           join locked on locked.id = new.id
           where c.id = new.id
           returning c.merged_into is not null as "merged!""#,
        &ids,
        &firsts,
        &lasts,
        &certain as &[Option<DateTime<Utc>>],
        &names as &[Option<String>],
        &usernames as &[Option<String>]
    )
    .fetch_all(conn)
    .await?;
    Ok(!merged.contains(&true))
}
