//! A request's signature: never a panic, and the right one always fits.

use std::sync::LazyLock;

use shared::signature::{AppSecret, Key, Keyring, meta, x};

/// An input is the header's value, a line feed, and the body.
const SEPARATOR: u8 = b'\n';

static SECRETS: LazyLock<[AppSecret; 2]> = LazyLock::new(|| {
    ["first", "second"].map(|app| AppSecret { app: app.to_owned(), secret: format!("the secret of {app}").into() })
});

/// Checks the header of `input` against its body, and the right header too.
///
/// # Panics
/// When a right signature is refused, or a wrong one is taken.
pub fn holds(input: &[u8]) {
    let at = input.iter().position(|byte| *byte == SEPARATOR).unwrap_or(input.len());
    let (header, body) = (&input[..at], input.get(at + 1..).unwrap_or_default());
    let keys: Vec<Key> = SECRETS.iter().filter_map(|secret| Key::new(secret).ok()).collect();
    let ring = Keyring::new(SECRETS.iter()).unwrap_or_default();

    let signed = meta::verify(&ring, Some(header), body);
    let by_x = x::verify(&ring, Some(header), body);
    assert!(signed.is_err() || by_x.is_err(), "one header is read as the signature of both");
    assert!(meta::verify(&ring, None, body).is_err() && x::verify(&ring, None, body).is_err());
    assert!(meta::verify(&Keyring::default(), Some(header), body).is_err(), "without a key nothing is taken");
    for key in &keys {
        assert_eq!(meta::verify(&ring, Some(meta::sign(key, body).as_bytes()), body), Ok(key.app()));
        assert_eq!(x::verify(&ring, Some(x::sign(key, body).as_bytes()), body), Ok(key.app()));
    }
}
