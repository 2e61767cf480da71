//! A request that carries an `Idempotency-Key` is done once, however often it is asked.

use std::time::Duration;

use axum::body::{self, Body};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use shared::domain::ids::{ClaimId, MerchantId};
use shared::store::StoreError;
use shared::store::idempotency::{self, Claimed, Key};

use crate::auth::{Caller, Known};
use crate::envelope;
use crate::error::ApiError;
use crate::router::MAX_JSON_BODY;
use crate::state::AppState;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that nothing was done again.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const LONGEST_KEY: usize = 255;
/// Every request has ended by then, one way or another.
const LEASE: Duration = Duration::from_mins(1);
/// What is asked here gives tokens, which are kept nowhere.
const NOT_KEPT: &str = "/api/v1/auth/";

tokio::task_local! {
    static CLAIM: ClaimId;
}

/// The claim under which the request at hand is done.
pub fn claim_at_hand() -> Option<ClaimId> {
    CLAIM.try_with(|claim| *claim).ok()
}

/// Does `work` under `claim`, as what it writes is noted.
pub(super) async fn under<F: Future>(claim: ClaimId, work: F) -> F::Output {
    CLAIM.scope(claim, work).await
}

/// Does a request once for each key.
pub async fn once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    match keyed(&request) {
        None => next.run(request).await,
        Some(Ok((route, key))) => {
            done_once(&state, &route, &key, request, next).await.unwrap_or_else(IntoResponse::into_response)
        }
        Some(Err(error)) => error.into_response(),
    }
}

/// The route and the key, where the request has one.
pub(super) fn keyed(request: &Request) -> Option<Result<(String, String), ApiError>> {
    let given = request.headers().get(HEADER)?;
    let route = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
    if request.method() != Method::POST || route.starts_with(NOT_KEPT) {
        return None;
    }
    let key = given.to_str().ok().filter(|key| (1..=LONGEST_KEY).contains(&key.len()));
    let wrong = || ApiError::invalid("Idempotency-Key", format!("must hold 1 to {LONGEST_KEY} plain characters"));
    Some(key.map(|key| (route, key.to_owned())).ok_or_else(wrong))
}

async fn done_once(
    state: &AppState,
    route: &str,
    key: &str,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let Ok(known) = Known::from_request_parts(&mut parts, state).await else {
        // The handler says why.
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let body = body::to_bytes(body, MAX_JSON_BODY).await;
    let body = body.map_err(|_| ApiError::BodyTooLarge { limit: MAX_JSON_BODY })?;
    let asked = parts.uri.path_and_query().map_or("", |asked| asked.as_str());
    let digest = Sha256::new().chain_update(asked).chain_update([0]).chain_update(&body).finalize();
    let claimed = claim(state, &known.caller, route, key, &digest.into()).await?;
    let request = Request::from_parts(parts, Body::from(body));
    match claimed {
        Claimed::Held(claim) => {
            let response = under(claim, next.run(request)).await;
            Ok(keep(state, known.caller.merchant_id, claim, response).await)
        }
        claimed => answered(claimed),
    }
}

/// What is told where the work is not to be done.
pub(super) fn answered(claimed: Claimed) -> Result<Response, ApiError> {
    match claimed {
        Claimed::Answered { status, body } => Ok(replay(status, body)),
        Claimed::Held(_) | Claimed::Running => Err(ApiError::KeyInUse),
        Claimed::Lost => Err(ApiError::AnswerLost),
        Claimed::Reused => Err(ApiError::KeyReused),
    }
}

const fn outcome(claimed: &Claimed) -> &'static str {
    match claimed {
        Claimed::Held(_) => "done",
        Claimed::Answered { .. } => "replayed",
        Claimed::Running => "running",
        Claimed::Lost => "lost",
        Claimed::Reused => "reused",
    }
}

/// Claims `key` for a request whose digest is `request`.
pub(super) async fn claim(
    state: &AppState,
    caller: &Caller,
    route: &str,
    key: &str,
    request: &[u8; 32],
) -> Result<Claimed, ApiError> {
    let merchant = caller.merchant_id;
    let key = Key { merchant, caller: caller.who.id(), route, key, request };
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let claimed = idempotency::claim(&mut transaction, &keys, &key, LEASE).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    state.metrics.keyed_requests.with_label_values(&[outcome(&claimed)]).inc();
    Ok(claimed)
}

/// Keeps what was answered; a failure lets the key go, unless something was done all the same. The client has its
/// answer either way.
pub(super) async fn keep(state: &AppState, merchant: MerchantId, claim: ClaimId, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let is_success = parts.status.is_success();
    let body = match body::to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => return ApiError::internal(error).into_response(),
    };
    let kept = if is_success {
        note_answer(state, merchant, claim, parts.status.as_u16(), &body).await
    } else {
        release(state, merchant, claim).await
    };
    if let Err(error) = kept {
        tracing::error!(error = &error as &dyn std::error::Error, "the outcome of an idempotency key was not kept");
    }
    Response::from_parts(parts, Body::from(body))
}

async fn note_answer(
    state: &AppState,
    merchant: MerchantId,
    claim: ClaimId,
    status: u16,
    body: &[u8],
) -> Result<(), StoreError> {
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    idempotency::answer(&mut transaction, &keys, merchant, claim, status, body).await?;
    Ok(transaction.commit().await?)
}

async fn release(state: &AppState, merchant: MerchantId, claim: ClaimId) -> Result<(), StoreError> {
    let mut transaction = state.begin(merchant).await?;
    idempotency::release(&mut transaction, merchant, claim).await?;
    Ok(transaction.commit().await?)
}

fn replay(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [(header::CONTENT_TYPE, envelope::json_type()), (REPLAYED, HeaderValue::from_static("true"))];
    (status, headers, body).into_response()
}
