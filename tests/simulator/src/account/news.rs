//! News of a business and its numbers, by a short name.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::channel::Channel;
use crate::clock;
use crate::config::Number;
use crate::platform::Platform;
use crate::webhook::{Parcel, Posted};

/// Seconds of a day: restrictions last that long where nothing is said.
const DAY: i64 = 86_400;

/// News of a business.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountNews {
    /// A phone number id of the business.
    pub account: String,
    /// What it is about, by its short name: see the README.
    pub about: String,
    /// Fields of the value that are otherwise, or besides.
    #[serde(default)]
    pub with: Map<String, Value>,
}

/// News that cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum InvalidNews {
    /// The account does not exist.
    #[error("account: no such number")]
    UnknownAccount,
    /// Nothing has this short name.
    #[error("about: no such news")]
    UnknownNews,
}

impl AccountNews {
    /// News by its short name.
    pub fn of(account: &str, about: &str) -> Self {
        Self { account: account.to_owned(), about: about.to_owned(), with: Map::new() }
    }

    /// Posts it once.
    pub(crate) async fn post(self, platform: &Platform) -> Result<Posted, InvalidNews> {
        let number = platform.config.number(&self.account).ok_or(InvalidNews::UnknownAccount)?;
        let (field, value) = usual(&number, &self.about).ok_or(InvalidNews::UnknownNews)?;
        let value = merged(value, self.with);
        Ok(webhook(&number.waba_id, field, &value).post(platform).await)
    }
}

/// A webhook of one change.
pub(crate) struct Webhook(Value);

/// A webhook of `field` about a WABA.
pub(crate) fn webhook(waba: &str, field: &str, value: &Value) -> Webhook {
    let mut entry = json!({ "id": waba, "changes": [{ "field": field, "value": value }] });
    // These speak of messages' surroundings and bear no time, as `messages` does not.
    if !matches!(field, "user_preferences" | "smb_message_echoes" | "account_settings_update" | "calls") {
        entry["time"] = Value::from(clock::now().timestamp());
    }
    Webhook(json!({ "object": "whatsapp_business_account", "entry": [entry] }))
}

impl Webhook {
    pub(crate) async fn post(&self, platform: &Platform) -> Posted {
        let parcel = Parcel::of_channel(&platform.config, Channel::Whatsapp, &self.0);
        platform.courier.post(platform, &parcel).await
    }
}

fn merged(mut value: Value, with: Map<String, Value>) -> Value {
    if let Some(value) = value.as_object_mut() {
        value.extend(with);
    }
    value
}

/// The field and the usual value of news with this short name.
fn usual(number: &Number, about: &str) -> Option<(&'static str, Value)> {
    of_account(number, about).or_else(|| of_number(number, about)).or_else(|| of_products(number, about))
}

/// The business account.
fn of_account(number: &Number, about: &str) -> Option<(&'static str, Value)> {
    let waba = || json!({ "waba_id": number.waba_id, "owner_business_id": "2329417887457253" });
    let update = |event: &str, more: Value| {
        let more = more.as_object().cloned().unwrap_or_default();
        ("account_update", merged(json!({ "event": event }), more))
    };
    let banned = |state: &str| {
        let date = clock::now().format("%B %-d, %Y").to_string();
        update("DISABLED_UPDATE", json!({ "ban_info": { "waba_ban_state": state, "waba_ban_date": date } }))
    };
    let until = clock::now().timestamp() + DAY;
    Some(match about {
        "restriction" => {
            let restriction = json!({ "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": until });
            update("ACCOUNT_RESTRICTION", json!({ "restriction_info": [restriction] }))
        }
        "violation" => update("ACCOUNT_VIOLATION", json!({ "violation_info": { "violation_type": "SPAM" } })),
        "disabled" => banned("DISABLE"),
        "reinstated" => banned("REINSTATE"),
        "disabledSoon" => banned("SCHEDULE_FOR_DISABLE"),
        "deleted" => update("ACCOUNT_DELETED", json!({})),
        "verified" => update("VERIFIED_ACCOUNT", json!({ "phone_number": number.digits() })),
        "offboarded" => update("ACCOUNT_OFFBOARDED", json!({})),
        "reconnected" => update("ACCOUNT_RECONNECTED", json!({})),
        "partnerAdded" => update("PARTNER_ADDED", json!({ "waba_info": waba() })),
        "partnerRemoved" => update("PARTNER_REMOVED", json!({ "waba_info": waba() })),
        "appInstalled" => update("PARTNER_APP_INSTALLED", json!({ "waba_info": waba() })),
        "appUninstalled" => update("PARTNER_APP_UNINSTALLED", json!({ "waba_info": waba() })),
        "adAccountLinked" => update("AD_ACCOUNT_LINKED", json!({ "waba_info": waba() })),
        "marketingTermsSigned" => update("MM_LITE_TERMS_SIGNED", json!({ "waba_info": waba() })),
        "country" => update("BUSINESS_PRIMARY_LOCATION_COUNTRY_UPDATE", json!({ "country": "VN" })),
        "certification" => update(
            "PARTNER_CLIENT_CERTIFICATION_STATUS_UPDATE",
            json!({ "partner_client_certification_info": { "status": "APPROVED", "rejection_reasons": ["NONE"] } }),
        ),
        "authenticationPrice" => update(
            "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE",
            json!({ "auth_international_rate_eligibility": { "start_time": until, "exception_countries": [] } }),
        ),
        "pricingTier" => update(
            "VOLUME_BASED_PRICING_TIER_UPDATE",
            json!({ "volume_tier_info": { "tier_update_time": until - DAY, "pricing_category": "UTILITY",
                "tier": "25000001:50000000", "effective_month": "2026-11", "region": "Rest of Asia Pacific" } }),
        ),
        "alert" => (
            "account_alerts",
            json!({ "entity_type": "WABA", "entity_id": number.waba_id, "alert_info": {
                "alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "OBA_APPROVED",
                "alert_description": "An alert of the simulator" } }),
        ),
        "review" => ("account_review_update", json!({ "decision": "APPROVED" })),
        "capability" => (
            "business_capability_update",
            json!({ "max_daily_conversations_per_business": "TIER_10K", "max_phone_numbers_per_waba": 25 }),
        ),
        _ => return None,
    })
}

/// One number.
fn of_number(number: &Number, about: &str) -> Option<(&'static str, Value)> {
    let display = number.digits();
    let quality = |event: &str| {
        let value = json!({ "display_phone_number": display, "event": event,
            "max_daily_conversations_per_business": "TIER_10K" });
        ("phone_number_quality_update", value)
    };
    let name = |decision: &str| {
        let value = json!({ "display_phone_number": display, "decision": decision,
            "requested_verified_name": "Simulated business", "rejection_reason": null });
        ("phone_number_name_update", value)
    };
    let pin = |event: &str| {
        ("security", json!({ "display_phone_number": display, "event": event, "requester": "61555822107539" }))
    };
    Some(match about {
        "onboarding" => quality("ONBOARDING"),
        "throughputUpgrade" => quality("THROUGHPUT_UPGRADE"),
        "flagged" => quality("FLAGGED"),
        "unflagged" => quality("UNFLAGGED"),
        "upgrade" => quality("UPGRADE"),
        "downgrade" => quality("DOWNGRADE"),
        "nameApproved" => name("APPROVED"),
        "nameRejected" => name("REJECTED"),
        "pinChanged" => pin("PIN_CHANGED"),
        "pinResetRequested" => pin("PIN_RESET_REQUEST"),
        "pinReset" => pin("PIN_RESET_SUCCESS"),
        "username" => (
            "business_username_update",
            json!({ "display_phone_number": display, "username": "simulated_shop", "status": "approved" }),
        ),
        "settings" => (
            "account_settings_update",
            json!({ "messaging_product": "whatsapp", "timestamp": clock::now().timestamp().to_string(),
                "type": "phone_number_settings", "phone_number_settings": {
                    "phone_number_id": number.phone_number_id, "calling": { "status": "ENABLED" } } }),
        ),
        _ => return None,
    })
}

/// Flows, calls, groups and the rest: of a field that Loa only keeps.
fn of_products(number: &Number, about: &str) -> Option<(&'static str, Value)> {
    let messaging = |more: Value| {
        let metadata = json!({ "display_phone_number": number.display, "phone_number_id": number.phone_number_id });
        let more = more.as_object().cloned().unwrap_or_default();
        merged(json!({ "messaging_product": "whatsapp", "metadata": metadata }), more)
    };
    let flow = |event: &str| json!({ "event": event, "flow_id": "6627390910605886", "message": "A flow changed" });
    let group = || messaging(json!({ "groups": [{ "group_id": "Y2FwaV9ncm91cDox", "type": "group_create" }] }));
    Some(match about {
        "flowStatus" => ("flows", flow("FLOW_STATUS_CHANGE")),
        "flowErrors" => ("flows", flow("ENDPOINT_ERROR_RATE")),
        "flowClientErrors" => ("flows", flow("CLIENT_ERROR_RATE")),
        "flowLatency" => ("flows", flow("ENDPOINT_LATENCY")),
        "flowAvailability" => ("flows", flow("ENDPOINT_AVAILABILITY")),
        "call" => ("calls", messaging(json!({ "calls": [{ "id": "wacid.1", "event": "connect" }] }))),
        "groupLifecycle" => ("group_lifecycle_update", group()),
        "groupParticipants" => ("group_participants_update", group()),
        "groupSettings" => ("group_settings_update", group()),
        "groupStatus" => ("group_status_update", group()),
        "appState" => ("smb_app_state_sync", messaging(json!({ "state_sync": [] }))),
        "history" => ("history", messaging(json!({ "history": [] }))),
        "automaticEvents" => ("automatic_events", messaging(json!({ "automatic_events": [] }))),
        "partnerSolutions" => ("partner_solutions", json!({ "event": "SOLUTION_CREATED", "solution_id": "1" })),
        "payments" => {
            ("payment_configuration_update", json!({ "configuration_name": "simulated", "status": "Active" }))
        }
        "standby" => ("standby", messaging(json!({ "messages": [] }))),
        _ => return None,
    })
}
