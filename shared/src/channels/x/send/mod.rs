//! Sending direct messages (platform notes, section 5).

mod body;

use reqwest::Client;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error;
use super::oauth::{self, KeyPair, Once};
use crate::channels::answer::{self, Answer, unsendable};
use crate::channels::contract::{OutboundMessage, PlatformError, Remedy, SendOutcome};
use crate::channels::{endpoint, read};
use crate::domain::clock;
use crate::domain::identity::IdentityKind;
use crate::domain::status::MessageStatus;

/// Sends `message` as the user whose `token` it is. X hands nothing of ours back, so that a send in
/// doubt stays so.
pub async fn send(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    token: &KeyPair,
    message: &OutboundMessage<'_>,
) -> SendOutcome {
    let mut identities = message.to.iter();
    let Some(user) = identities.find(|identity| identity.kind == IdentityKind::XUser) else {
        return unsendable("the customer has no address on x");
    };
    let request = match body::of(&user.value, message.content) {
        Ok(request) => request,
        Err(why) => return unsendable(why),
    };
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let url = endpoint::under(base, &path);
    let once = Once::at(clock::now().timestamp());
    let authorization = oauth::authorization("POST", &url, consumer, token, &once);
    let Some(authorization) = sensitive(&authorization) else {
        return unsendable("the account's token does not fit a header");
    };
    let request = client.post(url).header(AUTHORIZATION, authorization).json(&request.body);
    match answer::call(request).await {
        Err(outcome) => outcome,
        Ok(answer) => answer.judge(accepted, refused),
    }
}

fn sensitive(value: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The event's id, in the newer or the older shape.
fn accepted(body: &Value) -> Option<SendOutcome> {
    let newer = body.get("data").and_then(|data| read::id(data, "dm_event_id"));
    let platform_id = newer.or_else(|| read::id(body.get("event")?, "id"))?;
    Some(SendOutcome::Accepted { platform_id, status: MessageStatus::Sent })
}

/// The error in an answer: a problem document, or a list of codes in the older form.
pub(super) fn refused(answer: &Answer) -> Option<PlatformError> {
    let listed = read::list(&answer.body, "errors").first();
    let code = listed.and_then(|error| error.get("code")?.as_i64());
    let title = read::text(&answer.body, "title")
        .or_else(|| read::text(listed?, "message"))
        .or_else(|| read::text(listed?, "title"))?;
    let problem = read::text(&answer.body, "type");
    let status = answer.status.as_u16();
    let details = read::text(&answer.body, "detail").map(str::to_owned);
    Some(PlatformError {
        code: code.unwrap_or_else(|| status.into()),
        subcode: None,
        title: title.to_owned(),
        details,
        remedy: until_reset(answer, error::remedy(status, code, problem)),
    })
}

/// X says when its limits begin anew, in seconds since 1970.
fn until_reset(answer: &Answer, remedy: Remedy) -> Remedy {
    let Remedy::BackOff { scope, seconds } = remedy else {
        return remedy;
    };
    if answer.status.as_u16() != 429 {
        return remedy;
    }
    let reset = answer.headers.get("x-rate-limit-reset").and_then(|value| value.to_str().ok()?.parse::<i64>().ok());
    let wait = reset.and_then(|reset| u32::try_from(reset - clock::now().timestamp()).ok());
    let seconds = wait.map_or(seconds, |wait| wait.clamp(1, error::LONGEST_WINDOW));
    Remedy::BackOff { scope, seconds }
}

#[cfg(test)]
mod send_tests;
