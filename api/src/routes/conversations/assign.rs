use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use shared::domain::conversation::Handler;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::permission::Action;
use shared::store::conversations::handling::{self, Assignee};
use shared::store::users;
use utoipa::ToSchema;
use uuid::Uuid;

use super::change;
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// Who gets a conversation: a user or a team; neither, and it is nobody's.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = Assign)]
#[expect(clippy::struct_field_names, reason = "what they are called")]
pub(super) struct AssignBody {
    /// The user's id, or what an outer system calls the user.
    user_id: Option<String>,
    team_id: Option<Uuid>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /conversations/{id}/assign`: gives a conversation to a user or a team. It is a person's to answer from then on:
/// neither flow nor AI speaks in it. `{"userId":null}` takes it back.
#[utoipa::path(
    post,
    path = "/conversations/{id}/assign",
    tag = "conversations",
    request_body = AssignBody,
    responses(Data<ConversationView>)
)]
pub async fn assign(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    let body: AssignBody = body.read()?;
    let assignee = match (body.user_id, body.team_id) {
        (Some(_), Some(_)) => {
            return Err(ApiError::invalid("teamId", "a conversation is a user's or a team's: give one of them"));
        }
        (Some(user), None) => Some(Assignee::User(user_of(&state, &caller, &user).await?)),
        (None, Some(team)) => Some(Assignee::Team(TeamId(team))),
        (None, None) => None,
    };
    give(&state, &caller, door, id, assignee).await
}

/// The user that `given` names, by its id or by what an outer system calls it.
async fn user_of(state: &AppState, caller: &Caller, given: &str) -> Result<UserId, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let user = users::list::find(&mut transaction, caller.merchant_id, given).await?;
    user.map(|user| user.id).ok_or(ApiError::NotFound("user"))
}

/// `DELETE /conversations/{id}/assign`: the conversation is nobody's. Who answers in it stays.
#[utoipa::path(
    delete,
    path = "/conversations/{id}/assign",
    tag = "conversations",
    responses(Data<ConversationView>)
)]
pub async fn unassign(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    give(&state, &caller, door, id, None).await
}

async fn give(
    state: &AppState,
    caller: &Caller,
    door: Door,
    id: Uuid,
    assignee: Option<Assignee>,
) -> Result<Data<ConversationView>, ApiError> {
    let mut changing = change::lock(state, caller, door, id).await?;
    let (conn, merchant) = (&mut changing.transaction, caller.merchant_id);
    if let Some(assignee) = assignee
        && !handling::is_there(conn, merchant, assignee).await?
    {
        return Err(ApiError::NotFound(match assignee {
            Assignee::User(_) => "user",
            Assignee::Team(_) => "team",
        }));
    }
    let before = changing.before.clone();
    let handler = if assignee.is_some() { Handler::Human } else { before.handler };
    if assignee != before.assignee || handler != before.handler {
        handling::assign(conn, merchant, before.id, assignee).await?;
        if handler != before.handler {
            handling::hand_over(conn, merchant, before.id, handler).await?;
        }
        let (told_before, told) = (told(before.assignee, before.handler), told(assignee, handler));
        changing.record(caller, "conversation.assigned", told_before, told).await?;
    }
    changing.show(state, caller, door).await
}

fn told(assignee: Option<Assignee>, handler: Handler) -> Value {
    match assignee {
        Some(Assignee::User(id)) => json!({ "userId": id, "handler": handler }),
        Some(Assignee::Team(id)) => json!({ "teamId": id, "handler": handler }),
        None => json!({ "userId": null, "handler": handler }),
    }
}
