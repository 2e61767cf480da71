//! Passwords: argon2id, on threads of their own and few at a time, since each takes 19 MiB and some
//! tens of milliseconds of a core.

use std::sync::Arc;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::TimeDelta;
use rand::Rng;
use rand::distr::Alphanumeric;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// A password of one's own that is shorter is refused.
pub const SHORTEST_PASSWORD: usize = 12;
/// Nobody's password is longer, in bytes; hashing a long one would cost us.
pub const LONGEST_PASSWORD: usize = 1024;
/// A one-time password that is not used by then holds no more.
pub const ONE_TIME: TimeDelta = TimeDelta::days(7);
/// Checks at once; more wait.
const AT_ONCE: usize = 4;
/// Whoever waits longer for a turn is sent away.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A random password's length, about 142 bits.
const RANDOM_LENGTH: usize = 24;

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many others are before this one.
    #[error("too many logins at once")]
    Busy,
    /// The hash does not read, or the library failed.
    #[error("the password could not be hashed or checked")]
    Failed,
}

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// What a password is checked against where there is no user.
    nobody: SecretString,
}

impl Passwords {
    /// Makes ready, which costs one hash.
    pub async fn new() -> Result<Self, PasswordError> {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let nobody = hash(&turns, random_password()).await?;
        Ok(Self { turns, nobody })
    }

    /// The hash of `password`, as a PHC string.
    pub async fn hash(&self, password: SecretString) -> Result<SecretString, PasswordError> {
        hash(&self.turns, password).await
    }

    /// Whether `password` is the one that `stored` is the hash of. Without one the answer is no, and
    /// takes as long.
    pub async fn verify(&self, password: SecretString, stored: Option<SecretString>) -> Result<bool, PasswordError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.clone());
        let fits = in_turn(&self.turns, move || {
            let hash = stored.expose_secret();
            match Argon2::default().verify_password(password.expose_secret().as_bytes(), hash) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(_) => Err(PasswordError::Failed),
            }
        });
        Ok(fits.await? && known)
    }
}

/// A password that nobody guesses.
pub fn random_password() -> SecretString {
    let word: String = rand::rng().sample_iter(Alphanumeric).take(RANDOM_LENGTH).map(char::from).collect();
    word.into()
}

async fn hash(turns: &Arc<Semaphore>, password: SecretString) -> Result<SecretString, PasswordError> {
    in_turn(turns, move || {
        let hash = Argon2::default().hash_password(password.expose_secret().as_bytes());
        Ok(hash.map_err(|_| PasswordError::Failed)?.to_string().into())
    })
    .await
}

async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let turn = timeout(LONGEST_WAIT, Arc::clone(turns).acquire_owned()).await;
    let turn = turn.map_err(|_| PasswordError::Busy)?.map_err(|_| PasswordError::Failed)?;
    // The turn goes along: a caller who hangs up does not make room while the thread still works.
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    done.await.map_err(|_| PasswordError::Failed)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let passwords = Passwords::new().await.unwrap();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.expose_secret().starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
    }
}
