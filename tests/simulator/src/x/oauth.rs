//! The OAuth 1.0a header. Its form is checked, its signature is not: the simulator does not know
//! the token secrets.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;

use super::error;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

const REQUIRED: [&str; 6] = [
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
];

/// A request that somebody signed; others are refused.
pub(crate) struct Signed {
    pub(crate) incoming: Incoming,
    /// Who did.
    pub(crate) user: String,
}

impl FromRequest<Arc<Platform>> for Signed {
    type Rejection = Response;

    async fn from_request(request: Request, platform: &Arc<Platform>) -> Result<Self, Response> {
        let incoming = Incoming::from_request(request, platform).await.map_err(IntoResponse::into_response)?;
        let user = signer(platform, &incoming).map_err(IntoResponse::into_response)?;
        Ok(Self { incoming, user })
    }
}

/// The id of the user who signed: X's access tokens begin with it, up to a hyphen.
pub(crate) fn signer(platform: &Platform, incoming: &Incoming) -> Result<String, Refusal> {
    let parameters = incoming
        .authorization()
        .and_then(|header| header.strip_prefix("OAuth "))
        .and_then(parameters)
        .ok_or_else(error::unauthorized)?;
    let parameter = |name: &str| {
        parameters.iter().find_map(|(key, value)| (*key == name).then_some(*value)).filter(|value| !value.is_empty())
    };
    let complete = REQUIRED.iter().all(|name| parameter(name).is_some());
    if !complete || parameter("oauth_signature_method") != Some("HMAC-SHA1") {
        return Err(error::unauthorized());
    }
    let token = parameter("oauth_token").unwrap_or_default();
    let accepted = &platform.config.access_tokens;
    if !accepted.is_empty() && !accepted.iter().any(|known| known.expose_secret() == token) {
        return Err(error::unauthorized());
    }
    if platform.apps.is_revoked(token) {
        return Err(error::invalid_token());
    }
    Ok(user_of(token))
}

/// The token of the header, as it stands there.
pub(crate) fn token_of(incoming: &Incoming) -> Option<&str> {
    let parameters = parameters(incoming.authorization()?.strip_prefix("OAuth ")?)?;
    parameters.iter().find_map(|(key, value)| (*key == "oauth_token").then_some(*value))
}

/// Whose token it is. One that begins otherwise is somebody's all the same, and always the same one's.
fn user_of(token: &str) -> String {
    let first = token.split('-').next().unwrap_or_default();
    if first.bytes().all(|byte| byte.is_ascii_digit()) {
        return first.to_owned();
    }
    let sum = token.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    format!("9{:09}", sum % 1_000_000_000)
}

/// The parameters of an OAuth header, `name="value"` and commas between them.
fn parameters(header: &str) -> Option<Vec<(&str, &str)>> {
    header
        .split(',')
        .map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            Some((name, value.strip_prefix('"')?.strip_suffix('"')?))
        })
        .collect()
}
