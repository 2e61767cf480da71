use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::TeamId;
use shared::domain::permission::Action;
use shared::store::teams as store;

use super::view::TeamView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// `GET /teams`: the merchant's teams, oldest first.
#[utoipa::path(get, path = "/teams", tag = "teams", params(PageParams), responses(Paged<TeamView>))]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersRead)?;
    let page: Page<TeamId> = Page::read(&mut params);
    params.finish()?;

    let mut transaction = state.begin(caller.merchant_id).await?;
    let total = store::count(&mut transaction, caller.merchant_id).await?;
    let found = store::list(&mut transaction, caller.merchant_id, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (teams, pagination) = page.cut(found, total, |team| team.id)?;
    Ok(Paged(teams.into_iter().map(TeamView::from).collect(), pagination))
}
