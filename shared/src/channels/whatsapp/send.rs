//! Sending: `POST {base}/{phone number id}/messages` (platform notes, section 7).

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::super::answer::{self, unsendable};
use super::super::contract::{OutboundMessage, SendOutcome};
use super::super::{endpoint, graph, read};
use super::error;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::message::Content;
use crate::domain::status::MessageStatus;

/// Sends `message` from the number that Meta calls `phone_number_id`. `base` holds the API's version.
pub async fn send(
    client: &Client,
    base: &Url,
    phone_number_id: &str,
    access_token: &SecretString,
    message: &OutboundMessage<'_>,
) -> SendOutcome {
    let body = match Body::of(message) {
        Ok(body) => body,
        Err(why) => return unsendable(why),
    };
    let request = client
        .post(endpoint::under(base, &[phone_number_id, "messages"]))
        .bearer_auth(access_token.expose_secret())
        .json(&body);
    match answer::call(request).await {
        Err(outcome) => outcome,
        Ok(answer) => {
            answer.judge(accepted, |answer| graph::error(answer, |code, _, passes| error::remedy(code, passes)))
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(flatten)]
    to: To<'a>,
    r#type: &'static str,
    text: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
    biz_opaque_callback_data: String,
}

/// The phone number is written with `+`, else the sender's country may be put before it. It wins over
/// the business-scoped id, which stands in a field of its own.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum To<'a> {
    To(String),
    Recipient(&'a str),
}

#[derive(Serialize)]
struct Text<'a> {
    body: &'a str,
    preview_url: bool,
}

#[derive(Serialize)]
struct Context<'a> {
    message_id: &'a str,
}

impl<'a> Body<'a> {
    fn of(message: &OutboundMessage<'a>) -> Result<Self, &'static str> {
        let Content::Text { body, .. } = message.content else {
            return Err("only text can be sent");
        };
        Ok(Self {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to: To::of(message.to).ok_or("the customer has no address on whatsapp")?,
            r#type: "text",
            text: Text { body, preview_url: false },
            context: message.reply_to.map(|message_id| Context { message_id }),
            biz_opaque_callback_data: message.outbound_ref.to_string(),
        })
    }
}

impl<'a> To<'a> {
    fn of(identities: &'a [Identity]) -> Option<Self> {
        let of_kind = |kind| {
            let identity = identities.iter().find(|identity| identity.kind == kind)?;
            Some(identity.value.as_str())
        };
        of_kind(IdentityKind::Phone)
            .map(|phone| Self::To(format!("+{phone}")))
            .or_else(|| of_kind(IdentityKind::Bsuid).map(Self::Recipient))
    }
}

/// A message that is judged first has its name already, and is held.
fn accepted(body: &Value) -> Option<SendOutcome> {
    let message = read::list(body, "messages").first()?;
    let status = match read::text(message, "message_status") {
        Some("held_for_quality_assessment" | "paused") => MessageStatus::Held,
        _ => MessageStatus::Sent,
    };
    Some(SendOutcome::Accepted { platform_id: read::id(message, "id")?, status })
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
