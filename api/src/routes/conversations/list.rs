use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::permission::Action;
use shared::store::conversations::read;

use super::filter::{self, Asked};
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::state::AppState;

/// `GET /conversations`: the inbox, the latest first.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    let asked = Asked::read(&mut params);
    let wanted = filter::wanted(&mut params);
    params.finish()?;

    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let filter = asked.filter(&mut transaction, merchant, door).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let (after, page) = (asked.after(), &asked.page);
    let listed = read::list(&mut transaction, &keys, merchant, filter, &wanted, after, page.skip, page.probe()).await?;
    drop(transaction);

    let (conversations, pagination) = if wanted.is_all() { asked.cut(listed)? } else { asked.cut_found(listed)? };
    Ok(Paged(conversations.into_iter().map(ConversationView::from).collect(), pagination))
}
