use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::MediaId;
use shared::domain::permission::Action;
use shared::store::media::read;

use super::view::MediaView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

/// `GET /media/{id}`: what is known of a file, and why it is not there where it is not.
#[utoipa::path(get, path = "/media/{id}", tag = "media", responses(Data<MediaView>))]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let file = read::get(&mut transaction, &state.keyring, caller.merchant_id, MediaId(id)).await?;
    Ok(Data(MediaView::from(file.ok_or(ApiError::NotFound("file"))?)))
}
