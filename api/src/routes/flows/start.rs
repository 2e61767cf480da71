use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::broker::Queue;
use shared::domain::clock;
use shared::domain::conversation::Handler;
use shared::domain::flow_status::FlowStatus;
use shared::domain::ids::{AccountId, ContactId, ConversationId, FlowId, MerchantId};
use shared::domain::permission::Action;
use shared::events::wake::WakeConversation;
use shared::store::flows::authoring::change::Locked;
use shared::store::flows::authoring::request::{self, Place};
use shared::store::{PgConnection, StoreError, audit, conversations};
use utoipa::ToSchema;

use super::changing::{self, entry, published};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// Variables, as JSON.
const LARGEST_VARIABLES: usize = 16 * 1024;
/// The trigger that listens to this request.
const TRIGGER: &str = "api";

/// Where a flow is to start: in a conversation, or with a contact.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = StartFlow)]
struct Body {
    #[serde(default)]
    conversation_id: Option<ConversationId>,
    #[serde(default)]
    contact_id: Option<ContactId>,
    /// The account that speaks to the contact; where they last met it where this is left out.
    #[serde(default)]
    account_id: Option<AccountId>,
    /// What the flow begins with, as `{{variables.name}}`.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    variables: Option<Map<String, Value>>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<serde::de::IgnoredAny>,
}

/// What was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Requested {
    flow_id: FlowId,
    conversation_id: ConversationId,
}

/// `POST /flows/{id}/start`: starts an active flow that has the trigger `api`, in a conversation or with a contact. It
/// begins in a moment, unless a flow is under way in the conversation that the trigger may not interrupt. 409 where it is
/// switched off, where a person has the conversation, or where flows are switched off on the account.
#[utoipa::path(
    post,
    path = "/flows/{id}/start",
    tag = "flows",
    request_body = Body,
    responses(Data<Requested>)
)]
pub async fn start(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let body: Body = body.read()?;
    let variables = body.variables.clone().unwrap_or_default();
    if json!(variables).to_string().len() > LARGEST_VARIABLES {
        return Err(ApiError::invalid("variables", format!("must hold at most {LARGEST_VARIABLES} bytes of JSON")));
    }
    if body.conversation_id.is_some() == body.contact_id.is_some() {
        return Err(ApiError::invalid("conversationId", "give this or `contactId`"));
    }
    let merchant = caller.merchant_id;
    let changing::Changing { mut transaction, before: flow } = changing::lock(&state, &caller, door, id).await?;
    refuse_silent(&mut transaction, merchant, &flow).await?;
    let places = request::places(&mut transaction, merchant, &flow.about).await?;
    let conversation_id = conversation(&mut transaction, merchant, &places, &body).await?;
    let keys = state.keyring.of_all(&mut transaction, &[merchant]).await?;
    request::insert(&mut transaction, &keys, merchant, conversation_id, flow.id, variables).await?;
    let after = json!({ "conversationId": conversation_id, "version": flow.published_version });
    audit::record(&mut transaction, &entry(&caller, "flow.started", flow.id, None, Some(after))).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    // A wake-up that is lost is found by the janitor's sweep.
    if let Err(error) = state.publisher.wake(Queue::Flow, [WakeConversation { conversation_id }]).await {
        tracing::warn!(%conversation_id, error = &error as &dyn std::error::Error, "the flow engine was not woken");
    }
    Ok(Data(Requested { flow_id: flow.id, conversation_id }))
}

/// Refuses what nothing would come of.
async fn refuse_silent(conn: &mut PgConnection, merchant: MerchantId, flow: &Locked) -> Result<(), ApiError> {
    if flow.status != FlowStatus::Active {
        return Err(ApiError::Conflict("the flow is not active".to_owned()));
    }
    let document = published(conn, merchant, flow).await?;
    let listens = document.is_some_and(|document| document.triggers.iter().any(|trigger| trigger.kind == TRIGGER));
    if listens { Ok(()) } else { Err(ApiError::Conflict(format!("the flow has no trigger `{TRIGGER}`"))) }
}

/// The conversation that is meant; opened where the contact has none that is open.
async fn conversation(
    conn: &mut PgConnection,
    merchant: MerchantId,
    places: &[Place],
    body: &Body,
) -> Result<ConversationId, ApiError> {
    let meant = places.iter().filter(|place| body.account_id.is_none_or(|account| account == place.id));
    let accounts: Vec<AccountId> = meant.map(|place| place.id).collect();
    if accounts.is_empty() {
        return Err(ApiError::Conflict("the flow works on no such account".to_owned()));
    }
    let thread = request::thread(conn, merchant, &accounts, body.conversation_id, body.contact_id).await?;
    match (thread, body.contact_id) {
        (Some(thread), _) if thread.is_open => {
            refuse_handled(thread.handler)?;
            refuse_switched_off(places, thread.account_id)?;
            Ok(thread.id)
        }
        (Some(_), None) => Err(ApiError::Conflict("the conversation is closed: give its `contactId`".to_owned())),
        (Some(thread), Some(_)) => open(conn, merchant, places, thread.account_id, thread.contact_id).await,
        (None, None) => Err(ApiError::NotFound("conversation")),
        (None, Some(contact)) => match accounts[..] {
            [account] => open(conn, merchant, places, account, contact).await,
            _ => Err(ApiError::invalid("accountId", "is required: the contact has met none of the flow's accounts")),
        },
    }
}

async fn open(
    conn: &mut PgConnection,
    merchant: MerchantId,
    places: &[Place],
    account: AccountId,
    contact: ContactId,
) -> Result<ConversationId, ApiError> {
    refuse_switched_off(places, account)?;
    let contact = request::reachable(conn, merchant, account, contact).await?;
    let contact = contact.ok_or(ApiError::NotFound("contact"))?;
    Ok(conversations::start::open(conn, merchant, account, contact, clock::now()).await?)
}

fn refuse_handled(handler: Handler) -> Result<(), ApiError> {
    match handler {
        Handler::Human => Err(ApiError::Conflict("a person has the conversation: hand it to the bot first".to_owned())),
        Handler::Bot | Handler::Ai => Ok(()),
    }
}

fn refuse_switched_off(places: &[Place], account: AccountId) -> Result<(), ApiError> {
    let is_on = places.iter().any(|place| place.id == account && place.auto_reply_enabled);
    let told = "flows are switched off on the account: set its `autoReplyEnabled`";
    if is_on { Ok(()) } else { Err(ApiError::Conflict(told.to_owned())) }
}
