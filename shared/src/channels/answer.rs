//! Calling a send API, and telling what is known to have happened from what is not.
//!
//! None of the platforms takes an idempotency key, so a message whose fate is not known must not be
//! called unsent. Only three things are certain: no connection was made (unsent), the platform named
//! the message (accepted), the platform named an error (refused). A bare 429 is a refusal too: it is
//! what limiters at the edge say. Everything else is in doubt, a 503 without the platform's own
//! error among it: it may come from before the platform or from behind it.

use std::error::Error;
use std::fmt::Write;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use super::contract::{PlatformError, Scope, SendOutcome};
use super::rule::back_off;

/// More than any answer of a send API needs.
const MAX_ANSWER: usize = 64 * 1024;
/// The wait after a bare 429 that names none, and the longest that is believed.
const DEFAULT_WAIT: u32 = 30;
const LONGEST_WAIT: u32 = 24 * 60 * 60;
/// The code of refusals of our own: the message never reached the platform and never will.
const OWN_CODE: i64 = -1;

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// `Null` where the body is no JSON or too long.
    pub(super) body: Value,
}

/// Sends `request` and reads the answer; `Err` is an outcome already.
pub(super) async fn call(request: RequestBuilder) -> Result<Answer, SendOutcome> {
    let response = request.send().await.map_err(without_answer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = match read(response).await {
        Ok(body) => serde_json::from_slice(&body).unwrap_or(Value::Null),
        // The status alone can be an answer.
        Err(_) if status == StatusCode::TOO_MANY_REQUESTS => Value::Null,
        Err(error) => return Err(in_doubt(&describe(error))),
    };
    Ok(Answer { status, headers, body })
}

async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Ok(Vec::new());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Answer {
    /// What became of the send: `accepted` finds the message's name in a success, `refused` the error in
    /// anything else.
    pub(super) fn judge(
        &self,
        accepted: impl FnOnce(&Value) -> Option<SendOutcome>,
        refused: impl FnOnce(&Self) -> Option<PlatformError>,
    ) -> SendOutcome {
        if self.status.is_success() {
            return accepted(&self.body).unwrap_or_else(|| in_doubt("the answer names no message"));
        }
        if matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
            return in_doubt(&format!("a gateway answered {}", self.status));
        }
        if let Some(error) = refused(self) {
            return SendOutcome::Refused(error);
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            return SendOutcome::Refused(self.too_many());
        }
        in_doubt(&format!("{} without a readable error", self.status))
    }

    /// Whether the platform calls the fault its own.
    pub(super) fn is_fault_of_platform(&self) -> bool {
        self.status.is_server_error()
    }

    fn too_many(&self) -> PlatformError {
        let named = self.headers.get(RETRY_AFTER);
        let seconds = named.and_then(|value| value.to_str().ok()?.trim().parse().ok()).unwrap_or(DEFAULT_WAIT);
        PlatformError {
            code: self.status.as_u16().into(),
            subcode: None,
            title: "too many requests".to_owned(),
            details: None,
            remedy: back_off(Scope::Number, seconds.clamp(1, LONGEST_WAIT)),
        }
    }
}

/// The outcome of a call that brought no answer.
fn without_answer(error: reqwest::Error) -> SendOutcome {
    let nothing_went_out = error.is_connect() || error.is_builder();
    let reason = describe(error);
    if nothing_went_out { SendOutcome::Unsent { reason } } else { SendOutcome::InDoubt { reason } }
}

/// The error with its causes, without the URL: it may name the customer.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing to a string does not fail.
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

pub(super) fn in_doubt(reason: &str) -> SendOutcome {
    SendOutcome::InDoubt { reason: reason.to_owned() }
}

/// A message that cannot be put into the platform's terms.
pub(super) fn unsendable(why: &str) -> SendOutcome {
    SendOutcome::Refused(PlatformError {
        code: OWN_CODE,
        subcode: None,
        title: why.to_owned(),
        details: None,
        remedy: super::contract::Remedy::Never,
    })
}
