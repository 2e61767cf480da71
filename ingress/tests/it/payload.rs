//! Requests as the platforms send them.

use shared::signature::{AppSecret, Key, meta, x};

pub(crate) const WHATSAPP: &str = "/api/v1/whatsapp/webhooks";
pub(crate) const MESSENGER: &str = "/api/v1/mkt-facebook/webhooks/facebook";
pub(crate) const X: &str = "/api/v1/mkt-x/webhooks/twitter";

/// The secrets that the ingress of the tests knows.
pub(crate) const META_SECRET: &str = "meta-secret";
pub(crate) const X_SECRET: &str = "x-secret";

/// A text from a customer.
pub(crate) const TEXT: &str = r#"{"object":"whatsapp_business_account","entry":[{"id":"100","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":"200"},"contacts":[{"profile":{"name":"Ann"},"wa_id":"15550002222"}],"messages":[{"from":"15550002222","id":"wamid.A","timestamp":"1760000000","type":"text","text":{"body":"hello"}}]}}]}]}"#;
/// A message to a page.
pub(crate) const PAGE: &str = r#"{"object":"page","entry":[{"id":"300","time":1760000000000,"messaging":[{"sender":{"id":"301"},"recipient":{"id":"300"},"timestamp":1760000000000,"message":{"mid":"m_A","text":"hello"}}]}]}"#;
/// A direct message on X.
pub(crate) const DIRECT: &str = r#"{"for_user_id":"400","direct_message_events":[{"type":"message_create","id":"500","created_timestamp":"1760000000000","message_create":{"target":{"recipient_id":"400"},"sender_id":"401","message_data":{"text":"hello"}}}]}"#;

fn key(secret: &str) -> Key {
    Key::new(&AppSecret { app: "test".to_owned(), secret: secret.into() }).unwrap()
}

/// The signature header that Meta sends with `body`.
pub(crate) fn meta_signature(secret: &str, body: &[u8]) -> String {
    format!("X-Hub-Signature-256: {}", meta::sign(&key(secret), body))
}

/// The signature header that X sends with `body`.
pub(crate) fn x_signature(secret: &str, body: &[u8]) -> String {
    format!("x-twitter-webhooks-signature: {}", x::sign(&key(secret), body))
}

/// A POST of `body` to `path`, with one more header line.
pub(crate) fn post(path: &str, header: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut request =
        format!("POST {path} HTTP/1.1\r\nHost: loa.test\r\nContent-Length: {}\r\n{header}\r\n\r\n", body.len())
            .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A POST of `body` to WhatsApp's path, rightly signed.
pub(crate) fn signed(body: impl AsRef<[u8]>) -> Vec<u8> {
    let signature = meta_signature(META_SECRET, body.as_ref());
    post(WHATSAPP, &signature, body)
}

/// The head of a POST to WhatsApp's path that announces its body by `header`.
pub(crate) fn head(header: &str) -> String {
    format!("POST {WHATSAPP} HTTP/1.1\r\nHost: loa.test\r\n{header}\r\n\r\n")
}

/// A request without a body.
pub(crate) fn bare(method: &str, target: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: loa.test\r\n\r\n")
}
