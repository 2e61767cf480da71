//! What customers told the platform they want: a consent, given or withdrawn.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use shared::domain::ids::{AccountId, MerchantId};
use shared::domain::person::Person;
use shared::domain::platform_news::Preference;
use shared::store::consents::{self, PlatformWish};
use shared::store::contacts::{self, Sighting};
use shared::store::{Keyring, PgConnection, StoreError};

/// A preference that speaks of marketing.
pub(super) struct Told<'a> {
    pub(super) merchant_id: MerchantId,
    /// The number it was told for.
    pub(super) account_id: AccountId,
    pub(super) preference: &'a Preference,
    pub(super) granted: bool,
    pub(super) at: DateTime<Utc>,
}

/// Notes what `told` says; whoever is not known yet is added. Gives how many were new.
pub(super) async fn apply(conn: &mut PgConnection, keyring: &Keyring, told: &[&Told<'_>]) -> Result<u64, StoreError> {
    if told.is_empty() {
        return Ok(0);
    }
    let sightings: Vec<Sighting<'_>> = told.iter().map(|told| sighting(told)).collect();
    let people = contacts::meet(conn, keyring, &sightings).await?.contacts;
    let wishes: Vec<PlatformWish> = told
        .iter()
        .zip(people)
        .map(|(told, contact_id)| PlatformWish {
            merchant_id: told.merchant_id,
            contact_id,
            granted: told.granted,
            proof: told.preference.words.clone(),
            at: told.at,
        })
        .collect();
    consents::note_platform_wishes(conn, &wishes).await
}

fn sighting<'a>(told: &Told<'a>) -> Sighting<'a> {
    Sighting {
        person: Person {
            merchant_id: told.merchant_id,
            account_id: told.account_id,
            identities: Cow::Borrowed(&told.preference.identities),
        },
        succession: None,
        display_name: told.preference.display_name.as_deref(),
        username: told.preference.username.as_deref(),
        at: told.at,
    }
}
