use axum::extract::State;
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::json;
use shared::broker::Queue;
use shared::domain::clock;
use shared::domain::ids::MessageId;
use shared::domain::permission::Action;
use shared::domain::status::MessageStatus;
use shared::events::wake::WakeAccount;
use shared::store::audit::{self, Entry};
use shared::store::{StoreError, doubts as store};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// A message about which nobody is in doubt any more.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DoubtSettledView {
    message_id: MessageId,
    #[schema(value_type = String)]
    status: MessageStatus,
}

/// `POST /doubts/{id}/resend`: sends the message again, whatever became of it. The customer may get it twice.
#[utoipa::path(post, path = "/doubts/{id}/resend", tag = "doubts", responses(Data<DoubtSettledView>))]
pub async fn resend(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::DoubtsSettle)?;
    let message_id = MessageId(id);
    let mut transaction = state.begin(caller.merchant_id).await?;
    let (_, account_id) = store::resend(&mut transaction, Some(caller.merchant_id), message_id)
        .await?
        .ok_or(ApiError::NotFound("doubt"))?;
    audit::record(&mut transaction, &entry(&caller, message_id, "message.resent", MessageStatus::Queued)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    if let Err(error) = state.publisher.wake(Queue::Outbound, [WakeAccount { account_id }]).await {
        // The janitor finds it.
        tracing::warn!(%error, %account_id, "the sender was not woken");
    }
    Ok(Data(DoubtSettledView { message_id, status: MessageStatus::Queued }))
}

/// `POST /doubts/{id}/give-up`: counts the message as failed.
#[utoipa::path(post, path = "/doubts/{id}/give-up", tag = "doubts", responses(Data<DoubtSettledView>))]
pub async fn give_up(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::DoubtsSettle)?;
    let message_id = MessageId(id);
    let mut transaction = state.begin(caller.merchant_id).await?;
    store::give_up(&mut transaction, Some(caller.merchant_id), message_id, clock::now())
        .await?
        .ok_or(ApiError::NotFound("doubt"))?;
    audit::record(&mut transaction, &entry(&caller, message_id, "message.given_up", MessageStatus::Failed)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(DoubtSettledView { message_id, status: MessageStatus::Failed }))
}

fn entry(caller: &Caller, message: MessageId, action: &'static str, becomes: MessageStatus) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action,
        entity: "message",
        entity_id: message.0,
        before: Some(json!({ "status": "in_doubt" })),
        after: Some(json!({ "status": becomes })),
        at: clock::now(),
    }
}
