//! What goes wrong with a request, and how it is told: one table from error to HTTP.
//!
//! Handlers give an [`ApiError`]; the layer [`crate::layers::answer`] puts it into the envelope. Whoever
//! asked wrongly is told what is wrong; what is our own fault is logged, and told by its request id alone.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::Serialize;
use shared::flow::Fault;
use shared::objects::ObjectError;
use shared::store::StoreError;
use utoipa::ToSchema;

/// One thing that is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// The field, dotted where it lies deeper.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// The node of a flow that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// What kind of fault of a flow it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

impl FieldProblem {
    /// A problem of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), node_id: None, code: None }
    }
}

impl From<Fault> for FieldProblem {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, message: fault.message, node_id: fault.node_id, code: Some(fault.code) }
    }
}

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request does not read.
    #[error("{0}")]
    InvalidRequest(String),
    /// No token, or one that does not hold.
    #[error("a valid access token is required")]
    Unauthorized,
    /// An e-mail and a password that do not belong together; says no more.
    #[error("the e-mail or the password is wrong")]
    LoginFailed,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or it is another merchant's.
    #[error("the {0} does not exist")]
    NotFound(&'static str),
    /// The path takes another method.
    #[error("this path does not take this method")]
    MethodNotAllowed,
    /// The body is no JSON by its own account.
    #[error("the body must be sent as application/json")]
    UnsupportedMediaType,
    /// The file has no such bytes.
    #[error("the file has no such range")]
    RangeNotSatisfiable,
    /// The body is too long.
    #[error("the body is longer than {limit} bytes")]
    BodyTooLarge {
        /// How long it may be.
        limit: usize,
    },
    /// The file is longer than its channel takes.
    #[error("the file {0}")]
    FileTooLarge(String),
    /// Fields that hold what they may not.
    #[error("the request is not valid: {}", summary(.0))]
    Invalid(Vec<FieldProblem>),
    /// It does not go together with what is there.
    #[error("{0}")]
    Conflict(String),
    /// The customer wrote too long ago for a free-form message.
    #[error("the customer-service window is closed: the customer last wrote more than 24 hours ago; send a template")]
    WindowClosed,
    /// The customer withdrew the consent that it needs.
    #[error("{0}")]
    NoConsent(&'static str),
    /// Too many attempts in too short a time.
    #[error("too many attempts, try again later")]
    TooManyAttempts {
        /// When the next one is welcome.
        retry_after: Duration,
    },
    /// More requests than are allowed.
    #[error("too many requests, try again in {} s", retry_after.as_secs().max(1))]
    TooManyRequests {
        /// When the next one is welcome.
        retry_after: Duration,
    },
    /// Another request with the same idempotency key is being done.
    #[error("a request with this Idempotency-Key is being done, ask again for its answer")]
    KeyInUse,
    /// The idempotency key was given to another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// It was done, and its answer is lost.
    #[error("the request with this Idempotency-Key was done, but its answer was lost: look for what it made")]
    AnswerLost,
    /// More than may be sent or done for now.
    #[error("{what}")]
    TooMuch {
        /// What there is too much of.
        what: String,
        /// When it is welcome.
        retry_after: Duration,
    },
    /// Something that is needed is not there at the moment.
    #[error("{0}")]
    Unavailable(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store of files failed.
    #[error(transparent)]
    Objects(#[from] ObjectError),
    /// Something else of ours failed.
    #[error(transparent)]
    Internal(Box<dyn Error + Send + Sync>),
}

/// Error codes, as clients match on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// 400: the request does not read.
    InvalidRequest,
    /// 401.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404, also for what is another merchant's.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 413.
    PayloadTooLarge,
    /// 416: a file has no such bytes.
    RangeNotSatisfiable,
    /// 415.
    UnsupportedMediaType,
    /// 422: fields that hold what they may not.
    ValidationError,
    /// 409.
    Conflict,
    /// 409: only a template may go.
    WindowClosed,
    /// 409: the idempotency key is in use at this moment.
    IdempotencyInProgress,
    /// 409: the idempotency key was given to another request.
    IdempotencyKeyReused,
    /// 409: what the idempotency key stands for was done, and its answer is lost.
    IdempotencyAnswerLost,
    /// 409: the customer withdrew consent.
    NoConsent,
    /// 429.
    RateLimitExceeded,
    /// 500, with a request id.
    InternalError,
    /// 503: try again later.
    Unavailable,
}

/// How long a client should wait where nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(2);

impl ApiError {
    /// One field that holds what it may not.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldProblem::new(field, message)])
    }

    /// Refuses what has `problems`, all of which are told.
    pub fn unless_none(problems: Vec<FieldProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self::Invalid(problems)) }
    }

    /// A failure of our own.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }

    /// The status and the code that a client may match on.
    pub fn parts(&self) -> (StatusCode, ErrorCode) {
        match self {
            Self::InvalidRequest(_) => (StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest),
            Self::Unauthorized | Self::LoginFailed => (StatusCode::UNAUTHORIZED, ErrorCode::Unauthorized),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, ErrorCode::Forbidden),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, ErrorCode::NotFound),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::MethodNotAllowed),
            Self::RangeNotSatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, ErrorCode::RangeNotSatisfiable),
            Self::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::UnsupportedMediaType),
            Self::BodyTooLarge { .. } | Self::FileTooLarge(_) => {
                (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::PayloadTooLarge)
            }
            Self::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::ValidationError),
            Self::Conflict(_) => (StatusCode::CONFLICT, ErrorCode::Conflict),
            Self::WindowClosed => (StatusCode::CONFLICT, ErrorCode::WindowClosed),
            Self::KeyInUse => (StatusCode::CONFLICT, ErrorCode::IdempotencyInProgress),
            Self::KeyReused => (StatusCode::CONFLICT, ErrorCode::IdempotencyKeyReused),
            Self::AnswerLost => (StatusCode::CONFLICT, ErrorCode::IdempotencyAnswerLost),
            Self::NoConsent(_) => (StatusCode::CONFLICT, ErrorCode::NoConsent),
            Self::TooManyRequests { .. } | Self::TooManyAttempts { .. } | Self::TooMuch { .. } => {
                (StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimitExceeded)
            }
            Self::Store(error) if error.is_unavailable() || error.is_serialization() => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable)
            }
            Self::Objects(ObjectError::Missing(_)) | Self::Store(_) | Self::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::InternalError)
            }
            Self::Unavailable(_) | Self::Objects(_) => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable),
        }
    }

    /// What the client is told.
    pub fn message(&self) -> String {
        match self.parts().1 {
            ErrorCode::InternalError => "internal error".to_owned(),
            ErrorCode::Unavailable => match self {
                Self::Unavailable(what) => (*what).to_owned(),
                _ => "the service is not available at the moment, try again".to_owned(),
            },
            _ => self.to_string(),
        }
    }

    /// When the client should try again, where that helps.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooManyAttempts { retry_after }
            | Self::TooManyRequests { retry_after }
            | Self::TooMuch { retry_after, .. } => Some(*retry_after),
            Self::KeyInUse => Some(RETRY_AFTER),
            _ => (self.parts().0 == StatusCode::SERVICE_UNAVAILABLE).then_some(RETRY_AFTER),
        }
    }
}

impl IntoResponse for ApiError {
    /// An answer without a body: the layer that knows the request's id writes it.
    fn into_response(self) -> Response {
        let mut response = self.parts().0.into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

fn summary(problems: &[FieldProblem]) -> String {
    let told: Vec<String> = problems.iter().map(|p| format!("{} {}", p.field, p.message)).collect();
    told.join("; ")
}
