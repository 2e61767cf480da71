use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::ids::MerchantId;
use shared::store::merchants::Merchant;
use utoipa::ToSchema;

/// The merchant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MerchantView {
    id: MerchantId,
    name: String,
    /// Words that withdraw consent; null: Loa's own list.
    stop_words: Option<Vec<String>>,
    /// What confirms it; null: Loa's own text.
    stop_reply: Option<String>,
    /// How long contents are kept.
    retention_days: i32,
    created_at: DateTime<Utc>,
}

impl From<Merchant> for MerchantView {
    fn from(merchant: Merchant) -> Self {
        Self {
            id: merchant.id,
            name: merchant.name,
            stop_words: merchant.stop_words,
            stop_reply: merchant.stop_reply,
            retention_days: merchant.retention_days,
            created_at: merchant.created_at,
        }
    }
}
