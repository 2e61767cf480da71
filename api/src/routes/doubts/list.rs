use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::domain::ids::{AccountId, ConversationId, MessageId};
use shared::domain::permission::Action;
use shared::store::doubts::{self as store, Doubt};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// A place in the list, as cursors carry it.
#[derive(Debug, Serialize, Deserialize)]
struct Place(DateTime<Utc>, MessageId);

/// A send whose fate is not known.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DoubtView {
    message_id: MessageId,
    account_id: AccountId,
    conversation_id: ConversationId,
    /// How often it was tried.
    attempts: i32,
    since: DateTime<Utc>,
    /// Whether Loa may send it again by itself.
    may_be_sent_again_by_itself: bool,
    /// Since when it waits for a person.
    for_a_person_since: Option<DateTime<Utc>>,
}

impl From<Doubt> for DoubtView {
    fn from(doubt: Doubt) -> Self {
        Self {
            message_id: doubt.message_id,
            account_id: doubt.account_id,
            conversation_id: doubt.conversation_id,
            attempts: doubt.attempt,
            since: doubt.since,
            may_be_sent_again_by_itself: doubt.may_resend,
            for_a_person_since: doubt.for_a_person_since,
        }
    }
}

/// `GET /doubts`: the merchant's sends of which nobody knows whether they went, oldest first.
#[utoipa::path(get, path = "/doubts", tag = "doubts", params(PageParams), responses(Paged<DoubtView>))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::DoubtsSettle)?;
    let page: Page<Place> = Page::read(&mut params);
    params.finish()?;

    let merchant = caller.merchant_id;
    let after = page.cursor.as_ref().map(|Place(since, message)| (*since, *message));
    let mut transaction = state.begin(merchant).await?;
    let total = store::count(&mut transaction, merchant).await?;
    let found = store::list(&mut transaction, Some(merchant), after, page.skip, page.probe()).await?;
    drop(transaction);

    let (doubts, pagination) = page.cut(found, total, |doubt| Place(doubt.since, doubt.message_id))?;
    Ok(Paged(doubts.into_iter().map(DoubtView::from).collect(), pagination))
}
