//! `POST /2/dm_conversations/with/{participant id}/messages`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::{error, oauth};
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::message::{Customer, Message, Nature, Sent};
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};

/// Characters of a direct message.
const MAX_TEXT: usize = 10_000;

pub(crate) async fn messages(
    State(platform): State<Arc<Platform>>,
    Path(participant): Path<String>,
    incoming: Incoming,
) -> Response {
    let user = match oauth::signer(&platform, &incoming) {
        Ok(user) => user,
        Err(refusal) => {
            return settle(&platform, &incoming, Channel::X, "", Err(refusal)).await;
        }
    };
    let left = platform.allowance.take(&user, incoming.at);
    let order = if left.allows {
        check(&user, participant, incoming.json().as_ref()).map(Order::Message)
    } else {
        Err(error::too_many())
    };
    let mut response = settle(&platform, &incoming, Channel::X, &user, order).await;
    response.headers_mut().extend(left.headers());
    response
}

/// The answer to a message that was accepted.
pub(crate) fn receipt(sent: &Sent) -> Value {
    let user = sent.message.account.as_str();
    let participant = sent.message.customer.as_str();
    // The ids of both, the lower one first.
    let (low, high) =
        if (user.len(), user) <= (participant.len(), participant) { (user, participant) } else { (participant, user) };
    json!({
        "data": {
            "dm_conversation_id": format!("{low}-{high}"),
            "dm_event_id": sent.platform_id,
        }
    })
}

fn check(user: &str, participant: String, body: Option<&Value>) -> Result<Message, Refusal> {
    if participant.is_empty() || !participant.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(error::invalid("participant_id is not a user id"));
    }
    let body = body.and_then(Value::as_object).ok_or_else(|| error::invalid("the body is not a JSON object"))?;
    if let Some(key) = body.keys().find(|key| *key != "text") {
        return Err(error::invalid(&format!("unexpected field [{key}]")));
    }
    let text = body
        .get("text")
        .and_then(Value::as_str)
        .filter(|text| (1..=MAX_TEXT).contains(&text.chars().count()))
        .ok_or_else(|| error::invalid("text must have 1 to 10000 characters"))?;
    Ok(Message {
        channel: Channel::X,
        account: user.to_owned(),
        customer: Customer::UserId(participant.clone()),
        input: participant,
        text: text.to_owned(),
        reference: None,
        nature: Nature::Free,
        failure: None,
    })
}
