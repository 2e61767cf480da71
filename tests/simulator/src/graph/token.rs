//! Access tokens of the Graph API.

use secrecy::{ExposeSecret, SecretString};

use super::error;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// Checks the token.
pub(crate) fn check(platform: &Platform, incoming: &Incoming) -> Result<(), Refusal> {
    accepted(platform, incoming).map(drop)
}

/// The token, from the `Authorization` header or the `access_token` parameter, where it is accepted.
pub(crate) fn accepted(platform: &Platform, incoming: &Incoming) -> Result<SecretString, Refusal> {
    let in_query = incoming.query("access_token");
    let token = incoming
        .authorization()
        .and_then(|header| header.strip_prefix("Bearer "))
        .or(in_query.as_deref())
        .map(str::trim)
        .filter(|token| !token.is_empty())
        .ok_or_else(error::no_token)?;
    let known = &platform.config.access_tokens;
    let fits = known.is_empty() || known.iter().any(|known| known.expose_secret() == token);
    fits.then(|| token.into()).ok_or_else(error::bad_token)
}
