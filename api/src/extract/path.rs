//! Parts of the path. One that cannot name anything names nothing: 404.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use uuid::Uuid;

use crate::error::ApiError;

/// The `{id}` of the path as an identifier.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub Uuid);

/// The `{id}` of the path as it stands there, and the `{tag}` behind it.
#[derive(Clone, Debug)]
pub struct PathTag(pub String, pub String);

/// The `{id}` of the path as it stands there.
#[derive(Clone, Debug)]
pub struct PathText(pub String);

/// The `{id}` of the path as an identifier, and the `{version}` behind it.
#[derive(Clone, Copy, Debug)]
pub struct PathVersion(pub Uuid, pub i32);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let PathText(text) = PathText::from_request_parts(parts, state).await?;
        Uuid::parse_str(&text).map(Self).map_err(|_| ApiError::NotFound("resource"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("resource"))?;
        let id = params.iter().find(|(name, _)| *name == "id").map(|(_, value)| value.to_owned());
        // No row holds a NUL, and no query takes one.
        id.filter(|id| !id.contains('\0')).map(Self).ok_or(ApiError::NotFound("resource"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathTag {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let PathText(id) = PathText::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("tag"))?;
        let tag = params.iter().find(|(name, _)| *name == "tag").map(|(_, value)| value.to_owned());
        tag.map(|tag| Self(id, tag)).ok_or(ApiError::NotFound("tag"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathVersion {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let PathId(id) = PathId::from_request_parts(parts, state).await?;
        let params =
            RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound("version"))?;
        let version = params.iter().find(|(name, _)| *name == "version").and_then(|(_, value)| value.parse().ok());
        version.map(|version| Self(id, version)).ok_or(ApiError::NotFound("version"))
    }
}
