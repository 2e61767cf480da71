//! A request that carries a file and an `Idempotency-Key`: what it holds is known when the file was read, which is then
//! forgotten again where it was taken before.

use axum::Extension;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use shared::store::idempotency::Claimed;

use super::once;
use crate::auth::Caller;
use crate::envelope::Written;
use crate::error::ApiError;
use crate::state::AppState;

/// The key that an upload carries.
#[derive(Clone, Debug)]
pub struct FileKey {
    route: String,
    key: String,
}

/// What is to be done with a file that was read.
#[derive(Debug)]
pub enum Turn {
    /// It is to be kept, by [`work`](Self::work).
    Keep(Claim),
    /// It is to be forgotten: this is the answer.
    Forget(Result<Response, ApiError>),
}

/// The right to keep a file under a key.
#[derive(Debug)]
pub struct Claim(shared::domain::ids::ClaimId);

impl FileKey {
    /// The key of `request`, where it has one.
    pub fn of(request: &Request) -> Result<Option<Self>, ApiError> {
        once::keyed(request).transpose().map(|keyed| keyed.map(|(route, key)| Self { route, key }))
    }

    /// Whose turn it is with a request whose digest is `digest`.
    pub async fn claim(&self, state: &AppState, caller: &Caller, digest: &[u8; 32]) -> Result<Turn, ApiError> {
        Ok(match once::claim(state, caller, &self.route, &self.key, digest).await? {
            Claimed::Held(claim) => Turn::Keep(Claim(claim)),
            // A door spells what it gives on its way, again too.
            claimed => Turn::Forget(once::answered(claimed).map(|answer| (Extension(Written), answer).into_response())),
        })
    }
}

impl Claim {
    /// Does `work`, and keeps what it answers.
    pub async fn work<F, T>(self, state: &AppState, caller: &Caller, work: F) -> Response
    where
        F: Future<Output = Result<T, ApiError>>,
        T: IntoResponse,
    {
        let answer = once::under(self.0, work).await.into_response();
        once::keep(state, caller.merchant_id, self.0, answer).await
    }
}
