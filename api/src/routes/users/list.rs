use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::permission::Action;
use shared::domain::user::UserRole;
use shared::store::users::list::{self as store, Filter};

use super::view::ProfileView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// `GET /users`: the merchant's users, by id, which is the order they were made in.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(
        PageParams,
        ("role" = inline(Option<UserRole>), Query),
        ("teamId" = Option<TeamId>, Query),
        ("disabled" = Option<bool>, Query),
    ),
    responses(Paged<ProfileView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersRead)?;
    let page: Page<UserId> = Page::read(&mut params);
    let filter = Filter {
        role: params.parse("role", "one of: owner, admin, agent, viewer, operator"),
        team: params.parse("teamId", "a team's id"),
        disabled: params.parse("disabled", "true or false"),
    };
    params.finish()?;

    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let total = store::count(&mut transaction, merchant, &filter).await?;
    let found = store::list(&mut transaction, merchant, &filter, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (users, pagination) = page.cut(found, total, |user| user.id)?;
    Ok(Paged(users.into_iter().map(ProfileView::from).collect(), pagination))
}
