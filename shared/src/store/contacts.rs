//! Contacts and the addresses they are known by.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::ids::{AccountId, ContactId};
use crate::domain::person::{self, AddressKey, KnownAddresses, Match, Person};
use crate::store::error::StoreError;

/// A customer who wrote, with what their message shows of them.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// Who.
    pub person: Person,
    /// The name they show.
    pub display_name: Option<String>,
    /// The user name they show.
    pub username: Option<String>,
    /// When they wrote.
    pub at: DateTime<Utc>,
}

/// The contact of each of `sightings`, in their order; whoever is new is added, addresses not known
/// before are learnt. Idempotent, and safe beside other processes that see the same people.
pub async fn meet(conn: &mut PgConnection, sightings: &[Sighting]) -> Result<Vec<ContactId>, StoreError> {
    let keys: Vec<AddressKey> = sightings.iter().flat_map(|sighting| sighting.person.keys()).collect();
    let mut known = known_addresses(conn, &keys).await?;
    let claims = learn(sightings, &mut known)?;
    if !claims.is_empty() {
        add_contacts(conn, sightings, &claims).await?;
        add_addresses(conn, &claims).await?;
        // Another process may have been first: what stands now is what holds.
        known = known_addresses(conn, &keys).await?;
    }
    let contacts: Vec<ContactId> = sightings
        .iter()
        .map(|sighting| found(&sighting.person, &known).map(|found| found.contact_id))
        .collect::<Result<_, _>>()?;
    touch(conn, sightings, &contacts).await?;
    Ok(contacts)
}

/// Where an address is to lead.
struct Claim {
    contact: ContactId,
    /// Whether it is taken from whom it led to: someone shows a phone number together with a
    /// business-scoped id, which tells the person for certain.
    moves: bool,
}

/// Each address that has to be written, and where it is to lead. Several sightings of one batch
/// learn from one another, in their order.
fn learn(sightings: &[Sighting], known: &mut KnownAddresses) -> Result<BTreeMap<AddressKey, Claim>, StoreError> {
    let mut claims = BTreeMap::new();
    for sighting in sightings {
        let found = found(&sighting.person, known)?;
        let certain = sighting.person.identities.iter().any(|identity| identity.kind == IdentityKind::Bsuid);
        for key in found.claims {
            if key.identity.kind == IdentityKind::Bsuid {
                known.bsuids.entry(found.contact_id).or_default().push(key.identity.value.clone());
            }
            known.owners.insert(key.clone(), found.contact_id);
            let moves = certain && key.identity.kind == IdentityKind::Phone;
            claims.insert(key, Claim { contact: found.contact_id, moves });
        }
    }
    Ok(claims)
}

fn found(person: &Person, known: &KnownAddresses) -> Result<Match, StoreError> {
    person::find(person, known)
        .ok_or_else(|| StoreError::Corrupt { table: "identities", problem: "a person without an address".to_owned() })
}

async fn known_addresses(conn: &mut PgConnection, keys: &[AddressKey]) -> Result<KnownAddresses, StoreError> {
    let columns = Columns::of(keys);
    let rows = sqlx::query!(
        r#"select i.merchant_id, i.kind, i.value, i.scope, i.contact_id,
                  (select array_agg(b.value) from identities b
                   where b.contact_id = i.contact_id and b.kind = 'bsuid') as bsuids
           from identities i
           where (i.merchant_id, i.kind, i.value, i.scope)
                 in (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]))"#,
        &columns.merchants,
        &columns.kinds,
        &columns.values,
        &columns.scopes
    )
    .fetch_all(conn)
    .await?;
    let mut known = KnownAddresses::default();
    for row in rows {
        let contact = ContactId(row.contact_id);
        let key = AddressKey {
            merchant_id: row.merchant_id.into(),
            scope: (!row.scope.is_nil()).then_some(AccountId(row.scope)),
            identity: Identity { kind: read_kind(&row.kind)?, value: row.value },
        };
        known.owners.insert(key, contact);
        known.bsuids.insert(contact, row.bsuids.unwrap_or_default());
    }
    Ok(known)
}

async fn add_contacts(
    conn: &mut PgConnection,
    sightings: &[Sighting],
    claims: &BTreeMap<AddressKey, Claim>,
) -> Result<(), StoreError> {
    let mut new: BTreeMap<ContactId, (Uuid, DateTime<Utc>)> = BTreeMap::new();
    for sighting in sightings {
        for key in sighting.person.keys() {
            if let Some(claim) = claims.get(&key) {
                new.entry(claim.contact).or_insert((key.merchant_id.0, sighting.at));
            }
        }
    }
    let ids: Vec<Uuid> = new.keys().map(|id| id.0).collect();
    let merchants: Vec<Uuid> = new.values().map(|(merchant, _)| *merchant).collect();
    let firsts: Vec<DateTime<Utc>> = new.values().map(|(_, at)| *at).collect();
    sqlx::query!(
        "insert into contacts (id, merchant_id, first_interaction_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[])
         on conflict (id) do nothing",
        &ids,
        &merchants,
        &firsts
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn add_addresses(conn: &mut PgConnection, claims: &BTreeMap<AddressKey, Claim>) -> Result<(), StoreError> {
    let keys: Vec<AddressKey> = claims.keys().cloned().collect();
    let columns = Columns::of(&keys);
    let contacts: Vec<Uuid> = claims.values().map(|claim| claim.contact.0).collect();
    let moves: Vec<bool> = claims.values().map(|claim| claim.moves).collect();
    sqlx::query!(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])
         on conflict (merchant_id, kind, value, scope) do nothing",
        &columns.merchants,
        &columns.kinds,
        &columns.values,
        &columns.scopes,
        &contacts
    )
    .execute(&mut *conn)
    .await?;
    if !moves.contains(&true) {
        return Ok(());
    }
    sqlx::query!(
        "update identities i set contact_id = new.contact_id
         from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::bool[])
              as new (merchant_id, kind, value, scope, contact_id, moves)
         where new.moves and i.merchant_id = new.merchant_id and i.kind = new.kind and i.value = new.value
           and i.scope = new.scope and i.contact_id <> new.contact_id",
        &columns.merchants,
        &columns.kinds,
        &columns.values,
        &columns.scopes,
        &contacts,
        &moves
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A name that is there stays: a merchant may have corrected it.
async fn touch(conn: &mut PgConnection, sightings: &[Sighting], contacts: &[ContactId]) -> Result<(), StoreError> {
    type Shown<'a> = (DateTime<Utc>, Option<&'a String>, Option<&'a String>);
    let mut latest: HashMap<ContactId, Shown<'_>> = HashMap::new();
    for (sighting, contact) in sightings.iter().zip(contacts) {
        let shown = latest.entry(*contact).or_insert((sighting.at, None, None));
        shown.0 = shown.0.max(sighting.at);
        shown.1 = sighting.display_name.as_ref().or(shown.1);
        shown.2 = sighting.username.as_ref().or(shown.2);
    }
    let mut rows: Vec<_> = latest.into_iter().collect();
    rows.sort_unstable_by_key(|(contact, _)| *contact);
    let ids: Vec<Uuid> = rows.iter().map(|(contact, _)| contact.0).collect();
    let times: Vec<DateTime<Utc>> = rows.iter().map(|(_, shown)| shown.0).collect();
    let names: Vec<Option<String>> = rows.iter().map(|(_, shown)| shown.1.cloned()).collect();
    let usernames: Vec<Option<String>> = rows.iter().map(|(_, shown)| shown.2.cloned()).collect();
    // Locked in one order first: an UPDATE alone would lock in whatever order the join gives.
    sqlx::query!(
        "with locked as (select id from contacts where id = any($1) order by id for no key update)
         update contacts c
         set last_interaction_at = greatest(c.last_interaction_at, new.at),
             display_name = coalesce(c.display_name, new.display_name),
             username = coalesce(new.username, c.username)
         from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[]) as new (id, at, display_name, username)
         join locked on locked.id = new.id
         where c.id = new.id",
        &ids,
        &times,
        &names as &[Option<String>],
        &usernames as &[Option<String>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn read_kind(text: &str) -> Result<IdentityKind, StoreError> {
    text.parse().map_err(|error| StoreError::Corrupt { table: "identities", problem: format!("{error}") })
}

struct Columns {
    merchants: Vec<Uuid>,
    kinds: Vec<String>,
    values: Vec<String>,
    scopes: Vec<Uuid>,
}

impl Columns {
    fn of(keys: &[AddressKey]) -> Self {
        Self {
            merchants: keys.iter().map(|key| key.merchant_id.0).collect(),
            kinds: keys.iter().map(|key| key.identity.kind.as_str().to_owned()).collect(),
            values: keys.iter().map(|key| key.identity.value.clone()).collect(),
            scopes: keys.iter().map(|key| key.scope.map_or_else(Uuid::nil, |account| account.0)).collect(),
        }
    }
}
