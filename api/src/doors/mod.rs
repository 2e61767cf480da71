//! Doors: path prefixes behind which the same resources stand.
//!
//! A door fixes the channel, and where its page differs, how things are spelled. The neutral door names
//! the channel in its path; WhatsApp's spells as it does. [`x`] and [`facebook`] are tables of what their pages
//! spell otherwise: a handler knows nothing of them. What stands behind a table is read from the API's own
//! description by the [`speller`], so that a page's words are right in answers, in requests and in its document.

mod aliases;
mod described;
mod facebook;
mod respell;
mod speller;
mod spelling;
mod x;

use std::sync::LazyLock;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use http::request::Parts;
use serde::Serialize;
use shared::domain::channel::Channel;
use utoipa::ToSchema;

pub use self::aliases::Aliases;
pub use self::respell::{FailureForm, respell};
pub use self::speller::Speller;
pub use self::spelling::Table;
use crate::error::ApiError;

/// WhatsApp's door.
pub const WHATSAPP: &str = "/api/v1/whatsapp";
/// X's door.
pub const X: &str = "/api/v1/mkt-x";
/// The door of Facebook's Messenger.
pub const FACEBOOK: &str = "/api/v1/mkt-facebook";
/// The neutral door.
pub const NEUTRAL: &str = "/api/v1/channels/{channel}";

static OF_X: LazyLock<Speller> = LazyLock::new(|| Speller::new(&x::TABLE));
static OF_FACEBOOK: LazyLock<Speller> = LazyLock::new(|| Speller::new(&facebook::TABLE));

/// Whose words a door uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Our own.
    Plain,
    /// Those of X's page.
    X,
    /// Those of the Facebook page.
    Facebook,
}

impl Spelling {
    /// What spells so; none where nothing is spelled otherwise.
    pub fn speller(self) -> Option<&'static Speller> {
        match self {
            Self::Plain => None,
            Self::X => Some(&OF_X),
            Self::Facebook => Some(&OF_FACEBOOK),
        }
    }
}

/// The door that a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// The channel whose resources are seen.
    pub channel: Channel,
    /// How they are spelled.
    pub spelling: Spelling,
}

impl Door {
    /// A door that fixes its channel, and spells as we do.
    pub const fn to(channel: Channel) -> Self {
        Self { channel, spelling: Spelling::Plain }
    }

    /// X's door.
    pub const fn x() -> Self {
        Self { channel: Channel::X, spelling: Spelling::X }
    }

    /// Facebook's door.
    pub const fn facebook() -> Self {
        Self { channel: Channel::Messenger, spelling: Spelling::Facebook }
    }

    /// `entity` in the words of the door, for what is written out piece by piece; a whole answer is respelled
    /// on its way.
    pub fn spell<T: Serialize + ToSchema>(self, entity: &T) -> Result<Vec<u8>, ApiError> {
        let Some(speller) = self.spelling.speller() else {
            return serde_json::to_vec(entity).map_err(ApiError::internal);
        };
        let mut value = serde_json::to_value(entity).map_err(ApiError::internal)?;
        speller.spell(&T::name(), &mut value);
        serde_json::to_vec(&value).map_err(ApiError::internal)
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

impl<S: Send + Sync> OptionalFromRequestParts<S> for Door {
    type Rejection = ApiError;

    /// None where the path names no channel: what stands there is seen whatever its channel.
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("channel"))?;
        let is_named = params.iter().any(|(name, _)| name == "channel");
        if !is_named && parts.extensions.get::<Self>().is_none() {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}
