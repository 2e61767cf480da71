use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId};
use shared::store::accounts::read::Account;
use utoipa::ToSchema;

/// An account, without what it proves itself with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountView {
    id: AccountId,
    merchant_id: MerchantId,
    shop_id: String,
    channel: Channel,
    #[serde(flatten)]
    platform: PlatformIds,
    username: Option<String>,
    display_name: Option<String>,
    display_number: Option<String>,
    app: String,
    status: AccountStatus,
    status_reason: Option<String>,
    quality_rating: Option<String>,
    messaging_limit: Option<i32>,
    throughput_per_second: i32,
    auto_reply_enabled: bool,
    connected_at: DateTime<Utc>,
    disconnected_at: Option<DateTime<Utc>>,
}

/// The account's ids in its platform's own words.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum PlatformIds {
    #[serde(rename_all = "camelCase")]
    WhatsApp { phone_number_id: String, business_account_id: Option<String> },
    #[serde(rename_all = "camelCase")]
    Messenger { page_id: String },
    #[serde(rename_all = "camelCase")]
    X { user_id: String },
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let platform = match account.channel {
            Channel::WhatsApp => {
                PlatformIds::WhatsApp { phone_number_id: account.external_id, business_account_id: account.business_id }
            }
            Channel::Messenger => PlatformIds::Messenger { page_id: account.external_id },
            Channel::X => PlatformIds::X { user_id: account.external_id },
        };
        Self {
            id: account.id,
            merchant_id: account.merchant_id,
            shop_id: account.shop,
            channel: account.channel,
            platform,
            username: account.username,
            display_name: account.display_name,
            display_number: account.display_number,
            app: account.app,
            status: account.status,
            status_reason: account.status_reason,
            quality_rating: account.quality_rating,
            messaging_limit: account.messaging_limit,
            throughput_per_second: account.throughput_per_second,
            auto_reply_enabled: account.auto_reply_enabled,
            connected_at: account.connected_at,
            disconnected_at: account.disconnected_at,
        }
    }
}
