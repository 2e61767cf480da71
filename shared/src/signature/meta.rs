//! Meta's signature: `X-Hub-Signature-256: sha256=<64 hex digits>`, for WhatsApp and Messenger alike.

use super::{Key, Keyring, Rejected};

/// The header that carries it.
pub const HEADER: &str = "x-hub-signature-256";
const SCHEME: &[u8] = b"sha256=";

/// The header's value for `body`.
pub fn sign(key: &Key, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(key.digest(body)))
}

/// The name of the app whose secret signed `body`, given the value of [`HEADER`].
///
/// The signature is checked over the bytes as they came. Meta computes it over the form in which all
/// beyond ASCII is escaped, which is what it normally sends; where a body holds raw UTF-8 and does not
/// fit, its escaped form is tried once (platform notes on WhatsApp, section 2).
pub fn verify<'a>(keys: &'a Keyring, header: Option<&[u8]>, body: &[u8]) -> Result<&'a str, Rejected> {
    let digest = read(header.ok_or(Rejected::Missing)?).ok_or(Rejected::Malformed)?;
    keys.signer(body, &digest)
        .or_else(|| {
            if body.is_ascii() {
                return None;
            }
            keys.signer_of_escaped(std::str::from_utf8(body).ok()?, &digest)
        })
        .ok_or(Rejected::Mismatch)
}

fn read(header: &[u8]) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(header.strip_prefix(SCHEME)?, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::AppSecret;
    use super::*;

    const ESCAPED: &str = r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"text":"\u00e4\u00f6\u00e5 \ud83d\udc4b a\/b"}}]}]}"#;
    const ESCAPED_DIGEST: &str = "a052c4309cd5dd8f69c23854853ed85a4272f810fd16e9fa0dbf103298229516";
    const RAW: &str =
        r#"{"object":"page","entry":[{"id":"1","time":1,"messaging":[{"message":{"text":"äöå 👋 a/b"}}]}]}"#;
    const RAW_DIGEST: &str = "a4f9d381779676fa73acc13418acde3c1cb29a9495d8155d3cd02b16fc0a2665";

    fn secret(app: &str, secret: &str) -> AppSecret {
        AppSecret { app: app.to_owned(), secret: secret.into() }
    }

    fn ring() -> Keyring {
        Keyring::new([&secret("old", "before"), &secret("shop", "app-secret")]).unwrap()
    }

    fn check(header: &str, body: &str) -> Result<String, Rejected> {
        verify(&ring(), Some(header.as_bytes()), body.as_bytes()).map(str::to_owned)
    }

    #[test]
    fn the_published_vectors_hold() {
        let key = Key::new(&secret("shop", "app-secret")).unwrap();
        assert_eq!(sign(&key, ESCAPED.as_bytes()), format!("sha256={ESCAPED_DIGEST}"));
        assert_eq!(sign(&key, RAW.as_bytes()), format!("sha256={RAW_DIGEST}"));
    }

    #[test]
    fn the_signer_is_named() {
        for (digest, body) in [(ESCAPED_DIGEST, ESCAPED), (RAW_DIGEST, RAW)] {
            assert_eq!(check(&format!("sha256={digest}"), body).as_deref(), Ok("shop"));
        }
    }

    #[test]
    fn raw_text_is_checked_in_its_escaped_form_too() {
        let unescaped = RAW.replace("a/b", r"a\/b");
        assert_eq!(check(&format!("sha256={ESCAPED_DIGEST}"), &unescaped).as_deref(), Ok("shop"));
        assert_eq!(check(&format!("sha256={RAW_DIGEST}"), &unescaped), Err(Rejected::Mismatch));
    }

    #[test]
    fn bytes_that_are_no_text_are_checked_as_they_are() {
        let key = Key::new(&secret("shop", "app-secret")).unwrap();
        let body = [0xff, 0xfe, b'{'];
        let header = sign(&key, &body);
        assert_eq!(verify(&ring(), Some(header.as_bytes()), &body), Ok("shop"));
        assert_eq!(verify(&ring(), Some(header.as_bytes()), &body[1..]), Err(Rejected::Mismatch));
    }

    #[test]
    fn a_header_that_cannot_be_a_signature_is_malformed() {
        let short = format!("sha256={}", &RAW_DIGEST[2..]);
        let long = format!("sha256={RAW_DIGEST}00");
        let sha1 = format!("sha1={RAW_DIGEST}");
        let spaced = format!("sha256= {RAW_DIGEST}");
        for header in ["", "sha256=", &short, &long, &sha1, &spaced, RAW_DIGEST, "é"] {
            assert_eq!(check(header, RAW), Err(Rejected::Malformed), "{header}");
        }
        assert_eq!(verify(&ring(), None, RAW.as_bytes()), Err(Rejected::Missing));
    }

    #[test]
    fn upper_case_hex_is_read() {
        let header = format!("sha256={}", RAW_DIGEST.to_uppercase());
        assert_eq!(check(&header, RAW).as_deref(), Ok("shop"));
    }

    proptest! {
        #[test]
        fn what_was_signed_verifies_and_one_flipped_bit_does_not(
            mut body in proptest::collection::vec(any::<u8>(), 1..200),
            at in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let key = Key::new(&secret("shop", "app-secret")).unwrap();
            let ring = ring();
            let header = sign(&key, &body);
            prop_assert_eq!(verify(&ring, Some(header.as_bytes()), &body), Ok("shop"));
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert_eq!(verify(&ring, Some(header.as_bytes()), &body), Err(Rejected::Mismatch));
        }

        #[test]
        fn a_signature_over_the_escaped_form_fits_the_raw_text(text in "\\PC{0,40}") {
            let key = Key::new(&secret("shop", "app-secret")).unwrap();
            let mut escaped = Vec::new();
            super::super::escape::each_part(&text, |part| escaped.extend_from_slice(part));
            let ring = ring();
            let header = sign(&key, &escaped);
            prop_assert_eq!(verify(&ring, Some(header.as_bytes()), text.as_bytes()), Ok("shop"));
        }
    }
}
