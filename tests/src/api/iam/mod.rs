//! An outer IAM: it publishes its keys, changes them, and signs what it is told to. The keys beside this file sign
//! nothing else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A key of the IAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningKey {
    /// Ed25519.
    Ed,
    /// Ed25519, the one after.
    EdNext,
    /// P-256.
    Ec,
    /// RSA, 2048 bits.
    Rsa,
}

impl SigningKey {
    /// What it is called.
    pub const fn kid(self) -> &'static str {
        match self {
            Self::Ed => "ed",
            Self::EdNext => "ed-next",
            Self::Ec => "ec",
            Self::Rsa => "rsa",
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Ed | Self::EdNext => Algorithm::EdDSA,
            Self::Ec => Algorithm::ES256,
            Self::Rsa => Algorithm::RS256,
        }
    }

    fn key(self) -> EncodingKey {
        match self {
            Self::Ed => EncodingKey::from_ed_der(include_bytes!("ed-one.der")),
            Self::EdNext => EncodingKey::from_ed_der(include_bytes!("ed-two.der")),
            Self::Ec => EncodingKey::from_ec_der(include_bytes!("ec.der")),
            Self::Rsa => EncodingKey::from_rsa_der(include_bytes!("rsa.der")),
        }
    }

    /// The public half, as it is published.
    pub fn published(self) -> anyhow::Result<Value> {
        let mut jwk = json!(Jwk::from_encoding_key(&self.key(), self.algorithm())?);
        jwk["kid"] = json!(self.kid());
        jwk["use"] = json!("sig");
        Ok(jwk)
    }

    /// A token that says `claims`.
    pub fn sign(self, claims: &Value) -> anyhow::Result<String> {
        let header = Header { kid: Some(self.kid().to_owned()), ..Header::new(self.algorithm()) };
        Ok(jsonwebtoken::encode(&header, claims, &self.key())?)
    }
}

/// A token that says `claims` under a secret.
pub fn sign_with_secret(claims: &Value, secret: &str) -> anyhow::Result<String> {
    let key = EncodingKey::from_secret(secret.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)?)
}

/// A running IAM.
#[derive(Debug)]
pub struct Iam {
    /// Where it publishes its keys.
    pub url: url::Url,
    inner: Arc<Inner>,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct Inner {
    keys: Mutex<Option<Vec<Value>>>,
    fetched: AtomicUsize,
}

impl Iam {
    /// Starts one that publishes `keys`.
    pub async fn start(keys: &[SigningKey]) -> anyhow::Result<Self> {
        let inner = Arc::new(Inner::default());
        let router = Router::new().route("/keys", get(publish)).with_state(Arc::clone(&inner));
        let stop = CancellationToken::new();
        let base = super::serve(router, &stop, &TaskTracker::new()).await?;
        let iam = Self { url: url::Url::parse(&format!("{base}/keys"))?, inner, stop };
        iam.publish(keys)?;
        Ok(iam)
    }

    /// Publishes `keys` and no others from now on.
    pub fn publish(&self, keys: &[SigningKey]) -> anyhow::Result<()> {
        let keys = keys.iter().map(|key| key.published()).collect::<anyhow::Result<_>>()?;
        *self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
        Ok(())
    }

    /// Publishes what else is given, whatever it is.
    pub fn publish_raw(&self, keys: Vec<Value>) {
        *self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys);
    }

    /// Answers 500 from now on.
    pub fn fail(&self) {
        *self.inner.keys.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How often the keys were asked for.
    pub fn fetched(&self) -> usize {
        self.inner.fetched.load(Ordering::Relaxed)
    }
}

impl Drop for Iam {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn publish(State(inner): State<Arc<Inner>>) -> Result<axum::Json<Value>, StatusCode> {
    inner.fetched.fetch_add(1, Ordering::Relaxed);
    let keys = inner.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
    keys.map(|keys| axum::Json(json!({ "keys": keys }))).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}
