//! Sending: `POST {base}/{page id}/messages` (platform notes, section 4).

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::super::answer::{self, in_doubt, unsendable};
use super::super::contract::{OutboundMessage, SendOutcome};
use super::super::{endpoint, graph, read};
use super::error;
use crate::domain::identity::IdentityKind;
use crate::domain::message::Content;
use crate::domain::status::MessageStatus;
use crate::domain::window::Window;

/// Sends `message` from the page `page_id`. `base` holds the API's version.
pub async fn send(
    client: &Client,
    base: &Url,
    page_id: &str,
    page_token: &SecretString,
    message: &OutboundMessage<'_>,
) -> SendOutcome {
    let body = match Body::of(message) {
        Ok(body) => body,
        Err(why) => return unsendable(why),
    };
    let request =
        client.post(endpoint::under(base, &[page_id, "messages"])).bearer_auth(page_token.expose_secret()).json(&body);
    let outcome = match answer::call(request).await {
        Err(outcome) => outcome,
        Ok(answer) => answer.judge(accepted, |answer| graph::error(answer, error::remedy)),
    };
    match outcome {
        SendOutcome::Refused(refusal) if error::may_have_been_sent(refusal.code, refusal.subcode) => {
            in_doubt("the platform does not know whether it sent the message")
        }
        outcome => outcome,
    }
}

#[derive(Serialize)]
struct Body<'a> {
    recipient: Recipient<'a>,
    messaging_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'static str>,
    message: Message<'a>,
}

#[derive(Serialize)]
struct Recipient<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct Message<'a> {
    text: &'a str,
    /// Comes back in the message's echo.
    metadata: String,
}

impl<'a> Body<'a> {
    fn of(message: &OutboundMessage<'a>) -> Result<Self, &'static str> {
        let Content::Text { body, .. } = message.content else {
            return Err("only text can be sent");
        };
        let mut identities = message.to.iter();
        let psid = identities
            .find(|identity| identity.kind == IdentityKind::Psid)
            .ok_or("the customer has no address on messenger")?;
        let (messaging_type, tag) = match message.window {
            Window::HumanAgent => ("MESSAGE_TAG", Some("HUMAN_AGENT")),
            Window::Open | Window::Closed => ("RESPONSE", None),
        };
        Ok(Self {
            recipient: Recipient { id: &psid.value },
            messaging_type,
            tag,
            message: Message { text: body, metadata: message.outbound_ref.to_string() },
        })
    }
}

fn accepted(body: &Value) -> Option<SendOutcome> {
    Some(SendOutcome::Accepted { platform_id: read::id(body, "message_id")?, status: MessageStatus::Sent })
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
