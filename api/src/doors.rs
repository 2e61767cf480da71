//! Doors: path prefixes behind which the same resources stand.
//!
//! A door fixes the channel, and where its page differs, how things are spelled. The neutral door names
//! the channel in its path, `/api/v1/channels/{channel}`; WhatsApp's is `/api/v1/whatsapp`.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use shared::domain::channel::Channel;

use crate::error::ApiError;

/// WhatsApp's door.
pub const WHATSAPP: &str = "/api/v1/whatsapp";
/// The neutral door.
pub const NEUTRAL: &str = "/api/v1/channels/{channel}";

/// The door that a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// The channel whose resources are seen.
    pub channel: Channel,
}

impl Door {
    /// A door that fixes its channel.
    pub const fn to(channel: Channel) -> Self {
        Self { channel }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Door {
    type Rejection = ApiError;

    /// The door that the router has put up, else the one that the path names.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        if let Some(door) = parts.extensions.get::<Self>() {
            return Ok(*door);
        }
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("channel"))?;
        let named = params.iter().find(|(name, _)| *name == "channel").and_then(|(_, value)| value.parse().ok());
        named.map(Self::to).ok_or(ApiError::NotFound("channel"))
    }
}
