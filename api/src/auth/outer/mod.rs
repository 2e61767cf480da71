//! Tokens of an outer IAM: signed with keys that it publishes (`JWT_JWKS_URL`), or with the secret that it shares with
//! us (`JWT_SECRET`). Never both: where keys are published the secret signs our own tokens alone.

mod claims;
mod jwks;

use std::time::Instant;

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::{ExposeSecret, SecretString};
use shared::domain::clock;
use shared::domain::ids::{MerchantId, UserId};
use shared::store::StoreError;
use shared::store::users::outer::{self, Claimed, Seen};
use url::Url;

use self::claims::Claims;
use self::jwks::Jwks;
use super::cache::Cache;
use super::caller::{Caller, Known, Who};
use super::token::ISSUER;
use crate::error::ApiError;
use crate::state::AppState;

/// Clocks of two organisations may disagree by so many seconds.
const LEEWAY: u64 = 30;

/// What is known of the outer IAM.
#[derive(Clone, Debug, Default)]
pub struct OuterSettings {
    /// Where it publishes its keys.
    pub jwks_url: Option<Url>,
    /// The `iss` that its tokens must have; any but our own where not set.
    pub issuer: Option<String>,
    /// The `aud` that its tokens must have; not looked at where not set.
    pub audience: Option<String>,
}

/// The outer IAM.
#[derive(Debug)]
pub struct Outer {
    signed: Signed,
    settings: OuterSettings,
    seen: Cache<(MerchantId, String), Seen>,
}

/// How its tokens are signed.
enum Signed {
    WithSecret(DecodingKey),
    WithKeys(Jwks),
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::WithSecret(_) => "WithSecret",
            Self::WithKeys(_) => "WithKeys",
        })
    }
}

impl Outer {
    /// The IAM of `settings`, which shares `secret` with us where it publishes no keys.
    pub fn new(settings: OuterSettings, secret: &SecretString) -> anyhow::Result<Self> {
        let signed = match &settings.jwks_url {
            Some(url) => Signed::WithKeys(Jwks::new(url.clone())?),
            None => Signed::WithSecret(DecodingKey::from_secret(secret.expose_secret().as_bytes())),
        };
        Ok(Self { signed, settings, seen: Cache::default() })
    }

    /// A user has changed: nothing known holds any more.
    pub(crate) fn forget_user(&self, user: UserId) {
        self.seen.forget(|_, seen| seen.id == user);
    }

    /// What `token` says, if it holds.
    async fn read(&self, token: &str) -> Option<Claimed> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        let claims: Claims = match &self.signed {
            Signed::WithSecret(key) => self.decode(token, key, &[Algorithm::HS256])?,
            Signed::WithKeys(jwks) => {
                // The key says which algorithms it is for; a secret is none of them.
                let key = jwks.find(header.kid.as_deref(), header.alg).await?;
                self.decode(token, &key.decoding, &key.algorithms)?
            }
        };
        claims.read()
    }

    fn decode(&self, token: &str, key: &DecodingKey, algorithms: &[Algorithm]) -> Option<Claims> {
        let mut validation = Validation::new(*algorithms.first()?);
        validation.algorithms = algorithms.to_vec();
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        let mut required = vec!["exp", "sub"];
        if let Some(issuer) = &self.settings.issuer {
            validation.set_issuer(&[issuer]);
            required.push("iss");
        }
        match &self.settings.audience {
            Some(audience) => {
                validation.set_audience(&[audience]);
                required.push("aud");
            }
            None => validation.validate_aud = false,
        }
        validation.set_required_spec_claims(&required);
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        // Our own tokens belong to sessions: they do not come in by this door.
        (claims.iss.as_deref() != Some(ISSUER)).then_some(claims)
    }
}

/// Who presents `token`, with whatever is missing of the merchant, its shops and the user made.
pub(super) async fn known(state: &AppState, token: &str) -> Result<Known, ApiError> {
    let claimed = state.outer.read(token).await.ok_or(ApiError::Unauthorized)?;
    let seen = look(state, &claimed).await?;
    // What was taken away by later claims, or here, is not given back by an earlier token.
    if seen.disabled || seen.role != claimed.role {
        return Err(ApiError::Unauthorized);
    }
    let caller = Caller { who: Who::User(seen.id), merchant_id: claimed.merchant_id, role: seen.role, trace: None };
    Ok(Known { caller, session: None, must_change_password: false })
}

async fn look(state: &AppState, claimed: &Claimed) -> Result<Seen, ApiError> {
    let asked = Instant::now();
    let key = (claimed.merchant_id, claimed.external_id.clone());
    if let Some(seen) = state.outer.seen.get(&key, asked).filter(|seen| is_known(seen, claimed)) {
        return Ok(seen);
    }
    let mut transaction = state.begin(claimed.merchant_id).await?;
    let mut seen = outer::seen(&mut transaction, claimed).await?;
    if !seen.as_ref().is_some_and(|seen| is_known(seen, claimed)) {
        outer::take_over(&mut transaction, claimed).await?;
        seen = outer::seen(&mut transaction, claimed).await?;
        transaction.commit().await.map_err(StoreError::Sql)?;
    }
    let seen = seen.ok_or(ApiError::Unauthorized)?;
    state.outer.seen.put(key, seen.clone(), asked);
    Ok(seen)
}

/// Whether the claims say nothing new: all of it is known, or they are older than what is known.
fn is_known(seen: &Seen, claimed: &Claimed) -> bool {
    let is_older = seen.claims_at.is_some_and(|at| claimed.at <= at);
    let same_shops = claimed.shops.iter().all(|shop| seen.shops.contains(shop));
    let same_user = seen.role == claimed.role
        && claimed.email.as_ref().is_none_or(|email| seen.email.as_ref() == Some(email))
        && claimed.name.as_ref().is_none_or(|name| seen.display_name == *name);
    same_shops && (same_user || is_older)
}

/// The moment that claims say, or now where they say none that is past.
fn moment(seconds: Option<i64>) -> chrono::DateTime<Utc> {
    let now = clock::now();
    seconds.and_then(|seconds| chrono::DateTime::from_timestamp(seconds, 0)).map_or(now, |at| at.min(now))
}
