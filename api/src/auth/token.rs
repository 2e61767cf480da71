//! Access tokens: JSON Web Tokens, HS256 under `JWT_SECRET`.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared::domain::ids::{MerchantId, SessionId, UserId};
use shared::domain::user::UserRole;

/// How long a token holds.
pub const TOKEN_LIFETIME: TimeDelta = TimeDelta::hours(1);
pub(super) const ISSUER: &str = "loa";

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: UserId,
    /// The merchant that the user belongs to.
    pub merchant_id: MerchantId,
    /// What the user may do.
    pub role: UserRole,
    /// The session, with which the token stops.
    pub sid: SessionId,
    /// Who made the token.
    pub iss: String,
    /// When, in seconds of Unix time.
    pub iat: i64,
    /// Until when it holds.
    pub exp: i64,
}

/// Makes and reads tokens.
#[derive(Clone)]
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    /// Tokens under `secret`.
    pub fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        // The algorithm is fixed: a token does not choose how it is checked.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.set_issuer(&[ISSUER]);
        validation.leeway = 5;
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), validation }
    }

    /// A token for a user, made at `now`.
    pub fn issue(
        &self,
        user: UserId,
        merchant: MerchantId,
        role: UserRole,
        session: SessionId,
        now: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            sub: user,
            merchant_id: merchant,
            role,
            sid: session,
            iss: ISSUER.to_owned(),
            iat: now.timestamp(),
            exp: (now + TOKEN_LIFETIME).timestamp(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
    }

    /// What `token` says; none where it does not hold.
    pub fn read(&self, token: &str) -> Option<Claims> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        // The nil merchant owns what belongs to nobody; no user is its.
        (!claims.merchant_id.0.is_nil()).then_some(claims)
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::clock;

    use super::*;

    fn tokens(secret: &str) -> Tokens {
        Tokens::new(&secret.into())
    }

    fn issued_at(now: DateTime<Utc>) -> String {
        tokens("one").issue(UserId::new(), MerchantId::new(), UserRole::Agent, SessionId::new(), now).unwrap()
    }

    #[test]
    fn a_token_holds_for_an_hour_and_under_its_secret_alone() {
        let now = clock::now();
        assert!(tokens("one").read(&issued_at(now)).is_some());
        assert!(tokens("two").read(&issued_at(now)).is_none());
        assert!(tokens("one").read(&issued_at(now - TimeDelta::hours(2))).is_none());
    }

    #[test]
    fn a_token_that_says_it_needs_no_signature_is_refused() {
        let token = issued_at(clock::now());
        let payload = token.split('.').nth(1).unwrap();
        // {"alg":"none","typ":"JWT"}
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
        assert!(tokens("one").read(&unsigned).is_none());
    }

    #[test]
    fn nobody_is_no_merchant_to_log_in_to() {
        let nil = MerchantId(uuid::Uuid::nil());
        let token = tokens("one").issue(UserId::new(), nil, UserRole::Owner, SessionId::new(), clock::now()).unwrap();
        assert_eq!(tokens("one").read(&token), None);
    }
}
