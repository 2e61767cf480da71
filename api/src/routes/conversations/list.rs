use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::conversation::Handler;
use shared::domain::permission::Action;
use shared::store::conversations::read;

use super::filter::{self, Asked, Status};
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::PageParams;
use crate::state::AppState;

/// `GET /conversations`: the inbox, the latest first.
#[utoipa::path(
    get,
    path = "/conversations",
    tag = "conversations",
    params(
        PageParams,
        ("status" = inline(Option<Status>), Query),
        ("accountId" = Option<Uuid>, Query),
        ("shopId" = Option<String>, Query),
        ("assignedTo" = Option<Uuid>, Query, description = "Assigned to this user."),
        ("teamId" = Option<Uuid>, Query, description = "Assigned to this team."),
        ("unassigned" = Option<bool>, Query, description = "Assigned to nobody."),
        ("handler" = inline(Option<Handler>), Query),
        ("unread" = Option<bool>, Query, description = "With messages that nobody has read."),
        ("tag" = Option<String>, Query, description = "All of these tags of the contact; `tags` is the same."),
        ("tags" = Option<String>, Query, description = "All of these tags of the contact."),
        ("reference" = Option<String>, Query, description = "A name and a value: `orderId:1234`; may be repeated."),
        ("orderId" = Option<String>, Query, description = "For `reference=orderId:...`."),
        ("technicianId" = Option<String>, Query, description = "For `reference=technicianId:...`."),
        ("updatedSince" = Option<DateTime<Utc>>, Query, description = "In which anyone wrote since then."),
        ("search" = Option<String>, Query, description = "Words of the contact's name, its phone number, one of its tags, or what the conversation refers to. Messages are sealed and not searched."),
    ),
    responses(Paged<ConversationView>)
)]
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
