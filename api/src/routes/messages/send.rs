use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::broker::Queue;
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, ConversationId, MessageId};
use shared::domain::message::{Author, Content};
use shared::domain::permission::Action;
use shared::domain::window;
use shared::events::wake::WakeAccount;
use shared::store::audit::{self, Entry};
use shared::store::conversations::answer::{self, Answerable};
use shared::store::keyring::Keys;
use shared::store::messages::queue::{self, NewOutbound, PRIORITY_REPLY};
use shared::store::messages::{find, history};
use shared::store::{StoreError, Transaction};

use super::outcome;
use super::request::{self, Body, SendRequest};
use super::view::SentView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// `POST /conversations/{id}/messages`: queues a message, or several where it has several files, and waits a
/// little for what becomes of them.
/// Where a person writes, the conversation is a person's from here on: flows and the AI keep silent in it. An
/// integration with its key takes nothing over.
#[utoipa::path(
    post,
    path = "/conversations/{id}/messages",
    tag = "messages",
    request_body = Body,
    responses(Data<SentView>)
)]
pub async fn send(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let request = request::read(door.channel, body)?;
    let conversation = ConversationId(id);
    let (messages, account, conversation) = queue(&state, &caller, door.channel, conversation, request).await?;
    wake(&state, account).await;
    // They leave one after another: the last tells of them all.
    if let Some(last) = messages.last()
        && let Err(error) = outcome::wait(&state, caller.merchant_id, *last).await
    {
        // It is queued and will go: an answer that fails now would have it sent twice.
        tracing::warn!(%error, message_id = %last, "the outcome of a send was not seen");
    }
    let mut transaction = state.begin(caller.merchant_id).await?;
    let keys = state.keyring.of(&mut transaction, caller.merchant_id).await?;
    let sent = history::of_ids(&mut transaction, &keys, caller.merchant_id, conversation, &messages).await?;
    Ok(Data(SentView::new(sent, door.channel).ok_or(ApiError::NotFound("message"))?))
}

/// Messages, outbox, conversation and audit, or nothing of it.
async fn queue(
    state: &AppState,
    caller: &Caller,
    channel: Channel,
    conversation: ConversationId,
    mut request: SendRequest,
) -> Result<(Vec<MessageId>, AccountId, ConversationId), ApiError> {
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let answerable = answer::lock(&mut transaction, merchant, channel, conversation).await?;
    let answerable = answerable.ok_or(ApiError::NotFound("conversation"))?;
    let conversation = answerable.id;
    let now = clock::now();
    check(&answerable, channel, caller.author(), &request.contents, now)?;
    let reply_to = reply_to(&mut transaction, caller, conversation, &request).await?;
    name_reacted_to(&mut transaction, caller, conversation, &mut request).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let new = |(index, content)| NewOutbound {
        id: MessageId::new(),
        merchant_id: merchant,
        account_id: answerable.account_id,
        conversation_id: conversation,
        contact_id: answerable.contact_id,
        author: caller.author(),
        author_user_id: caller.user_id(),
        content,
        // Several files answer once.
        reply_to: reply_to.as_deref().filter(|_| index == 0),
        reference: request.reference.as_deref(),
        priority: PRIORITY_REPLY,
        at: now,
    };
    let messages: Vec<NewOutbound<'_>> = request.contents.iter().enumerate().map(new).collect();
    queue::queue_all(&mut transaction, &Keys::from((merchant, keys)), &messages).await?;
    if caller.user_id().is_some() {
        answer::taken_over(&mut transaction, merchant, conversation).await?;
    }
    let entries: Vec<Entry> = messages.iter().map(|message| entry(caller, message)).collect();
    audit::record_all(&mut transaction, &entries).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok((messages.iter().map(|message| message.id).collect(), answerable.account_id, conversation))
}

fn check(
    answerable: &Answerable,
    channel: Channel,
    author: Author,
    contents: &[Content],
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), ApiError> {
    if !answerable.open {
        return Err(ApiError::Conflict("the conversation is closed".to_owned()));
    }
    if answerable.account_status == AccountStatus::Inactive {
        return Err(ApiError::Conflict("the account of the conversation is disconnected".to_owned()));
    }
    let window = window::judge(channel, author, answerable.last_inbound_at, now);
    if contents.iter().all(|content| window.lets_through(channel, content)) {
        Ok(())
    } else {
        Err(ApiError::WindowClosed)
    }
}

/// A reaction names its message by our id or the platform's; the platform knows its own alone.
async fn name_reacted_to(
    transaction: &mut Transaction,
    caller: &Caller,
    conversation: ConversationId,
    request: &mut SendRequest,
) -> Result<(), ApiError> {
    let Some(Content::Reaction { message_id, .. }) = request.contents.first_mut() else {
        return Ok(());
    };
    let found = find::platform_id(transaction, caller.merchant_id, conversation, message_id).await?;
    let unknown =
        || ApiError::invalid("reaction.messageId", "names no message of this conversation that the platform knows");
    *message_id = found.ok_or_else(unknown)?;
    Ok(())
}

async fn reply_to(
    transaction: &mut Transaction,
    caller: &Caller,
    conversation: ConversationId,
    request: &SendRequest,
) -> Result<Option<String>, ApiError> {
    let Some(given) = &request.reply_to else {
        return Ok(None);
    };
    let found = find::platform_id(transaction, caller.merchant_id, conversation, given).await?;
    let unknown = || ApiError::invalid("replyTo", "names no message of this conversation that the platform knows");
    found.map(Some).ok_or_else(unknown)
}

/// A wake-up that is lost is found by the janitor's sweep: the message goes either way.
async fn wake(state: &AppState, account_id: AccountId) {
    if let Err(error) = state.publisher.wake(Queue::Outbound, [WakeAccount { account_id }]).await {
        tracing::warn!(%error, account_id = %account_id, "the sender was not woken");
    }
}

fn entry(caller: &Caller, message: &NewOutbound<'_>) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "message.sent",
        entity: "message",
        entity_id: message.id.0,
        before: None,
        after: Some(json!({ "conversationId": message.conversation_id, "type": message.content.kind() })),
        at: message.at,
    }
}
