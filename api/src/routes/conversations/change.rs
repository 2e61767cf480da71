//! A conversation that is being changed: locked, noted in the audit trail, and shown when that is done.

use serde_json::Value;
use shared::domain::clock;
use shared::domain::ids::ConversationId;
use shared::store::audit::{self, Entry};
use shared::store::conversations::handling::{self, Handling};
use shared::store::conversations::read;
use shared::store::{StoreError, Transaction};
use uuid::Uuid;

use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::state::AppState;

/// A conversation that is being changed.
pub(super) struct Changing {
    pub(super) transaction: Transaction,
    pub(super) before: Handling,
}

/// Locks the conversation `id`.
pub(super) async fn lock(state: &AppState, caller: &Caller, door: Door, id: Uuid) -> Result<Changing, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let before = handling::lock(&mut transaction, caller.merchant_id, door.channel, ConversationId(id)).await?;
    Ok(Changing { transaction, before: before.ok_or(ApiError::NotFound("conversation"))? })
}

impl Changing {
    /// Notes who did `action`.
    pub(super) async fn record(
        &mut self,
        caller: &Caller,
        action: &'static str,
        before: Value,
        after: Value,
    ) -> Result<(), ApiError> {
        let entry = Entry {
            merchant_id: caller.merchant_id,
            actor: caller.actor(),
            action,
            entity: "conversation",
            entity_id: self.before.id.0,
            before: Some(before),
            after: Some(after),
            at: clock::now(),
        };
        Ok(audit::record(&mut self.transaction, &entry).await?)
    }

    /// Commits, and shows the conversation as it is then.
    pub(super) async fn show(
        mut self,
        state: &AppState,
        caller: &Caller,
        door: Door,
    ) -> Result<Data<ConversationView>, ApiError> {
        let keys = state.keyring.of(&mut self.transaction, caller.merchant_id).await?;
        let found = read::get(&mut self.transaction, &keys, caller.merchant_id, door.channel, self.before.id).await?;
        self.transaction.commit().await.map_err(StoreError::Sql)?;
        Ok(Data(found.ok_or(ApiError::NotFound("conversation"))?.into()))
    }
}
