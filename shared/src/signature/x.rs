//! X's signature: `x-twitter-webhooks-signature: sha256=<base64>`, and its challenge (CRC).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Keyring, Rejected};

/// The header that carries it.
pub const HEADER: &str = "x-twitter-webhooks-signature";
const SCHEME: &[u8] = b"sha256=";

/// The header's value for `body`.
pub fn sign(key: &Key, body: &[u8]) -> String {
    format!("sha256={}", STANDARD.encode(key.digest(body)))
}

/// What `response_token` must be in the answer to a challenge; `crc_token` is the decoded query
/// parameter (platform notes on X, section 2).
pub fn response_token(key: &Key, crc_token: &str) -> String {
    sign(key, crc_token.as_bytes())
}

/// The name of the app whose consumer secret signed `body`, given the value of [`HEADER`].
pub fn verify<'a>(keys: &'a Keyring, header: Option<&[u8]>, body: &[u8]) -> Result<&'a str, Rejected> {
    let digest = read(header.ok_or(Rejected::Missing)?).ok_or(Rejected::Malformed)?;
    keys.signer(body, &digest).ok_or(Rejected::Mismatch)
}

fn read(header: &[u8]) -> Option<[u8; 32]> {
    STANDARD.decode(header.strip_prefix(SCHEME)?).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AppSecret;
    use super::*;

    fn key() -> Key {
        Key::new(&secret()).unwrap()
    }

    fn secret() -> AppSecret {
        AppSecret { app: "bird".to_owned(), secret: "apiSecret".into() }
    }

    fn ring() -> Keyring {
        Keyring::new([&secret()]).unwrap()
    }

    #[test]
    fn the_published_challenge_is_answered() {
        assert_eq!(response_token(&key(), "test token"), "sha256=O5hJl2njQRIa4vsumZ+3oom9ECR5m3aQLRZkPoYelp0=");
    }

    #[test]
    fn a_header_that_cannot_be_a_signature_is_malformed() {
        let good = sign(&key(), b"{}");
        let unpadded = good.trim_end_matches('=');
        let hex = super::super::meta::sign(&key(), b"{}");
        for header in ["", "sha256=", "sha256=AAAA", unpadded, &hex, &good[7..]] {
            assert_eq!(verify(&ring(), Some(header.as_bytes()), b"{}"), Err(Rejected::Malformed), "{header}");
        }
        assert_eq!(verify(&ring(), None, b"{}"), Err(Rejected::Missing));
    }

    proptest! {
        #[test]
        fn what_was_signed_verifies_and_one_flipped_bit_does_not(
            mut body in proptest::collection::vec(any::<u8>(), 1..200),
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let ring = ring();
            let header = sign(&key(), &body);
            prop_assert_eq!(verify(&ring, Some(header.as_bytes()), &body), Ok("bird"));
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert_eq!(verify(&ring, Some(header.as_bytes()), &body), Err(Rejected::Mismatch));
        }
    }
}
