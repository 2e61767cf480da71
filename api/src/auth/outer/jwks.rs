//! The keys that an outer IAM publishes: fetched when they are needed, kept, and fetched anew when they are old or a
//! token names one that is not among them. Whoever sends tokens of made-up keys does not have us fetch for each.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;
use shared::channels::http;
use tokio::sync::Mutex;
use url::Url;

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const FETCH_LIMIT: Duration = Duration::from_secs(5);
/// Keys are looked at anew after this.
const FRESH: Duration = Duration::from_mins(10);
/// Keys that could not be looked at anew hold no longer than this: one of them may have been withdrawn.
const LONGEST_KEPT: Duration = Duration::from_hours(1);
/// Not fetched more often than this.
const BETWEEN_FETCHES: Duration = Duration::from_secs(10);
/// A longer list is none of keys.
const LONGEST_BODY: usize = 256 * 1024;
/// Shorter RSA keys can be broken.
const SHORTEST_MODULUS: usize = 256;

/// One key.
#[derive(Clone)]
pub(super) struct Key {
    kid: Option<String>,
    /// What checks signatures.
    pub(super) decoding: DecodingKey,
    /// The algorithms that it is for; all of one family.
    pub(super) algorithms: Vec<Algorithm>,
}

/// The published keys.
pub(super) struct Jwks {
    url: Url,
    client: Client,
    kept: RwLock<Option<Kept>>,
    /// When they were last asked for; whoever holds it asks.
    asked: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<[Key]>,
    since: Instant,
}

#[derive(Debug, thiserror::Error)]
enum FetchError {
    #[error("{0}")]
    Http(String),
    #[error("it answered {0}")]
    Status(u16),
    #[error("the answer is longer than {LONGEST_BODY} bytes")]
    TooLong,
    #[error("the answer holds no list of keys")]
    NotKeys,
}

impl Jwks {
    pub(super) fn new(url: Url) -> anyhow::Result<Self> {
        let client = Client(http::client_with(CONNECT_LIMIT, FETCH_LIMIT)?);
        Ok(Self { url, client, kept: RwLock::default(), asked: Mutex::default() })
    }

    /// The key called `kid`, or the only one for `algorithm` where a token names none.
    pub(super) async fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<Key> {
        let kept = self.kept();
        let known = kept.as_ref().and_then(|kept| pick(&kept.keys, kid, algorithm));
        let is_fresh = kept.as_ref().is_some_and(|kept| kept.since.elapsed() < FRESH);
        if known.is_some() && is_fresh {
            return known;
        }
        if known.is_some() {
            // Good enough while somebody else looks.
            if let Ok(mut asked) = self.asked.try_lock() {
                self.refresh(&mut asked).await;
            }
        } else {
            let mut asked = self.asked.lock().await;
            self.refresh(&mut asked).await;
        }
        self.kept().and_then(|kept| pick(&kept.keys, kid, algorithm))
    }

    fn kept(&self) -> Option<Kept> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        kept.filter(|kept| kept.since.elapsed() < LONGEST_KEPT)
    }

    async fn refresh(&self, asked: &mut Option<Instant>) {
        if asked.is_some_and(|asked| asked.elapsed() < BETWEEN_FETCHES) {
            return;
        }
        *asked = Some(Instant::now());
        match self.client.fetch(&self.url).await {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "the keys of the outer IAM were fetched");
                let kept = Kept { keys: keys.into(), since: Instant::now() };
                *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
            }
            Err(error) => tracing::warn!(%error, url = %self.url, "the keys of the outer IAM were not fetched"),
        }
    }
}

impl std::fmt::Debug for Jwks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwks").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

fn pick(keys: &[Key], kid: Option<&str>, algorithm: Algorithm) -> Option<Key> {
    let mut fitting = keys
        .iter()
        .filter(|key| key.algorithms.contains(&algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
    let first = fitting.next()?;
    (kid.is_some() || fitting.next().is_none()).then(|| first.clone())
}

/// What fetches.
struct Client(reqwest::Client);

impl Client {
    async fn fetch(&self, url: &Url) -> Result<Vec<Key>, FetchError> {
        let told = |error: reqwest::Error| FetchError::Http(error.without_url().to_string());
        let mut response = self.0.get(url.clone()).send().await.map_err(told)?;
        if !response.status().is_success() {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            if body.len() + chunk.len() > LONGEST_BODY {
                return Err(FetchError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        read(&body)
    }
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<Value>,
}

/// The keys that check signatures. Others, and kinds that nobody knows yet, do not keep these out.
fn read(body: &[u8]) -> Result<Vec<Key>, FetchError> {
    let published: Published = serde_json::from_slice(body).map_err(|_| FetchError::NotKeys)?;
    let jwks = published.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    Ok(jwks.filter_map(|jwk| key(&jwk)).collect())
}

fn key(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    let mut algorithms = algorithms(&jwk.algorithm)?;
    if let Some(only) = jwk.common.key_algorithm {
        algorithms.retain(|algorithm| KeyAlgorithm::from(*algorithm) == only);
    }
    if algorithms.is_empty() {
        return None;
    }
    Some(Key { kid: jwk.common.key_id.clone(), decoding: DecodingKey::from_jwk(jwk).ok()?, algorithms })
}

/// What a key of a kind may sign. Secrets are no keys to publish, so no kind of theirs is here.
fn algorithms(parameters: &AlgorithmParameters) -> Option<Vec<Algorithm>> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let modulus = URL_SAFE_NO_PAD.decode(&rsa.n).ok()?;
            let long_enough = modulus.len() >= SHORTEST_MODULUS;
            long_enough.then(|| {
                vec![
                    Algorithm::RS256,
                    Algorithm::RS384,
                    Algorithm::RS512,
                    Algorithm::PS256,
                    Algorithm::PS384,
                    Algorithm::PS512,
                ]
            })
        }
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Some(vec![Algorithm::ES256]),
            EllipticCurve::P384 => Some(vec![Algorithm::ES384]),
            _ => None,
        },
        AlgorithmParameters::OctetKeyPair(pair) => {
            (pair.curve == EllipticCurve::Ed25519).then(|| vec![Algorithm::EdDSA])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn keys(keys: &Value) -> Vec<Key> {
        read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn secrets_short_keys_and_kinds_nobody_knows_are_left_out() {
        let found = keys(&json!([
            { "kty": "oct", "k": "c2VjcmV0", "kid": "secret" },
            { "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short" },
            { "kty": "new", "kid": "new" },
            { "kty": "OKP", "crv": "Ed25519", "x": X, "use": "enc", "kid": "for encryption" },
            { "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "good" },
        ]));
        let kids: Vec<_> = found.iter().map(|key| key.kid.as_deref().unwrap()).collect();
        assert_eq!(kids, ["good"]);
        assert_eq!(found[0].algorithms, [Algorithm::EdDSA]);
    }

    #[test]
    fn a_key_is_for_its_own_algorithms_alone() {
        let found = keys(&json!([{ "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a" }]));
        assert!(pick(&found, Some("a"), Algorithm::EdDSA).is_some());
        for algorithm in [Algorithm::HS256, Algorithm::RS256, Algorithm::ES256] {
            assert!(pick(&found, Some("a"), algorithm).is_none());
        }
        assert!(pick(&found, None, Algorithm::EdDSA).is_some());
        assert!(pick(&found, Some("b"), Algorithm::EdDSA).is_none());
    }

    #[test]
    fn a_token_that_names_no_key_is_not_matched_with_one_of_two() {
        let found = keys(&json!([
            { "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "a" },
            { "kty": "OKP", "crv": "Ed25519", "x": X, "kid": "b" },
        ]));
        assert!(pick(&found, None, Algorithm::EdDSA).is_none());
    }
}
