use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::account::AccountStatus;
use shared::domain::account_settings::DailyLimit;
use shared::domain::business_hours::BusinessHours;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId};
use shared::store::accounts::read::Account;
use shared::store::accounts::statistics::Statistics;
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
    profile_image_url: Option<String>,
    webhook_id: Option<String>,
    app: String,
    status: AccountStatus,
    status_reason: Option<String>,
    quality_rating: Option<String>,
    messaging_limit: Option<i32>,
    throughput_per_second: i32,
    is_primary: bool,
    auto_reply_enabled: bool,
    business_hours: Option<BusinessHours>,
    greeting: Option<String>,
    daily_limit: DailyLimit,
    connected_at: DateTime<Utc>,
    disconnected_at: Option<DateTime<Utc>>,
    /// Where one account is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    statistics: Option<StatisticsView>,
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

/// An account in numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountStatistics)]
struct StatisticsView {
    total_contacts: i64,
    total_conversations: i64,
    messages_this_month: i64,
}

/// An account that was disconnected, and what its platform was told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DisconnectedAccount)]
pub(super) struct DisconnectedView {
    #[serde(flatten)]
    account: AccountView,
    subscription: Revocation,
}

/// What became of the account's subscription at its platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Revocation {
    /// The platform ended it.
    #[serde(rename = "ended")]
    Done,
    /// It was ended when the account was disconnected.
    #[serde(rename = "ended_before")]
    DoneBefore,
    /// Another account needs it: it stays.
    Shared,
    /// The platform did not end it. Events that come all the same belong to nobody.
    Failed,
}

/// What is told of an account that was disconnected: nothing on X, as its page has it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Disconnected {
    /// The account, and what its platform was told.
    Told(Box<DisconnectedView>),
    /// Nothing.
    Nothing,
}

impl DisconnectedView {
    pub(super) fn new(account: AccountView, subscription: Revocation) -> Self {
        Self { account, subscription }
    }
}

impl AccountView {
    /// The account with its numbers.
    pub(super) fn with(account: Account, statistics: Statistics) -> Self {
        let statistics = StatisticsView {
            total_contacts: statistics.contacts,
            total_conversations: statistics.conversations,
            messages_this_month: statistics.messages_this_month,
        };
        Self { statistics: Some(statistics), ..Self::from(account) }
    }
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
            profile_image_url: account.profile_image_url,
            webhook_id: account.webhook_id,
            app: account.app,
            status: account.status,
            status_reason: account.status_reason,
            quality_rating: account.quality_rating,
            messaging_limit: account.messaging_limit,
            throughput_per_second: account.throughput_per_second,
            is_primary: account.is_primary,
            auto_reply_enabled: account.auto_reply_enabled,
            business_hours: account.settings.business_hours,
            greeting: account.settings.greeting,
            daily_limit: account.settings.daily_limit,
            connected_at: account.connected_at,
            disconnected_at: account.disconnected_at,
            statistics: None,
        }
    }
}
