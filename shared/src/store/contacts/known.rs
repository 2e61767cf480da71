//! Reading what is known of people.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use super::columns::{self, Columns};
use crate::domain::person::{Address, AddressBook, AddressKey, Glance, Known};
use crate::store::error::StoreError;

/// Enters into `glance` who has each of `keys`, and who had it.
pub(super) async fn enter(
    conn: &mut PgConnection,
    keys: &[&AddressKey],
    glance: &mut Glance,
) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(keys.iter().copied());
    let rows = sqlx::query!(
        r#"with shown as (
               select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
                        with ordinality as key (merchant_id, kind, value, scope, position)
           )
           select position as "position!", contact_id as "contact_id!", false as "is_former!"
           from shown join identities using (merchant_id, kind, value, scope)
           union all
           select position, contact_id, true from shown join former_addresses using (merchant_id, kind, value, scope)"#,
        &columns.merchants,
        &columns.kinds as &[&str],
        &columns.values as &[&str],
        &columns.scopes
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let place = usize::try_from(row.position - 1).ok();
        let Some(key) = place.and_then(|place| keys.get(place)) else { continue };
        let contact = row.contact_id.into();
        if row.is_former {
            glance.enter_former((*key).clone(), contact);
        } else {
            glance.enter((*key).clone(), contact);
        }
    }
    Ok(())
}

/// The contacts that have or had one of `keys`, with all the addresses they have or had.
pub(super) async fn read(conn: &mut PgConnection, keys: &BTreeSet<&AddressKey>) -> Result<AddressBook, StoreError> {
    let columns = Columns::of(keys.iter().copied());
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
        &columns.kinds as &[&str],
        &columns.values as &[&str],
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
