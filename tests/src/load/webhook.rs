//! Webhooks of WhatsApp texts, signed as Meta signs them.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use shared::domain::clock;

/// The header that holds the signature.
pub const SIGNATURE: &str = "x-hub-signature-256";
/// Where webhooks are posted.
pub const PATH: &str = "/api/v1/whatsapp/webhooks";

/// A customer who writes to one number of the merchant.
#[derive(Clone, Debug)]
pub struct Line {
    /// Meta's id of the merchant's number.
    pub phone_number_id: String,
    /// Its business account.
    pub waba_id: String,
    /// The customer's phone number.
    pub phone: String,
}

impl Line {
    /// The body of a webhook in which the customer writes `text`, which the platform calls `id`.
    pub fn says(&self, id: &str, text: &str) -> String {
        self.said(id, text, clock::now())
    }

    /// The same, written `at` a moment.
    pub fn said(&self, id: &str, text: &str, at: DateTime<Utc>) -> String {
        let Self { phone_number_id, waba_id, phone } = self;
        let metadata = json!({ "display_phone_number": "84900000001", "phone_number_id": phone_number_id });
        let contact = json!({ "profile": { "name": "Load" }, "wa_id": phone });
        let timestamp = at.timestamp().to_string();
        let message =
            json!({ "from": phone, "id": id, "timestamp": timestamp, "type": "text", "text": { "body": text } });
        let value = json!({
            "messaging_product": "whatsapp", "metadata": metadata, "contacts": [contact], "messages": [message],
        });
        let change = json!({ "field": "messages", "value": value });
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": waba_id, "changes": [change] }] }).to_string()
    }
}

/// Signs bodies. Written apart from the product's own verification, so that a mistake in either shows.
#[derive(Clone, Debug)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    /// Signs with `secret`.
    pub fn new(secret: &str) -> anyhow::Result<Self> {
        Ok(Self(Hmac::new_from_slice(secret.as_bytes())?))
    }

    /// The header's value for `body`.
    pub fn sign(&self, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(body);
        format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
    }
}
