//! How the platforms sign. Written apart from the product's own verification, so that a mistake
//! in either shows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The header that holds Meta's signature.
pub(crate) const META_HEADER: &str = "x-hub-signature-256";
/// The header that holds X's signature.
pub(crate) const X_HEADER: &str = "x-twitter-webhooks-signature";

/// Meta's signature of `body`: `sha256=` and lower-case hex.
pub(crate) fn meta(app_secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(hmac_sha256(app_secret, body)))
}

/// X's signature of `body`: `sha256=` and base64.
pub(crate) fn x(consumer_secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", STANDARD.encode(hmac_sha256(consumer_secret, body)))
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn hmac_sha256(secret: &SecretString, body: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).expect("a key of any length");
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_signs_in_hex_over_the_escaped_bytes() {
        let body = concat!(
            r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"text":"#,
            r#""\u00e4\u00f6\u00e5 \ud83d\udc4b a\/b"}}]}]}"#
        );
        assert_eq!(
            meta(&"app-secret".into(), body.as_bytes()),
            "sha256=a052c4309cd5dd8f69c23854853ed85a4272f810fd16e9fa0dbf103298229516"
        );
    }

    #[test]
    fn x_signs_in_base64() {
        assert_eq!(x(&"apiSecret".into(), b"test token"), "sha256=O5hJl2njQRIa4vsumZ+3oom9ECR5m3aQLRZkPoYelp0=");
    }
}
