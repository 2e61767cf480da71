//! News of accounts, by field (platform notes, section 4). What does not read stays without a meaning and
//! is kept whole.

mod business;
mod number;
mod preference;
mod template;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::contract::AccountUpdate;
use super::super::read;
use crate::domain::platform_news::{AccountNews, AlertNews};

/// Past this a moment is in milliseconds: in seconds it would lie beyond the year 5000.
const FIRST_MILLIS: i64 = 100_000_000_000;

/// When the platform told what `entry` holds. Entries of messages do not say.
pub(super) fn told_at(entry: &Value) -> Option<DateTime<Utc>> {
    let seconds = read::seconds(entry, "time")?;
    if seconds.timestamp() < FIRST_MILLIS { Some(seconds) } else { read::millis(entry, "time") }
}

/// Gives `updates`, which one entry told at `at`, their moment and their meaning.
pub(super) fn understand(updates: &mut [AccountUpdate], at: Option<DateTime<Utc>>) {
    for update in updates {
        update.at = at;
        update.news = news(&update.field, &update.value);
        if let Some(waba) = named_business(&update.value).filter(|_| update.news.is_some()) {
            update.subject = waba;
        }
    }
}

fn news(field: &str, value: &Value) -> Option<AccountNews> {
    match field {
        "message_template_status_update" => template::status(value),
        "message_template_quality_update" => template::quality(value),
        "message_template_components_update" => template::components(value),
        "template_category_update" => template::category(value),
        "phone_number_quality_update" => number::quality(value),
        "phone_number_name_update" => number::name(value),
        "security" => number::security(value),
        "account_update" => business::update(value),
        "account_review_update" => read::label(value, "decision").map(AccountNews::Review),
        "account_alerts" => alert(value),
        "business_capability_update" => business::capability(value),
        "user_preferences" => preference::preferences(value),
        _ => None,
    }
}

/// Some news are sent under the id of a partner or an owner, and name the account they are about inside.
fn named_business(value: &Value) -> Option<String> {
    read::id(value.get("waba_info")?, "waba_id")
}

/// Newer alerts stand in an object of their own, older ones do not.
fn alert(value: &Value) -> Option<AccountNews> {
    let alert = value.get("alert_info").unwrap_or(value);
    let kind = read::label(alert, "alert_type")?;
    let severity = read::label(alert, "alert_severity");
    Some(AccountNews::Alert(AlertNews { kind, severity }))
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
