use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::account::AccountStatus;
use shared::domain::ids::AccountId;
use shared::domain::permission::Action;
use shared::store::accounts::read::{self, Filter};

use super::view::AccountView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::routes::shop_filter;
use crate::state::AppState;

/// `GET /accounts`: the merchant's accounts on the channel, oldest first.
#[utoipa::path(
    get,
    path = "/accounts",
    tag = "accounts",
    params(PageParams, ("status" = inline(Option<AccountStatus>), Query), ("shopId" = Option<String>, Query)),
    responses(Paged<AccountView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    let page: Page<AccountId> = Page::read(&mut params);
    let status: Option<AccountStatus> = params.parse("status", "one of: active, inactive, error");
    let shop: Option<String> = params.parse("shopId", "a shop");
    params.finish()?;

    let mut transaction = state.begin(caller.merchant_id).await?;
    let shop_id = shop_filter::resolve(&mut transaction, caller.merchant_id, shop.as_deref()).await?;
    let filter = Filter { channel: door.channel, shop_id, status };
    let total = read::count(&mut transaction, caller.merchant_id, filter).await?;
    let found = read::list(&mut transaction, caller.merchant_id, filter, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (accounts, pagination) = page.cut(found, total, |account| account.id)?;
    Ok(Paged(accounts.into_iter().map(AccountView::from).collect(), pagination))
}
