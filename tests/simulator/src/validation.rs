//! Checking a request without sending it.

use serde_json::Value;

use crate::graph::whatsapp::request;

/// Why a request to WhatsApp's `/messages` would be refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} (HTTP {http_status}): {details}")]
pub struct WrongSend {
    /// The HTTP status of the answer.
    pub http_status: u16,
    /// Meta's code.
    pub code: i64,
    /// Which parameter is wrong, and in what.
    pub details: String,
}

/// Checks the body of a request to `POST /{phone number id}/messages` by every rule that the
/// request alone can break. Like the platform it names the first fault only. What needs the
/// platform's own knowledge (templates, uploaded files, windows, limits) is checked by sending.
pub fn validate_whatsapp_send(body: &Value) -> Result<(), WrongSend> {
    let Err(refusal) = request::read(Some(body)) else {
        return Ok(());
    };
    let error = &refusal.body["error"];
    let details = error["error_data"]["details"].as_str().or_else(|| error["message"].as_str());
    Err(WrongSend {
        http_status: refusal.status.as_u16(),
        code: refusal.code,
        details: details.unwrap_or_default().to_owned(),
    })
}
