//! A contact by what the path says, locked where it is changed, and shown when that is done.

use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{ContactId, MerchantId};
use shared::store::audit::{self, Entry};
use shared::store::contacts::change::{self, Profile};
use shared::store::contacts::read;
use shared::store::flows::happenings;
use shared::store::{PgConnection, StoreError, Transaction};

use super::flows;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::state::AppState;

/// Messages by which it is judged how a contact and the merchant write to each other.
const JUDGED_BY: i64 = 10_000;

/// The contact that `given` names: its id, or its address on the channel.
pub(super) async fn find(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    given: &str,
) -> Result<ContactId, ApiError> {
    // No row holds a NUL, and no query takes one.
    let given = Some(given).filter(|given| !given.contains('\0')).ok_or(ApiError::NotFound("contact"))?;
    let found = read::find(conn, merchant, channel, given).await?;
    found.ok_or(ApiError::NotFound("contact"))
}

/// The contact that `given` names, on whichever channel its id is known.
pub(super) async fn find_anywhere(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    given: &str,
) -> Result<ContactId, ApiError> {
    let others = Channel::ALL.into_iter().filter(|other| *other != channel);
    for channel in std::iter::once(channel).chain(others) {
        match find(&mut *conn, merchant, channel, given).await {
            Err(ApiError::NotFound(_)) => {}
            found => return found,
        }
    }
    Err(ApiError::NotFound("contact"))
}

/// A contact that is being changed.
pub(super) struct Changing {
    pub(super) transaction: Transaction,
    pub(super) id: ContactId,
    pub(super) profile: Profile,
}

/// Locks the contact that `given` names.
pub(super) async fn lock(state: &AppState, caller: &Caller, door: Door, given: &str) -> Result<Changing, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = find(&mut transaction, caller.merchant_id, door.channel, given).await?;
    let profile = change::lock(&mut transaction, caller.merchant_id, id).await?;
    let profile = profile.ok_or(ApiError::NotFound("contact"))?;
    Ok(Changing { transaction, id, profile })
}

impl Changing {
    /// Writes `profile` where it says something new, notes who did `action`, and shows the contact.
    pub(super) async fn write(
        mut self,
        state: &AppState,
        caller: &Caller,
        door: Door,
        action: &'static str,
        profile: &Profile,
    ) -> Result<Data<ContactDetails>, ApiError> {
        if *profile != self.profile {
            change::write(&mut self.transaction, caller.merchant_id, self.id, profile).await?;
            let (before, after) = difference(&self.profile, profile);
            record(&mut self.transaction, caller, action, self.id, Some(before), Some(after)).await?;
        }
        let happened = happenings::between(&self.profile, profile);
        let told = flows::tell(&mut self.transaction, state, caller, self.id, &happened).await?;
        let shown = show(self.transaction, caller.merchant_id, door, self.id).await?;
        flows::wake(state, told).await;
        Ok(shown)
    }
}

/// Commits, and shows the contact as it is then.
pub(super) async fn show(
    mut transaction: Transaction,
    merchant: MerchantId,
    door: Door,
    id: ContactId,
) -> Result<Data<ContactDetails>, ApiError> {
    let contact = read::get(&mut transaction, merchant, door.channel, id).await?;
    let contact = contact.ok_or(ApiError::NotFound("contact"))?;
    let engagement = read::engagement(&mut transaction, merchant, door.channel, id, JUDGED_BY).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(ContactDetails::new(contact, engagement)))
}

/// Notes who did `action` to a contact.
pub(super) async fn record(
    conn: &mut PgConnection,
    caller: &Caller,
    action: &'static str,
    id: ContactId,
    before: Option<Value>,
    after: Option<Value>,
) -> Result<(), ApiError> {
    let entry = Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action,
        entity: "contact",
        entity_id: id.0,
        before,
        after,
        at: clock::now(),
    };
    Ok(audit::record(conn, &entry).await?)
}

/// What an entry tells of a change: tags as they are, and of what is personal the names alone, since what a person wants
/// erased must not stand in a history that nobody may change.
fn difference(before: &Profile, after: &Profile) -> (Value, Value) {
    let mut changed: Vec<String> = Vec::new();
    let mut note = |name: &str, is_changed: bool| {
        if is_changed {
            changed.push(name.to_owned());
        }
    };
    note("displayName", before.display_name != after.display_name);
    note("email", before.email != after.email);
    note("locale", before.locale != after.locale);
    note("timezone", before.timezone != after.timezone);
    let names = |attributes: &Value| -> Vec<String> {
        attributes.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    let mut attributes = names(&before.attributes);
    attributes.extend(names(&after.attributes));
    attributes.sort_unstable();
    attributes.dedup();
    for name in attributes {
        note(&format!("attributes.{name}"), before.attributes.get(&name) != after.attributes.get(&name));
    }
    (json!({ "tags": before.tags }), json!({ "tags": after.tags, "changed": changed }))
}
