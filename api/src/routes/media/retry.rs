use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::broker::Queue;
use shared::domain::clock;
use shared::domain::ids::MediaId;
use shared::domain::permission::Action;
use shared::events::wake::WakeAccount;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::media::read::{self, Retried};

use super::view::MediaView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::PathId;
use crate::state::AppState;

/// `POST /media/{id}/retry`: has a file that could not be fetched fetched once more.
#[utoipa::path(post, path = "/media/{id}/retry", tag = "media", responses(Data<MediaView>))]
pub async fn retry(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let (merchant, id) = (caller.merchant_id, MediaId(id));
    let mut transaction = state.begin(merchant).await?;
    let account_id = match read::retry(&mut transaction, merchant, id).await? {
        Retried::Queued(account) => account,
        Retried::Missing => return Err(ApiError::NotFound("file")),
        Retried::Stored => return Err(ApiError::Conflict("the file is there".to_owned())),
        Retried::OnItsWay => return Err(ApiError::Conflict("the file is on its way".to_owned())),
        Retried::NoSource => {
            return Err(ApiError::Conflict("there is nowhere to fetch the file from".to_owned()));
        }
    };
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "media.retried",
        entity: "media",
        entity_id: id.0,
        before: Some(json!({ "state": "failed" })),
        after: Some(json!({ "state": "pending" })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    let file = read::get(&mut transaction, &state.keyring, merchant, id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    if let Err(error) = state.publisher.wake(Queue::Media, [WakeAccount { account_id }]).await {
        // The janitor finds it.
        tracing::warn!(%error, %account_id, "the fetcher of files was not woken");
    }
    Ok(Data(MediaView::from(file.ok_or(ApiError::NotFound("file"))?)))
}
