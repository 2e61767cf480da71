//! API keys: `loa_`, eleven characters that find the key, `_`, and a secret of 256 bits.

use std::time::Instant;

use rand::Rng;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use shared::domain::clock;
use shared::domain::ids::ApiKeyId;
use shared::store::api_keys::{self, Presented};
use shared::store::{StoreError, pool};
use subtle::ConstantTimeEq;

use super::caller::{Caller, Known, Who};
use super::secret::{hash, random_secret};
use crate::error::ApiError;
use crate::state::AppState;

/// How every key begins.
pub(super) const MARK: &str = "loa_";
const PREFIX_LENGTH: usize = 11;
const SECRET_LENGTH: usize = 43;

/// A key that was just made.
#[derive(Debug)]
pub struct NewKey {
    /// What finds it, `loa_` included.
    pub prefix: String,
    /// The whole of it.
    pub key: SecretString,
    /// What is kept of it.
    pub hash: [u8; 32],
}

impl NewKey {
    /// A key that nobody guesses.
    pub fn random() -> Self {
        let word: String = rand::rng().sample_iter(Alphanumeric).take(PREFIX_LENGTH).map(char::from).collect();
        let prefix = format!("{MARK}{word}");
        let key = format!("{prefix}_{}", random_secret().expose_secret());
        let hash = hash(&key);
        Self { prefix, key: key.into(), hash }
    }
}

/// What finds `key`, if it is of the form of a key.
fn prefix(key: &str) -> Option<&str> {
    let whole = MARK.len() + PREFIX_LENGTH;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let fits = key.len() == whole + 1 + SECRET_LENGTH && key.bytes().all(plain) && key.as_bytes()[whole] == b'_';
    fits.then(|| &key[..whole])
}

/// Which integration presents `key`.
pub(super) async fn known(state: &AppState, key: &str) -> Result<Known, ApiError> {
    let asked = Instant::now();
    let hash = hash(key);
    let caller = if let Some(caller) = state.standings.keys.get(&hash, asked) {
        caller
    } else {
        let caller = look(state, key, &hash).await?;
        state.standings.keys.put(hash, caller, asked);
        caller
    };
    Ok(Known { caller, session: None, must_change_password: false })
}

async fn look(state: &AppState, key: &str, hash: &[u8; 32]) -> Result<Caller, ApiError> {
    let prefix = prefix(key).ok_or(ApiError::Unauthorized)?;
    let now = clock::now();
    let mut transaction = state.pool.begin().await.map_err(StoreError::Sql)?;
    let found = api_keys::present(&mut transaction, prefix, now).await?;
    let Presented { id, merchant_id, role, .. } =
        found.filter(|found| bool::from(found.hash.ct_eq(hash))).ok_or(ApiError::Unauthorized)?;
    pool::bind(&mut transaction, merchant_id).await?;
    api_keys::used(&mut transaction, merchant_id, id, now).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Caller { who: Who::Key(id), merchant_id, role, trace: None })
}

/// Whether `caller` is the key `id`.
pub(super) fn is(caller: &Caller, id: ApiKeyId) -> bool {
    caller.who == Who::Key(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_begins_with_what_finds_it() {
        let made = NewKey::random();
        assert_eq!(prefix(made.key.expose_secret()), Some(made.prefix.as_str()));
        assert_eq!(hash(made.key.expose_secret()), made.hash);
    }

    #[test]
    fn what_has_not_the_form_of_a_key_is_not_looked_up() {
        let long = format!("loa_{}", "a".repeat(55));
        for key in ["loa_", "loa_abc", "eyJhbGciOi", "loa_ééééééééééééé_", long.as_str()] {
            assert_eq!(prefix(key), None, "{key}");
        }
    }
}
