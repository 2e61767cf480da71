//! Sending: `POST {base}/{phone number id}/messages` (platform notes, section 7).

mod body;
mod contacts;
mod interactive;
mod media;
mod template;

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error;
use crate::channels::answer::{self, unsendable};
use crate::channels::contract::{OutboundMessage, SendOutcome};
use crate::channels::{endpoint, graph, read};
use crate::domain::status::MessageStatus;

/// Sends `message` from the number that Meta calls `phone_number_id`. `base` holds the API's version.
pub async fn send(
    client: &Client,
    base: &Url,
    phone_number_id: &str,
    access_token: &SecretString,
    message: &OutboundMessage<'_>,
) -> SendOutcome {
    let body = match body::of(message) {
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
mod requests_tests;
#[cfg(test)]
mod send_tests;
