//! What a merchant says of contacts: who they are called, their tags and attributes, and that two are one.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{meet, merge};
use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, MerchantId};
use crate::store::audit::Actor;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// What a merchant may say of a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// The name.
    pub display_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The language.
    pub locale: Option<String>,
    /// The time zone.
    pub timezone: Option<String>,
    /// The tags.
    pub tags: Vec<String>,
    /// What else there is: an object.
    pub attributes: Value,
}

/// A contact to add.
#[derive(Clone, Debug)]
pub struct NewContact<'a> {
    /// Whose.
    pub merchant_id: MerchantId,
    /// Where it is written to.
    pub address: &'a Identity,
    /// The account on which that means something, where it is not the whole merchant's.
    pub account_id: Option<AccountId>,
    /// What is said of it.
    pub profile: &'a Profile,
}

/// Adds a contact that nobody has written as yet; the one that has the address already, where there is one.
pub async fn add(conn: &mut PgConnection, new: &NewContact<'_>) -> Result<Result<ContactId, ContactId>, StoreError> {
    meet::lock_alone(conn, new.merchant_id).await?;
    let scope = match new.account_id {
        Some(account) if !new.address.kind.is_merchant_wide() => account.0,
        _ => Uuid::nil(),
    };
    let taken = sqlx::query_scalar!(
        "select contact_id from identities where merchant_id = $1 and kind = $2 and value = $3 and scope = $4",
        new.merchant_id.0,
        new.address.kind.as_str(),
        new.address.value.as_str(),
        scope
    )
    .fetch_optional(&mut *conn)
    .await?;
    if let Some(taken) = taken {
        return Ok(Err(taken.into()));
    }
    let id = ContactId::new();
    let Profile { display_name, email, locale, timezone, tags, attributes } = new.profile;
    sqlx::query!(
        "insert into contacts (id, merchant_id, display_name, email, locale, timezone, tags, attributes, channels, source)
         values ($1, $2, $3, $4, $5, $6, $7, $8, array[$9::text], 'api')",
        id.0,
        new.merchant_id.0,
        display_name.as_deref(),
        email.as_deref(),
        locale.as_deref(),
        timezone.as_deref(),
        tags,
        attributes,
        new.address.kind.channel().as_str()
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into identities (merchant_id, kind, value, scope, contact_id) values ($1, $2, $3, $4, $5)",
        new.merchant_id.0,
        new.address.kind.as_str(),
        new.address.value.as_str(),
        scope,
        id.0
    )
    .execute(conn)
    .await
    .map_err(|error| StoreError::from(error).or_raced("identities_pkey"))?;
    Ok(Ok(id))
}

/// Locks a contact of `merchant` until the transaction ends; what is said of it.
pub async fn lock(conn: &mut PgConnection, merchant: MerchantId, id: ContactId) -> Result<Option<Profile>, StoreError> {
    let row = sqlx::query!(
        "select display_name, email, locale, timezone, tags, attributes, merged_into from contacts
         where merchant_id = $1 and id = $2 for no key update",
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        if row.merged_into.is_some() {
            // It turned out to be another while we waited for it.
            return Err(StoreError::Raced("contacts"));
        }
        Ok(Profile {
            display_name: row.display_name,
            email: row.email,
            locale: row.locale,
            timezone: row.timezone,
            tags: row.tags,
            attributes: row.attributes,
        })
    })
    .transpose()
}

/// Says of a locked contact what `profile` says.
pub async fn write(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ContactId,
    profile: &Profile,
) -> Result<(), StoreError> {
    let Profile { display_name, email, locale, timezone, tags, attributes } = profile;
    sqlx::query!(
        "update contacts
         set display_name = $3, email = $4, locale = $5, timezone = $6, tags = $7, attributes = $8
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        display_name.as_deref(),
        email.as_deref(),
        locale.as_deref(),
        timezone.as_deref(),
        tags,
        attributes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the contact `goes` one with `stays`, as `by` says, who is noted; false where either is not `merchant`'s, or is
/// none any more. Nothing is undone afterwards.
pub async fn join(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merchant: MerchantId,
    stays: ContactId,
    goes: ContactId,
    by: Actor,
) -> Result<bool, StoreError> {
    meet::lock_alone(conn, merchant).await?;
    let standing = sqlx::query_scalar!(
        r#"select count(*) as "count!" from contacts
           where merchant_id = $1 and id = any($2) and merged_into is null and erased_at is null"#,
        merchant.0,
        &[stays.0, goes.0]
    )
    .fetch_one(&mut *conn)
    .await?;
    if standing != 2 {
        return Ok(false);
    }
    merge::merge(conn, keyring, &BTreeMap::from([(goes, stays)]), by).await?;
    Ok(true)
}
