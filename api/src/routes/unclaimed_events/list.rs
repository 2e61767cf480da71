use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use shared::domain::ids::EventId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::unclaimed::read::{self, Position, UnclaimedEvent};

use super::view::UnclaimedEventView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// A place in the list, as cursors carry it.
#[derive(Debug, Serialize, Deserialize)]
struct Place(EventId, String);

/// `GET /unclaimed-events`: the latest first, for operators alone.
#[utoipa::path(
    get,
    path = "/unclaimed-events",
    tag = "unclaimedEvents",
    params(PageParams),
    responses(Paged<UnclaimedEventView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let page: Page<Place> = Page::read(&mut params);
    params.finish()?;

    let mut transaction = state.begin_as_operator().await?;
    let before = page.cursor.as_ref().map(|Place(id, account)| Position { id: *id, account: account.clone() });
    let total = read::count(&mut transaction).await?;
    let found = read::list(&mut transaction, &state.keyring, before.as_ref(), page.skip, page.probe()).await?;
    // A first key of nobody's may have been made.
    transaction.commit().await.map_err(StoreError::Sql)?;

    let (events, pagination) =
        page.cut(found, total, |event: &UnclaimedEvent| Place(event.id, event.account.clone()))?;
    Ok(Paged(events.into_iter().map(UnclaimedEventView::from).collect(), pagination))
}
