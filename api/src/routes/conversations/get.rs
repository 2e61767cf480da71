use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use shared::domain::ids::{ConversationId, MessageId};
use shared::domain::permission::Action;
use shared::store::conversations::{parties, read};
use shared::store::messages::history as store;
use utoipa::ToSchema;
use uuid::Uuid;

use super::history;
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::routes::messages::MessageView;
use crate::state::AppState;

/// How many messages a page holds where nobody says, and at most.
const DEFAULT_TAKE: i64 = 50;
const MOST_TAKE: i64 = 500;

/// Which messages come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    None,
    All,
    Page { before: Option<MessageId>, take: i64 },
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationWithMessages)]
struct WithPage {
    #[serde(flatten)]
    conversation: ConversationView,
    /// Oldest first; left out where they were not asked for.
    #[schema(required = false)]
    messages: Vec<MessageView>,
    /// Older ones: the next request's `messagesBefore`.
    messages_before: Option<MessageId>,
}

/// `GET /conversations/{id}`: a conversation with its whole history, oldest first; with one page of it,
/// the latest before `messagesBefore`, where a page is asked for; without it for `includeMessages=false`.
#[utoipa::path(
    get,
    path = "/conversations/{id}",
    tag = "conversations",
    params(
        ("includeMessages" = Option<bool>, Query, description = "Whether its messages come along; they do."),
        ("messagesTake" = Option<i64>, Query, description = "How many of them, at most 500; all where it is left out."),
        ("messagesBefore" = Option<Uuid>, Query, description = "Those before this message: the page before's `messagesBefore`."),
    ),
    responses(Data<WithPage>)
)]
pub async fn get(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    mut params: Params,
) -> Result<Response, ApiError> {
    caller.require(Action::ConversationsRead)?;
    let wanted = wanted(&mut params);
    params.finish()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let found = read::get(&mut transaction, &keys, merchant, door.channel, ConversationId(id)).await?;
    let found = found.ok_or(ApiError::NotFound("conversation"))?;
    let id = found.id;
    let conversation = ConversationView::from(found);
    let parties = parties::parties(&mut transaction, merchant, id).await?;
    match wanted {
        Wanted::None => Ok(Data(conversation).into_response()),
        Wanted::All => {
            drop(transaction);
            let history = history::History { state, keys, merchant, conversation: id, door, parties };
            history::stream(&conversation, history).await
        }
        Wanted::Page { before, take } => {
            let mut found = store::before(&mut transaction, &keys, merchant, id, before, take + 1).await?;
            let more = i64::try_from(found.len()).is_ok_and(|length| length > take);
            if more {
                found.remove(0);
            }
            let messages_before = found.first().map(|oldest| oldest.id).filter(|_| more);
            store::in_reading_order(&mut found);
            let view = |message| MessageView::new(message, door.channel).between(&parties);
            let messages = found.into_iter().map(view).collect();
            Ok(Data(WithPage { conversation, messages, messages_before }).into_response())
        }
    }
}

fn wanted(params: &mut Params) -> Wanted {
    let include = params.parse("includeMessages", "true or false").unwrap_or(true);
    let before: Option<Uuid> = params.parse("messagesBefore", "the id of a message");
    let take: Option<i64> = params.parse("messagesTake", "a whole number from 1");
    if take.is_some_and(|take| take < 1) {
        params.problem("messagesTake", "must be at least 1");
    }
    if !include {
        return Wanted::None;
    }
    if before.is_none() && take.is_none() {
        return Wanted::All;
    }
    Wanted::Page { before: before.map(MessageId), take: take.unwrap_or(DEFAULT_TAKE).clamp(1, MOST_TAKE) }
}
