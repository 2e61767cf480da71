//! News of whole business accounts.

use serde_json::Value;

use super::super::super::read;
use super::number::limit;
use crate::domain::platform_news::{AccountNews, BusinessNews, CapabilityNews, Effect, Forbidden};

pub(super) fn update(value: &Value) -> Option<AccountNews> {
    let event = read::text(value, "event")?;
    let number = read::id(value, "phone_number");
    Some(AccountNews::Business(BusinessNews { event: event.to_owned(), number, effect: effect(event, value) }))
}

pub(super) fn capability(value: &Value) -> Option<AccountNews> {
    let most = |key| read::id(value, key).and_then(|number| number.parse().ok());
    let news = CapabilityNews {
        limit: limit(value, "max_daily_conversations_per_business")
            .or_else(|| limit(value, "max_daily_conversation_per_phone")),
        max_phone_numbers: most("max_phone_numbers_per_business").or_else(|| most("max_phone_numbers_per_waba")),
    };
    (news.limit.is_some() || news.max_phone_numbers.is_some()).then_some(AccountNews::Capability(news))
}

fn effect(event: &str, value: &Value) -> Effect {
    match event {
        "ACCOUNT_RESTRICTION" => Effect::Forbids(restrictions(value)),
        "ACCOUNT_VIOLATION" => {
            let violation = value.get("violation_info").and_then(|info| read::label(info, "violation_type"));
            forbids("VIOLATION", violation)
        }
        "DISABLED_UPDATE" => ban(value.get("ban_info").unwrap_or(&Value::Null)),
        "ACCOUNT_DELETED" => forbids("DELETED", None),
        "ACCOUNT_OFFBOARDED" => forbids("OFFBOARDED", None),
        "ACCOUNT_RECONNECTED" => Effect::Restores,
        _ => Effect::Nothing,
    }
}

fn ban(info: &Value) -> Effect {
    let day = read::label(info, "waba_ban_date");
    match read::text(info, "waba_ban_state") {
        Some("DISABLE") => forbids("DISABLED", day),
        Some("SCHEDULE_FOR_DISABLE") => forbids("SCHEDULED_FOR_DISABLE", day),
        Some("REINSTATE") => Effect::Restores,
        _ => Effect::Nothing,
    }
}

fn restrictions(value: &Value) -> Vec<Forbidden> {
    let restriction = |one| {
        let kind = read::label(one, "restriction_type")?;
        Some(Forbidden { kind, until: read::seconds(one, "expiration"), note: None })
    };
    read::list(value, "restriction_info").iter().filter_map(restriction).collect()
}

fn forbids(kind: &str, note: Option<String>) -> Effect {
    Effect::Forbids(vec![Forbidden { kind: kind.to_owned(), until: None, note }])
}
