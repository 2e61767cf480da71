//! The caller of a request: a user by an access token, or an integration by its key.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use shared::domain::ids::{ApiKeyId, MerchantId, SessionId, UserId};
use shared::domain::message::Author;
use shared::domain::permission::Action;
use shared::domain::trace::{TraceId, TraceParent};
use shared::domain::user::UserRole;
use shared::store::audit::Actor;
use uuid::Uuid;

use super::standing;
use crate::error::ApiError;
use crate::state::AppState;

/// Who asks, and for which merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user or the key.
    pub who: Who,
    /// The merchant; the request sees no other.
    pub merchant_id: MerchantId,
    /// What the caller may do.
    pub role: UserRole,
    /// The trace of the request; none of a caller that no request brought.
    pub trace: Option<TraceId>,
}

/// Whether a person asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A person.
    User(UserId),
    /// An integration.
    Key(ApiKeyId),
}

impl Who {
    /// The id, whosever it is: no user has a key's.
    pub const fn id(self) -> Uuid {
        match self {
            Self::User(UserId(id)) | Self::Key(ApiKeyId(id)) => id,
        }
    }
}

/// A caller who may have to change a one-time password first: what the routes about logging in ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The caller.
    pub caller: Caller,
    /// The session; none where an outer system logged the user in, and none of a key.
    pub session: Option<SessionId>,
    /// Nothing else may be done before the password is changed.
    pub must_change_password: bool,
}

impl FromRequestParts<AppState> for Known {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        // Layers ask too: one request is looked up once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(*known);
        }
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or(ApiError::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::Unauthorized);
        }
        let known = standing::of(state, token.trim()).await?;
        parts.extensions.insert(known);
        Ok(known)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let known = Known::from_request_parts(parts, state).await?;
        if known.must_change_password {
            return Err(ApiError::Forbidden(
                "change the one-time password first: POST /api/v1/auth/password".to_owned(),
            ));
        }
        let trace = parts.extensions.get::<TraceParent>().map(|place| place.trace);
        Ok(Self { trace, ..known.caller })
    }
}

impl Caller {
    /// Refuses whoever may not do `action`.
    pub fn require(&self, action: Action) -> Result<(), ApiError> {
        let (may, what) = match self.who {
            Who::User(_) => (self.role.may(action), "the role"),
            Who::Key(_) => (self.role.key_may(action), "an API key of the role"),
        };
        if may { Ok(()) } else { Err(ApiError::Forbidden(format!("{what} `{}` may not do `{action}`", self.role))) }
    }

    /// The user; none where an integration asks.
    pub const fn user_id(&self) -> Option<UserId> {
        match self.who {
            Who::User(id) => Some(id),
            Who::Key(_) => None,
        }
    }

    /// Who it is in the audit trail.
    pub const fn actor(&self) -> Actor {
        match self.who {
            Who::User(id) => Actor::User(id),
            Who::Key(id) => Actor::ApiKey(id),
        }
    }

    /// As whose messages are what the caller writes to customers.
    pub const fn author(&self) -> Author {
        match self.who {
            Who::User(_) => Author::Agent,
            Who::Key(_) => Author::Api,
        }
    }
}
