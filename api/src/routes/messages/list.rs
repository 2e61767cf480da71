use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::identity::Identity;
use shared::domain::ids::MessageId;
use shared::domain::permission::Action;
use shared::store::messages::history;
use shared::store::messages::search::{self, Filter};

use super::view::MessageView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// No more are counted; there may be more.
const MOST_COUNTED: i64 = 10_000;

/// `GET /messages?reference=&technician=&phone=`: the messages of an order, of a technician, of a customer's number,
/// or of all that is given together; the latest first. A message is an order's where it bears the order as its
/// reference, or its conversation names it; a technician's where the technician wrote it, or its conversation names
/// them.
#[utoipa::path(
    get,
    path = "/messages",
    tag = "messages",
    params(
        PageParams,
        ("reference" = Option<String>, Query, description = "An order number or the like."),
        ("technician" = Option<String>, Query, description = "The id of a technician."),
        ("phone" = Option<String>, Query, description = "A customer's number.")
    ),
    responses(Paged<MessageView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsRead)?;
    let page: Page<MessageId> = Page::read(&mut params);
    let reference: Option<String> = params.parse("reference", "an order number or the like");
    let technician: Option<String> = params.parse("technician", "the id of a technician");
    let phone: Option<String> = params.parse("phone", "a phone number");
    let address = phone.as_deref().and_then(Identity::whatsapp).map(|identity| identity.value);
    if phone.is_some() && address.is_none() {
        params.problem("phone", "expected a phone number");
    }
    if reference.is_none() && technician.is_none() && phone.is_none() {
        params.problem("reference", "is required where neither technician nor phone is given");
    }
    params.finish()?;

    let merchant = caller.merchant_id;
    let filter = Filter {
        channel: door.channel,
        reference: reference.as_deref(),
        technician: technician.as_deref(),
        phone: address.as_deref(),
    };
    let mut transaction = state.begin(merchant).await?;
    let total = search::ids(&mut transaction, merchant, &filter, None, MOST_COUNTED).await?.len();
    let ids = search::ids(&mut transaction, merchant, &filter, page.cursor, page.skip + page.probe()).await?;
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX).min(ids.len());
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let found = history::of_messages(&mut transaction, &keys, merchant, &ids[skip..]).await?;
    drop(transaction);

    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let (messages, pagination) = page.cut(found, total, |message| message.id)?;
    Ok(Paged(messages.into_iter().map(|message| MessageView::new(message, door.channel)).collect(), pagination))
}
