//! Webhook signatures: who sent these bytes.
//!
//! Both platforms sign the body with HMAC-SHA256 under the app's secret; [`meta`] writes the result in
//! hex, [`x`] in base64. Several secrets hold at once, so that one can be rotated and several apps served.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

mod escape;
pub mod meta;
pub mod x;

/// An app's secret, under the name that the configuration gives the app.
#[derive(Clone, Debug)]
pub struct AppSecret {
    /// The app's name; several secrets may bear one name while a secret is rotated.
    pub app: String,
    /// The app secret (Meta) or consumer secret (X).
    pub secret: SecretString,
}

/// A secret made ready for signing: its key schedule is computed once, not per request.
#[derive(Clone)]
pub struct Key {
    app: String,
    mac: Hmac<Sha256>,
}

/// Anyone could sign with an empty secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of app `{app}` is empty")]
pub struct EmptySecret {
    /// Whose.
    pub app: String,
}

impl Key {
    /// Prepares `secret`.
    pub fn new(secret: &AppSecret) -> Result<Self, EmptySecret> {
        let bytes = secret.secret.expose_secret().as_bytes();
        let empty = || EmptySecret { app: secret.app.clone() };
        if bytes.is_empty() {
            return Err(empty());
        }
        Ok(Self { app: secret.app.clone(), mac: Hmac::new_from_slice(bytes).map_err(|_| empty())? })
    }

    /// The name of the app whose secret it is.
    pub fn app(&self) -> &str {
        &self.app
    }

    fn digest(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.mac.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Compares in constant time.
    fn fits(&self, message: &[u8], digest: &[u8; 32]) -> bool {
        let mut mac = self.mac.clone();
        mac.update(message);
        mac.verify_slice(digest).is_ok()
    }

    fn fits_escaped(&self, message: &str, digest: &[u8; 32]) -> bool {
        let mut mac = self.mac.clone();
        escape::each_part(message, |part| mac.update(part));
        mac.verify_slice(digest).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("app", &self.app).finish_non_exhaustive()
    }
}

/// The keys of every app whose signature is accepted. With no key it accepts nothing.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: Vec<Key>,
}

impl Keyring {
    /// Prepares every secret.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a AppSecret>) -> Result<Self, EmptySecret> {
        let keys = secrets.into_iter().map(Key::new).collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// The key that is listed first: the one to sign with.
    pub fn first(&self) -> Option<&Key> {
        self.keys.first()
    }

    fn signer(&self, message: &[u8], digest: &[u8; 32]) -> Option<&str> {
        let key = self.keys.iter().find(|key| key.fits(message, digest))?;
        Some(key.app())
    }

    fn signer_of_escaped(&self, message: &str, digest: &[u8; 32]) -> Option<&str> {
        let key = self.keys.iter().find(|key| key.fits_escaped(message, digest))?;
        Some(key.app())
    }
}

/// Why a request is not believed. It goes into a metric; the answer says nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// There is no signature.
    #[error("the request bears no signature")]
    Missing,
    /// What stands in the header cannot be one.
    #[error("the signature does not read")]
    Malformed,
    /// No secret fits.
    #[error("no secret fits the signature")]
    Mismatch,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(app: &str, secret: &str) -> AppSecret {
        AppSecret { app: app.to_owned(), secret: secret.into() }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let ring = Keyring::new([&secret("shop", "good"), &secret("other", "")]);
        assert_eq!(ring.err(), Some(EmptySecret { app: "other".to_owned() }));
    }

    #[test]
    fn a_ring_without_keys_accepts_nothing() {
        let key = Key::new(&secret("shop", "good")).unwrap();
        let header = meta::sign(&key, b"{}");
        assert_eq!(meta::verify(&Keyring::default(), Some(header.as_bytes()), b"{}"), Err(Rejected::Mismatch));
    }

    #[test]
    fn no_secret_is_printed() {
        let ring = Keyring::new([&secret("shop", "tell-nobody")]).unwrap();
        let printed = format!("{ring:?} {:?}", secret("shop", "tell-nobody"));
        assert!(!printed.contains("tell-nobody"), "{printed}");
    }
}
