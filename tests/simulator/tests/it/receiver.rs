//! A server that takes webhooks, checks their signatures and keeps them.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use url::Url;

/// One POST that came.
#[derive(Clone, Debug)]
pub(crate) struct Webhook {
    pub(crate) path: String,
    pub(crate) is_signed: bool,
    pub(crate) body: Bytes,
}

impl Webhook {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

#[derive(Default)]
struct Taken {
    webhooks: Vec<Webhook>,
    answers: VecDeque<StatusCode>,
}

/// Answers 200, unless told otherwise.
pub(crate) struct Receiver {
    pub(crate) url: Url,
    taken: Arc<Mutex<Taken>>,
    _stops_when_dropped: DropGuard,
}

impl Receiver {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?).parse()?;
        let taken = Arc::<Mutex<Taken>>::default();
        let stop = CancellationToken::new();
        let app = Router::new().fallback(take).with_state(Arc::clone(&taken));
        let served = axum::serve(listener, app).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future();
        TaskTracker::new().spawn(served);
        Ok(Self { url, taken, _stops_when_dropped: stop.drop_guard() })
    }

    /// The next POSTs get these answers, before 200 is the answer again.
    pub(crate) fn answer_next(&self, answers: impl IntoIterator<Item = StatusCode>) {
        lock(&self.taken).answers.extend(answers);
    }

    pub(crate) fn webhooks(&self) -> Vec<Webhook> {
        lock(&self.taken).webhooks.clone()
    }
}

async fn take(State(taken): State<Arc<Mutex<Taken>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut taken = lock(&taken);
    taken.webhooks.push(Webhook { path: uri.path().to_owned(), is_signed: is_signed(&headers, &body), body });
    taken.answers.pop_front().unwrap_or(StatusCode::OK)
}

fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let meta = hmac_sha256(b"app-secret", body)
        .is_some_and(|mac| header("x-hub-signature-256") == Some(&format!("sha256={}", hex::encode(mac))));
    let x = hmac_sha256(b"consumer-secret", body)
        .is_some_and(|mac| header("x-twitter-webhooks-signature") == Some(&format!("sha256={}", STANDARD.encode(mac))));
    meta || x
}

fn hmac_sha256(key: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(body);
    Some(mac.finalize().into_bytes().to_vec())
}

fn lock(taken: &Mutex<Taken>) -> std::sync::MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}
