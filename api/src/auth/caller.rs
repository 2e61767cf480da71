//! The caller of a request, from its token.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use shared::domain::ids::{MerchantId, UserId};
use shared::domain::user::UserRole;

use crate::error::ApiError;
use crate::state::AppState;

/// Who asks, and for which merchant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user_id: UserId,
    /// The merchant; the request sees no other.
    pub merchant_id: MerchantId,
    /// What the user may do.
    pub role: UserRole,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, token) = header.and_then(|value| value.split_once(' ')).ok_or(ApiError::Unauthorized)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::Unauthorized);
        }
        let claims = state.tokens.read(token.trim()).ok_or(ApiError::Unauthorized)?;
        Ok(Self { user_id: claims.sub, merchant_id: claims.merchant_id, role: claims.role })
    }
}

impl Caller {
    /// Refuses whoever may not write to customers.
    pub fn require_talk(&self) -> Result<(), ApiError> {
        self.require(self.role.may_talk(), "write to customers")
    }

    /// Refuses whoever may not change how the merchant is set up.
    pub fn require_manage(&self) -> Result<(), ApiError> {
        self.require(self.role.may_manage(), "manage accounts")
    }

    /// Refuses whoever may not see what belongs to no merchant.
    pub fn require_operate(&self) -> Result<(), ApiError> {
        self.require(self.role.may_operate(), "see what belongs to no merchant")
    }

    fn require(&self, allowed: bool, what: &str) -> Result<(), ApiError> {
        if allowed { Ok(()) } else { Err(ApiError::Forbidden(format!("the role `{}` may not {what}", self.role))) }
    }
}
