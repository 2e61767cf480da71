use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::channel::Channel;
use shared::domain::flow_status::FlowStatus;
use shared::domain::ids::FlowId;
use shared::domain::permission::Action;
use shared::store::flows::authoring::read::{self, Filter};

use super::view::FlowView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::routes::shop_filter;
use crate::state::AppState;

const LONGEST_SEARCH: usize = 100;

/// `GET /flows`: the flows that work on the door's channel, oldest first.
#[utoipa::path(
    get,
    path = "/flows",
    tag = "flows",
    params(
        PageParams,
        ("status" = inline(Option<FlowStatus>), Query),
        ("search" = Option<String>, Query, description = "Letters of the name."),
        ("channel" = inline(Option<Channel>), Query, description = "Before the doors: those that work on this channel."),
        ("shopId" = Option<String>, Query, description = "Those that work at this shop."),
    ),
    responses(Paged<FlowView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let page: Page<FlowId> = Page::read(&mut params);
    let status = params.parse("status", "one of: draft, active, inactive");
    let search = params.text("search", LONGEST_SEARCH);
    let channel: Option<Channel> = params.parse("channel", "one of: whatsapp, messenger, x");
    let shop: Option<String> = params.parse("shopId", "a shop");
    if door.is_some_and(|door| channel.is_some_and(|channel| channel != door.channel)) {
        params.problem("channel", "is not the one of this door");
    }
    params.finish()?;

    let mut transaction = state.begin(caller.merchant_id).await?;
    let shop = shop_filter::resolve(&mut transaction, caller.merchant_id, shop.as_deref()).await?;
    let filter = Filter { channel: door.map(|door| door.channel).or(channel), shop, status, search };
    let total = read::count(&mut transaction, caller.merchant_id, &filter).await?;
    let found = read::list(&mut transaction, caller.merchant_id, &filter, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (flows, pagination) = page.cut(found, total, |flow| flow.id)?;
    Ok(Paged(flows.into_iter().map(FlowView::from).collect(), pagination))
}
