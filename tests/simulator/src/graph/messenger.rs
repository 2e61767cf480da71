//! `POST /{page id}/messages`: texts and sender actions.

use axum::response::Response;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{error, token};
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::message::{Customer, Message, Nature, Sent};
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};

/// Send API: characters of a text.
const MAX_TEXT: usize = 2000;
/// Send API: characters of `metadata`.
const MAX_METADATA: usize = 1000;

pub(crate) async fn messages(platform: &Platform, incoming: &Incoming, page: &str, body: Option<Value>) -> Response {
    let order = check(platform, incoming, page, body.as_ref());
    settle(platform, incoming, Channel::Messenger, page, order).await
}

/// The answer to a message that was accepted.
pub(crate) fn receipt(sent: &Sent) -> Value {
    json!({
        "recipient_id": sent.message.customer.as_str(),
        "message_id": sent.platform_id,
    })
}

fn check(platform: &Platform, incoming: &Incoming, page: &str, body: Option<&Value>) -> Result<Order, Refusal> {
    token::check(platform, incoming)?;
    if !platform.config.has_page(page) {
        return Err(error::unknown_object(page));
    }
    let body = Fields::of_body(body, false)?;
    body.only(&[
        "recipient",
        "message",
        "messaging_type",
        "tag",
        "sender_action",
        "notification_type",
        "persona_id",
        "access_token",
    ])?;
    let recipient = body.required_object("recipient")?;
    recipient.only(&["id"])?;
    let psid = recipient.required_text("id")?;
    if let Some(action) = body.text("sender_action")? {
        if !matches!(action, "typing_on" | "typing_off" | "mark_seen") {
            return Err(body.invalid("sender_action", "is not a sender action."));
        }
        return Ok(Order::Mark(json!({ "recipient_id": psid })));
    }
    let tagged = messaging_type(&body)?;
    if platform.behaviour().enforce_window && !tagged && !platform.windows.is_open(page, psid, incoming.at) {
        let title = "This message is sent outside of allowed window.";
        return Err(error::with_subcode(10, 2_018_278, title));
    }
    message(page, psid, &body).map(Order::Message)
}

/// Whether the message bears the tag that lets a person answer after 24 hours.
fn messaging_type(body: &Fields<'_>) -> Result<bool, Refusal> {
    match (body.required_text("messaging_type")?, body.text("tag")?) {
        ("RESPONSE" | "UPDATE" | "UTILITY", None) => Ok(false),
        ("MESSAGE_TAG", Some("HUMAN_AGENT")) => Ok(true),
        // The other tags are refused since April 2026.
        ("MESSAGE_TAG", _) => Err(error::invalid("Invalid parameter", false)),
        _ => Err(body.invalid("messaging_type", "is not a messaging type.")),
    }
}

fn message(page: &str, psid: &str, body: &Fields<'_>) -> Result<Message, Refusal> {
    let message = body.required_object("message")?;
    message.only(&["text", "metadata"])?;
    message.required_text("text")?;
    Ok(Message {
        channel: Channel::Messenger,
        account: page.to_owned(),
        customer: Customer::UserId(psid.to_owned()),
        input: psid.to_owned(),
        text: message.short_text("text", MAX_TEXT)?.unwrap_or_default().to_owned(),
        reference: message.short_text("metadata", MAX_METADATA)?.map(str::to_owned),
        nature: Nature::Free,
        failure: None,
    })
}
