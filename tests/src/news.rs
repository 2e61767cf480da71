//! News that WhatsApp tells of accounts, templates and its customers' wishes.

use serde_json::{Value, json};

use crate::TestApp;
use crate::whatsapp::{NUMBER, WABA, entries, entry, metadata, webhook};

/// The platform's id of [`template`].
pub const TEMPLATE: i64 = 990_000_000_000_001;

/// A webhook with news of the business account, told at a moment in seconds since 1970.
pub fn news(told_at: i64, field: &str, value: &Value) -> Value {
    let mut entry = entry(WABA, [json!({ "field": field, "value": value })]);
    entry["time"] = json!(told_at);
    entries([entry])
}

/// The value of news about the template `spring_sale`: an event, and more fields.
pub fn template(event: &str, more: &Value) -> Value {
    let mut value = json!({
        "event": event, "message_template_id": TEMPLATE, "message_template_name": "spring_sale",
        "message_template_language": "en_US", "reason": null,
    });
    add(&mut value, more);
    value
}

/// A webhook that tells where the template `spring_sale` stands.
pub fn template_news(told_at: i64, event: &str) -> Value {
    news(told_at, "message_template_status_update", &template(event, &json!({})))
}

/// A webhook that tells of the business account.
pub fn account_news(told_at: i64, value: &Value) -> Value {
    news(told_at, "account_update", value)
}

/// A webhook that tells of a ban: `DISABLE`, `SCHEDULE_FOR_DISABLE`, `REINSTATE`.
pub fn ban(told_at: i64, state: &str) -> Value {
    let info = json!({ "waba_ban_state": state, "waba_ban_date": "May 1" });
    account_news(told_at, &json!({ "event": "DISABLED_UPDATE", "ban_info": info }))
}

/// A webhook that tells what a customer wants: `stop`, `resume`.
pub fn preference(choice: &str, at: i64, contacts: &Value) -> Value {
    let one = json!({ "wa_id": "84901234567", "category": "marketing_messages", "value": choice,
        "detail": format!("User requested to {choice} marketing messages"), "timestamp": at });
    let value = json!({ "messaging_product": "whatsapp", "metadata": metadata(NUMBER), "contacts": contacts,
        "user_preferences": [one] });
    webhook([json!({ "field": "user_preferences", "value": value })])
}

/// Adds the fields of `more` to `value`.
pub fn add(value: &mut Value, more: &Value) {
    for (key, field) in more.as_object().into_iter().flatten() {
        value[key] = field.clone();
    }
}

impl TestApp {
    /// Takes webhooks in, one by one, and settles.
    pub async fn hears(&self, webhooks: &[Value]) -> anyhow::Result<()> {
        for webhook in webhooks {
            let status = self.post(webhook).await?;
            anyhow::ensure!(status == http::StatusCode::OK, "the webhook was answered {status}");
        }
        self.settle().await
    }
}
