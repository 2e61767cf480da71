//! A flow that is being changed: locked, noted in the audit trail, and shown when that is done.

use serde_json::Value;
use shared::domain::clock;
use shared::domain::ids::{FlowId, MerchantId};
use shared::flow::Document;
use shared::store::audit::{self, Entry};
use shared::store::flows::authoring::change::{self, Locked};
use shared::store::flows::authoring::versions;
use shared::store::{PgConnection, StoreError, Transaction};
use uuid::Uuid;

use super::get::{channel, details};
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::state::AppState;

/// A flow that is being changed.
pub(super) struct Changing {
    pub(super) transaction: Transaction,
    pub(super) before: Locked,
}

/// Locks the flow `id`.
pub(super) async fn lock(
    state: &AppState,
    caller: &Caller,
    door: Option<Door>,
    id: Uuid,
) -> Result<Changing, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let before = change::lock(&mut transaction, caller.merchant_id, channel(door), FlowId(id)).await?;
    Ok(Changing { transaction, before: before.ok_or(ApiError::NotFound("flow"))? })
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
        let entry = entry(caller, action, self.before.id, Some(before), Some(after));
        Ok(audit::record(&mut self.transaction, &entry).await?)
    }

    /// Commits, and shows the flow as it is then.
    pub(super) async fn show(
        mut self,
        state: &AppState,
        caller: &Caller,
        door: Option<Door>,
    ) -> Result<Data<FlowDetails>, ApiError> {
        let details = details(&mut self.transaction, state, caller, door, self.before.id).await?;
        self.transaction.commit().await.map_err(StoreError::Sql)?;
        Ok(Data(details))
    }
}

/// What the published version says; none where there is none.
pub(super) async fn published(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: &Locked,
) -> Result<Option<Document>, ApiError> {
    let Some(version) = flow.published_version else {
        return Ok(None);
    };
    let found = versions::get(conn, merchant, flow.id, version).await?;
    Ok(found.map(|(_, document)| document))
}

/// Who did `action` to a flow. What it says stands in its versions.
pub(super) fn entry(
    caller: &Caller,
    action: &'static str,
    id: FlowId,
    before: Option<Value>,
    after: Option<Value>,
) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action,
        entity: "flow",
        entity_id: id.0,
        before,
        after,
        at: clock::now(),
    }
}
