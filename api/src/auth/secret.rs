//! Secrets that are random, shown once and kept as a hash alone.
//!
//! They need no slow hash as passwords do: nobody guesses 256 random bits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::Rng;
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// 256 random bits as text.
pub fn random_secret() -> SecretString {
    let mut bits = [0_u8; 32];
    rand::rng().fill(&mut bits);
    URL_SAFE_NO_PAD.encode(bits).into()
}

/// What is kept of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, other) = (random_secret(), random_secret());
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(hash(one.expose_secret()), hash(other.expose_secret()));
    }
}
