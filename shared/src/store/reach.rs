//! Who cannot be reached: a customer whom sends did not reach on several days, until they write or one
//! arrives.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::ContactId;
use crate::store::error::StoreError;

/// Days on which sends failed before a customer counts as out of reach. One failure alone may be a
/// phone that was off (platform notes, section 13, 131026).
const DAYS: i32 = 3;

/// Notes that sends to `contacts` could not be delivered: once a day each.
pub async fn missed(conn: &mut PgConnection, contacts: &[ContactId]) -> Result<(), StoreError> {
    if contacts.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
    sqlx::query!(
        "with meant as (
             select id from contacts
             where id = any($1) and undeliverable_day is distinct from (now() at time zone 'utc')::date
             order by id for update
         )
         update contacts c
         set undeliverable_strikes = least(c.undeliverable_strikes + 1, 1000),
             undeliverable_day = (now() at time zone 'utc')::date,
             undeliverable_at = case when c.undeliverable_strikes + 1 >= $2 then coalesce(c.undeliverable_at, now()) end
         from meant where c.id = meant.id",
        &ids,
        DAYS
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that `contacts` were reached, or wrote: they begin anew.
pub async fn reached(conn: &mut PgConnection, contacts: &[ContactId]) -> Result<(), StoreError> {
    if contacts.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
    sqlx::query!(
        "with meant as (
             select id from contacts where id = any($1) and undeliverable_strikes > 0 order by id for update
         )
         update contacts c set undeliverable_strikes = 0, undeliverable_day = null, undeliverable_at = null
         from meant where c.id = meant.id",
        &ids
    )
    .execute(conn)
    .await?;
    Ok(())
}
