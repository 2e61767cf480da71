use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::ids::{ConversationId, MessageId};
use shared::domain::permission::Action;
use shared::store::messages::search;
use utoipa::ToSchema;

use super::view::SentView;
use super::{answer, request, send};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, Params, PathId};
use crate::state::AppState;

/// What is put on a message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = React)]
struct Body {
    /// One emoji; an empty one takes it off.
    emoji: String,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /messages/{id}/reaction`: puts an emoji on a message, in place of the one that is there.
#[utoipa::path(
    post,
    path = "/messages/{id}/reaction",
    tag = "messages",
    request_body = Body,
    responses(Data<SentView>)
)]
pub async fn react(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let body: Body = body.read()?;
    put(state, caller, door, MessageId(id), Some(body.emoji)).await
}

/// `DELETE /messages/{id}/reaction`: takes our emoji off a message.
#[utoipa::path(delete, path = "/messages/{id}/reaction", tag = "messages", responses(Data<SentView>))]
pub async fn unreact(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    params.finish()?;
    put(state, caller, door, MessageId(id), None).await
}

async fn put(
    state: AppState,
    caller: Caller,
    door: Door,
    id: MessageId,
    emoji: Option<String>,
) -> Result<impl IntoResponse, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let found = search::place(&mut transaction, caller.merchant_id, door.channel, id).await?;
    let place = found.ok_or(ApiError::NotFound("message"))?;
    drop(transaction);
    if place.platform_id.is_none() {
        return Err(ApiError::Conflict("the platform does not know the message yet".to_owned()));
    }
    // As it is sent into the conversation, with the same limits.
    let body = json!({ "type": "reaction", "reaction": { "messageId": id, "emoji": emoji } });
    let request = request::read(door.channel, Json::of(body)).map_err(about_the_emoji)?;
    let queued = send::queue(&state, &caller, door, ConversationId(place.conversation_id.0), request).await?;
    Ok(Data(answer::sent(&state, caller.merchant_id, door.channel, queued).await?))
}

/// The field in the words of this request.
fn about_the_emoji(error: ApiError) -> ApiError {
    match error {
        ApiError::Invalid(problems) => ApiError::Invalid(
            problems
                .into_iter()
                .map(|mut problem| {
                    problem.field = problem.field.trim_start_matches("reaction.").to_owned();
                    problem
                })
                .collect(),
        ),
        other => other,
    }
}
