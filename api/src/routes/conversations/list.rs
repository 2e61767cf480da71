use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::domain::ids::ConversationId;
use shared::domain::permission::Action;
use shared::store::conversations::read::{self, Conversation, Filter, Position};
use uuid::Uuid;

use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::Page;
use crate::routes::shop_filter;
use crate::state::AppState;

/// A place in the list, as cursors carry it.
#[derive(Debug, Serialize, Deserialize)]
struct Place(#[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>, ConversationId);

/// `GET /conversations`: the inbox, the latest first.
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    let page: Page<Place> = Page::read(&mut params);
    let open = open(&mut params);
    let account_id: Option<Uuid> = params.parse("accountId", "the id of an account");
    let shop: Option<String> = params.parse("shopId", "a shop");
    params.finish()?;

    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let shop_id = shop_filter::resolve(&mut transaction, merchant, shop.as_deref()).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let filter = Filter { channel: door.channel, open, shop_id, account_id: account_id.map(Into::into) };
    let after =
        page.cursor.as_ref().map(|Place(last_message_at, id)| Position { last_message_at: *last_message_at, id: *id });
    let total = read::count(&mut transaction, merchant, filter).await?;
    let found = read::list(&mut transaction, &keys, merchant, filter, after, page.skip, page.probe()).await?;
    drop(transaction);

    let place = |conversation: &Conversation| Place(conversation.last_message_at, conversation.id);
    let (conversations, pagination) = page.cut(found, total, place)?;
    Ok(Paged(conversations.into_iter().map(ConversationView::from).collect(), pagination))
}

fn open(params: &mut Params) -> Option<bool> {
    let status: String = params.parse("status", "open or closed")?;
    match status.as_str() {
        "open" => Some(true),
        "closed" => Some(false),
        _ => {
            params.problem("status", "expected open or closed");
            None
        }
    }
}
