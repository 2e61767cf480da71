//! Addresses as columns.

use uuid::Uuid;

use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::ids::AccountId;
use crate::domain::person::AddressKey;
use crate::store::error::StoreError;

/// The columns of some addresses.
pub(super) struct Columns<'a> {
    pub(super) merchants: Vec<Uuid>,
    pub(super) kinds: Vec<&'static str>,
    pub(super) values: Vec<&'a str>,
    pub(super) scopes: Vec<Uuid>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(keys: impl Iterator<Item = &'a AddressKey> + Clone) -> Self {
        Self {
            merchants: keys.clone().map(|key| key.merchant_id.0).collect(),
            kinds: keys.clone().map(|key| key.identity.kind.as_str()).collect(),
            values: keys.clone().map(|key| key.identity.value.as_str()).collect(),
            scopes: keys.map(|key| key.scope.map_or_else(Uuid::nil, |account| account.0)).collect(),
        }
    }
}

/// The address of a row.
pub(super) fn key(merchant: Uuid, kind: &str, value: String, scope: Uuid) -> Result<AddressKey, StoreError> {
    let kind: IdentityKind =
        kind.parse().map_err(|error| StoreError::Corrupt { table: "identities", problem: format!("{error}") })?;
    Ok(AddressKey {
        merchant_id: merchant.into(),
        scope: (!scope.is_nil()).then_some(AccountId(scope)),
        identity: Identity { kind, value: value.into() },
    })
}
