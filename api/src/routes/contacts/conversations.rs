use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::conversations::read;
use uuid::Uuid;

use super::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::page::PageParams;
use crate::routes::conversations::{ConversationView, filter};
use crate::state::AppState;

/// `GET /contacts/{id}/conversations`: a contact's conversations, the latest first.
#[utoipa::path(
    get,
    path = "/contacts/{id}/conversations",
    tag = "contacts",
    params(PageParams, ("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`."), ("status" = inline(Option<filter::Status>), Query),
        ("accountId" = Option<Uuid>, Query), ("shopId" = Option<String>, Query)),
    responses(Paged<ConversationView>)
)]
pub async fn list_conversations(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(given): PathText,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    let asked = filter::Asked::read(&mut params);
    params.finish()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let contact = find::find(&mut transaction, merchant, door.channel, &given).await?;
    let filter = asked.filter(&mut transaction, merchant, door).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let page = &asked.page;
    let after = asked.after();
    let listed =
        read::of_contact(&mut transaction, &keys, merchant, filter, contact, after, page.skip, page.probe()).await?;
    drop(transaction);
    let (found, pagination) = asked.cut(listed)?;
    Ok(Paged(found.into_iter().map(ConversationView::from).collect(), pagination))
}
