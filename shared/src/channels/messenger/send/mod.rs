//! Sending: `POST {base}/{page id}/messages` (platform notes, section 4).

mod body;

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error;
use crate::channels::answer::{self, in_doubt, unsendable};
use crate::channels::contract::{OutboundMessage, SendOutcome};
use crate::channels::{endpoint, graph, read};
use crate::domain::status::MessageStatus;

/// Sends `message` from the page `page_id`. `base` holds the API's version.
pub async fn send(
    client: &Client,
    base: &Url,
    page_id: &str,
    page_token: &SecretString,
    message: &OutboundMessage<'_>,
) -> SendOutcome {
    let body = match body::of(message) {
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

fn accepted(body: &Value) -> Option<SendOutcome> {
    Some(SendOutcome::Accepted { platform_id: read::id(body, "message_id")?, status: MessageStatus::Sent })
}

#[cfg(test)]
mod send_tests;
