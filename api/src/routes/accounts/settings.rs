use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use shared::domain::account_settings::{AccountSettings, DailyLimit, LimitedBy};
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::store::accounts::read::{self, Account};
use shared::store::accounts::{disconnect, settings as store};
use shared::store::audit::{self, Entry};
use shared::store::{StoreError, shops};
use utoipa::ToSchema;

use self::hours::HoursBody;
use super::view::AccountView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Given, Json, PathText};
use crate::state::AppState;

mod hours;

const LONGEST_NAME: usize = 200;
/// As long as the shortest text that a channel carries, so that it goes on all of them.
const LONGEST_TEXT: usize = 2_000;
const MOST_A_DAY: u32 = 1_000_000;

/// What is changed of an account; what is left out stays, `null` takes away. What only the platform decides is taken,
/// so that an account can be put back as it was got, and changes nothing.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeAccount)]
struct Body {
    auto_reply_enabled: Option<bool>,
    #[serde(default)]
    #[schema(value_type = Option<HoursBody>)]
    business_hours: Given<HoursBody>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    greeting: Given<String>,
    display_name: Option<String>,
    daily_limit: Option<LimitBody>,
    is_primary: Option<bool>,
    shop_id: Option<String>,
    #[serde(rename = "id")]
    #[schema(value_type = Option<Value>)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "merchantId")]
    #[schema(value_type = Option<Value>)]
    _merchant_id: Option<IgnoredAny>,
    #[serde(rename = "channel")]
    #[schema(value_type = Option<Value>)]
    _channel: Option<IgnoredAny>,
    #[serde(rename = "phoneNumberId")]
    #[schema(value_type = Option<Value>)]
    _phone_number_id: Option<IgnoredAny>,
    #[serde(rename = "businessAccountId")]
    #[schema(value_type = Option<Value>)]
    _business_account_id: Option<IgnoredAny>,
    #[serde(rename = "pageId")]
    #[schema(value_type = Option<Value>)]
    _page_id: Option<IgnoredAny>,
    #[serde(rename = "userId")]
    #[schema(value_type = Option<Value>)]
    _user_id: Option<IgnoredAny>,
    #[serde(rename = "twitterUserId")]
    #[schema(value_type = Option<Value>)]
    _twitter_user_id: Option<IgnoredAny>,
    #[serde(rename = "username")]
    #[schema(value_type = Option<Value>)]
    _username: Option<IgnoredAny>,
    #[serde(rename = "displayNumber")]
    #[schema(value_type = Option<Value>)]
    _display_number: Option<IgnoredAny>,
    #[serde(rename = "profileImageUrl")]
    #[schema(value_type = Option<Value>)]
    _profile_image_url: Option<IgnoredAny>,
    #[serde(rename = "webhookId")]
    #[schema(value_type = Option<Value>)]
    _webhook_id: Option<IgnoredAny>,
    #[serde(rename = "app")]
    #[schema(value_type = Option<Value>)]
    _app: Option<IgnoredAny>,
    #[serde(rename = "status")]
    #[schema(value_type = Option<Value>)]
    _status: Option<IgnoredAny>,
    #[serde(rename = "statusReason")]
    #[schema(value_type = Option<Value>)]
    _status_reason: Option<IgnoredAny>,
    #[serde(rename = "qualityRating")]
    #[schema(value_type = Option<Value>)]
    _quality_rating: Option<IgnoredAny>,
    #[serde(rename = "messagingLimit")]
    #[schema(value_type = Option<Value>)]
    _messaging_limit: Option<IgnoredAny>,
    #[serde(rename = "throughputPerSecond")]
    #[schema(value_type = Option<Value>)]
    _throughput_per_second: Option<IgnoredAny>,
    #[serde(rename = "connectedAt")]
    #[schema(value_type = Option<Value>)]
    _connected_at: Option<IgnoredAny>,
    #[serde(rename = "disconnectedAt")]
    #[schema(value_type = Option<Value>)]
    _disconnected_at: Option<IgnoredAny>,
    #[serde(rename = "statistics")]
    #[schema(value_type = Option<Value>)]
    _statistics: Option<IgnoredAny>,
    #[serde(rename = "subscription")]
    #[schema(value_type = Option<Value>)]
    _subscription: Option<IgnoredAny>,
}

/// How much may be sent in a day.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeDailyLimit)]
struct LimitBody {
    per: Option<String>,
    limit: Option<u32>,
}

impl Body {
    /// What becomes of `settings`; none where nothing of them is changed.
    fn settings(&self, settings: &AccountSettings, problems: &mut Vec<FieldProblem>) -> Option<AccountSettings> {
        let mut new = settings.clone();
        match &self.business_hours {
            Given::This(hours) => new.business_hours = hours.read(settings.business_hours.as_ref(), problems),
            Given::Null => new.business_hours = None,
            Given::Not => {}
        }
        match &self.greeting {
            Given::This(text) => {
                check_text("greeting", Some(text), LONGEST_TEXT, problems);
                new.greeting = Some(text.clone());
            }
            Given::Null => new.greeting = None,
            Given::Not => {}
        }
        if let Some(limit) = &self.daily_limit {
            new.daily_limit = limit.read(new.daily_limit, problems);
        }
        (new != *settings).then_some(new)
    }
}

impl LimitBody {
    fn read(&self, now: DailyLimit, problems: &mut Vec<FieldProblem>) -> DailyLimit {
        let per = self.per.as_deref().map(str::parse::<LimitedBy>);
        if matches!(per, Some(Err(_))) {
            problems.push(FieldProblem::new("dailyLimit.per", "must be recipient or sender"));
        }
        let limit = self.limit.unwrap_or(now.limit);
        if !(1..=MOST_A_DAY).contains(&limit) {
            problems.push(FieldProblem::new("dailyLimit.limit", format!("must lie between 1 and {MOST_A_DAY}")));
        }
        DailyLimit { per: per.and_then(Result::ok).unwrap_or(now.per), limit }
    }
}

/// `PUT /accounts/{id}`: changes what the merchant sets for an account.
#[utoipa::path(
    put,
    path = "/accounts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id, or its shop's.")),
    request_body = Body,
    responses(Data<AccountView>)
)]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let body: Body = body.read()?;
    let (merchant, channel) = (caller.merchant_id, door.channel);
    let mut transaction = state.begin(merchant).await?;
    let found = read::find(&mut transaction, merchant, channel, &id).await?.ok_or(ApiError::NotFound("account"))?;
    // Changed under a lock: of two who change different parts of the settings at once both are heard.
    disconnect::lock(&mut transaction, &state.keyring, merchant, channel, found.id).await?;
    let before = read::find(&mut transaction, merchant, channel, &found.id.to_string()).await?;
    let before = before.ok_or(ApiError::NotFound("account"))?;

    let mut problems = Vec::new();
    check_text("displayName", body.display_name.as_deref(), LONGEST_NAME, &mut problems);
    let settings = body.settings(&before.settings, &mut problems);
    if body.is_primary == Some(true) && before.disconnected_at.is_some() {
        problems.push(FieldProblem::new("isPrimary", "is not for an account that is disconnected"));
    }
    ApiError::unless_none(problems)?;
    let shop_id = match body.shop_id.as_deref().filter(|shop| *shop != before.shop) {
        Some(shop) => {
            let shop = shops::find(&mut transaction, merchant, shop).await?;
            let shop = shop.ok_or_else(|| ApiError::Forbidden("the shop is not one of yours".to_owned()))?;
            // Its id names the shop that it is at already.
            Some(shop).filter(|shop| shop.external_id != before.shop).map(|shop| shop.id)
        }
        None => None,
    };
    let change = store::Change {
        auto_reply_enabled: body.auto_reply_enabled,
        display_name: body.display_name,
        shop_id,
        is_primary: body.is_primary,
        settings,
    };
    store::change(&mut transaction, merchant, before.id, &change).await?;
    let after = read::find(&mut transaction, merchant, channel, &before.id.to_string()).await?;
    let after = after.ok_or(ApiError::NotFound("account"))?;
    audit::record(&mut transaction, &entry(&caller, &before, &after)).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(AccountView::from(after)))
}

fn check_text(field: &str, text: Option<&str>, longest: usize, problems: &mut Vec<FieldProblem>) {
    if text.is_some_and(|text| text.trim().is_empty() || text.chars().count() > longest) {
        problems.push(FieldProblem::new(field, format!("must hold 1 to {longest} characters")));
    }
}

fn entry(caller: &Caller, before: &Account, after: &Account) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "account.changed",
        entity: "account",
        entity_id: after.id.0,
        before: Some(set(before)),
        after: Some(set(after)),
        at: clock::now(),
    }
}

fn set(account: &Account) -> Value {
    json!({
        "autoReplyEnabled": account.auto_reply_enabled,
        "displayName": account.display_name,
        "shopId": account.shop,
        "isPrimary": account.is_primary,
        "settings": account.settings,
    })
}
