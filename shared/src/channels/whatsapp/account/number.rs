//! News of single phone numbers.

use serde_json::Value;

use super::super::super::read;
use crate::domain::platform_news::{AccountNews, MessagingLimit, NameNews, QualityNews, SecurityNews};

pub(super) fn quality(value: &Value) -> Option<AccountNews> {
    Some(AccountNews::Quality(QualityNews {
        number: number(value),
        event: read::label(value, "event")?,
        limit: limit(value, "max_daily_conversations_per_business"),
        own_limit: limit(value, "current_limit"),
    }))
}

pub(super) fn name(value: &Value) -> Option<AccountNews> {
    let decision = read::label(value, "decision")?;
    Some(AccountNews::Name(NameNews { number: number(value), decision }))
}

pub(super) fn security(value: &Value) -> Option<AccountNews> {
    Some(AccountNews::Security(SecurityNews {
        number: number(value),
        event: read::label(value, "event")?,
        requester: read::id(value, "requester"),
    }))
}

/// A tier's name, or a number where older versions wrote one.
pub(super) fn limit(value: &Value, key: &str) -> Option<MessagingLimit> {
    MessagingLimit::parse(&read::id(value, key)?)
}

fn number(value: &Value) -> Option<String> {
    read::id(value, "display_phone_number")
}
