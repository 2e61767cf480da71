//! Writing which addresses lead where, and which did.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::columns::Columns;
use crate::domain::person::{AddressKey, Changes};
use crate::store::error::StoreError;

/// Writes the addresses of `changes`. Its contacts are there, and the merchants' lock is held alone.
pub(super) async fn write(conn: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    let given_up: Vec<&AddressKey> =
        changes.holders.iter().filter(|(_, holder)| holder.is_none()).map(|(key, _)| key).collect();
    let led: Vec<(&AddressKey, Uuid)> =
        changes.holders.iter().filter_map(|(key, holder)| Some((key, holder.as_ref()?.0))).collect();
    lead_nowhere(conn, &given_up).await?;
    lead(conn, &led).await?;
    remember(conn, changes).await
}

/// Writes the addresses of strangers, where nobody took one of them meanwhile: the merchants' lock is held, but
/// shared. The order of the keys is that in which others who do the same wait.
pub(super) async fn lead_strangers(conn: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    let led: Vec<(&AddressKey, Uuid)> =
        changes.holders.iter().filter_map(|(key, holder)| Some((key, holder.as_ref()?.0))).collect();
    let columns = Columns::of(led.iter().map(|(key, _)| *key));
    let contacts: Vec<Uuid> = led.iter().map(|(_, contact)| *contact).collect();
    let written = sqlx::query!(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
         select new.* from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])
                           as new (merchant_id, kind, value, scope, contact_id)
         where not exists (
             select from former_addresses f
             where f.merchant_id = new.merchant_id and f.kind = new.kind and f.value = new.value and f.scope = new.scope
         )
         order by new.merchant_id, new.kind, new.value, new.scope",
        &columns.merchants,
        &columns.kinds as &[&str],
        &columns.values as &[&str],
        &columns.scopes,
        &contacts
    )
    .execute(conn)
    .await
    .map_err(|error| StoreError::from(error).or_raced("identities_pkey"))?;
    if written.rows_affected() == led.len() as u64 { Ok(()) } else { Err(StoreError::Raced("former_addresses")) }
}

async fn lead_nowhere(conn: &mut PgConnection, keys: &[&AddressKey]) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(keys.iter().copied());
    sqlx::query!(
        "delete from identities where (merchant_id, kind, value, scope)
             in (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]))",
        &columns.merchants,
        &columns.kinds as &[&str],
        &columns.values as &[&str],
        &columns.scopes
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn lead(conn: &mut PgConnection, led: &[(&AddressKey, Uuid)]) -> Result<(), StoreError> {
    if led.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(led.iter().map(|(key, _)| *key));
    let contacts: Vec<Uuid> = led.iter().map(|(_, contact)| *contact).collect();
    // An address that changes hands is new to who has it now: the newest is written to first.
    sqlx::query!(
        "insert into identities as i (merchant_id, kind, value, scope, contact_id)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])
         on conflict (merchant_id, kind, value, scope) do update
         set contact_id = excluded.contact_id, created_at = now()
         where i.contact_id <> excluded.contact_id",
        &columns.merchants,
        &columns.kinds as &[&str],
        &columns.values as &[&str],
        &columns.scopes,
        &contacts
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn remember(conn: &mut PgConnection, changes: &Changes) -> Result<(), StoreError> {
    if changes.former.is_empty() {
        return Ok(());
    }
    let columns = Columns::of(changes.former.iter().map(|former| &former.key));
    let contacts: Vec<Uuid> = changes.former.iter().map(|former| former.contact.0).collect();
    let untils: Vec<DateTime<Utc>> = changes.former.iter().map(|former| former.until).collect();
    sqlx::query!(
        "insert into former_addresses (merchant_id, kind, value, scope, contact_id, until)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::timestamptz[])
         on conflict do nothing",
        &columns.merchants,
        &columns.kinds as &[&str],
        &columns.values as &[&str],
        &columns.scopes,
        &contacts,
        &untils
    )
    .execute(conn)
    .await?;
    Ok(())
}
