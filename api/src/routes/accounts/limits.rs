use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::domain::account_settings::{DailyLimit, LimitedBy, X_SENDS_A_DAY};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::identity::Identity;
use shared::domain::ids::AccountId;
use shared::domain::permission::Action;
use shared::domain::platform_news::MessagingLimit;
use shared::store::PgConnection;
use shared::store::accounts::health::{self, SendHold};
use shared::store::accounts::read::{self, Account};
use shared::store::accounts::usage;

use utoipa::ToSchema;

use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::routes::messages::MOST_UNSENT;
use crate::state::AppState;

/// What an account may do, and how much of it is used up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AccountLimits)]
struct LimitsView {
    account_id: AccountId,
    /// Messages since the day began: to the number of `phone`, or of the whole account where none is asked for.
    used: i64,
    /// How many there may be.
    limit: u32,
    /// What the limit counts: messages to one recipient, or of the sender.
    per: LimitedBy,
    /// When the day began, by the account's clock.
    since: DateTime<Utc>,
    /// Messages of the account in the last 24 hours; X takes 500 and no more.
    last_24_hours: UsedOf,
    /// Customers who got a template in the last 24 hours, against the platform's limit; none where it has none.
    messaging_limit: Option<Customers>,
    throughput_per_second: i32,
    /// Messages of the merchant's that wait to be sent.
    unsent: UsedOf,
    quality_rating: Option<String>,
    /// What holds sends back at present.
    holds: Vec<HoldView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Used)]
struct UsedOf {
    used: i64,
    /// None where there is no limit.
    limit: Option<i64>,
}

/// The limit of the account's portfolio.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessagingLimitUse)]
struct Customers {
    used: i64,
    /// None where it is unlimited or not known.
    limit: Option<u32>,
    unlimited: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SendHold)]
struct HoldView {
    scope: String,
    until: Option<DateTime<Utc>>,
    reason: String,
}

impl From<SendHold> for HoldView {
    fn from(hold: SendHold) -> Self {
        Self { scope: hold.scope, until: hold.until, reason: hold.reason }
    }
}

/// `GET /accounts/{id}/limits?phone=`: the limits of an account and what is used of them.
#[utoipa::path(
    get,
    path = "/accounts/{id}/limits",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id, or its shop's."), ("phone" = Option<String>, Query, description = "A customer's number.")),
    responses(Data<LimitsView>)
)]
pub async fn limits(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    let phone: Option<String> = params.parse("phone", "a phone number");
    params.finish()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let account = read::find(&mut transaction, merchant, door.channel, &id).await?;
    let account = account.ok_or(ApiError::NotFound("account"))?;
    let view = view(&mut transaction, &account, phone.as_deref(), clock::now()).await?;
    Ok(Data(view))
}

async fn view(
    conn: &mut PgConnection,
    account: &Account,
    phone: Option<&str>,
    now: DateTime<Utc>,
) -> Result<LimitsView, ApiError> {
    let (merchant, id, day_ago) = (account.merchant_id, account.id, now - TimeDelta::days(1));
    let DailyLimit { per, limit } = account.settings.daily_limit;
    let since = account.settings.timezone().midnight(now);
    let recipient = match phone.and_then(Identity::whatsapp).filter(|_| per == LimitedBy::Recipient) {
        Some(address) => Some(usage::contact_of_phone(conn, merchant, &address.value).await?),
        None => None,
    };
    let used = match recipient {
        // Nobody has the number: nothing was sent to it.
        Some(None) => 0,
        Some(Some(contact)) => usage::sends_to(conn, merchant, id, contact, since, i64::from(limit) + 1).await?,
        None => usage::sends_since(conn, merchant, id, since).await?,
    };
    let health = health::get(conn, merchant, id).await?.ok_or(ApiError::NotFound("account"))?;
    let messaging_limit = match account.channel {
        Channel::WhatsApp => Some(Customers {
            used: usage::customers_since(conn, merchant, id, day_ago).await?,
            limit: match health.limit {
                Some(MessagingLimit::Of(limit)) => Some(limit),
                Some(MessagingLimit::Unlimited) | None => None,
            },
            unlimited: health.limit == Some(MessagingLimit::Unlimited),
        }),
        Channel::Messenger | Channel::X => None,
    };
    Ok(LimitsView {
        account_id: id,
        used,
        limit,
        per,
        since,
        last_24_hours: UsedOf {
            used: usage::sends_since(conn, merchant, id, day_ago).await?,
            limit: (account.channel == Channel::X).then_some(i64::from(X_SENDS_A_DAY)),
        },
        messaging_limit,
        throughput_per_second: health.throughput_per_second,
        unsent: UsedOf { used: usage::unsent(conn, merchant, MOST_UNSENT).await?, limit: Some(MOST_UNSENT) },
        quality_rating: health.quality,
        holds: health.holds.into_iter().map(HoldView::from).collect(),
    })
}
