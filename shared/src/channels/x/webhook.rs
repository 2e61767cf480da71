//! What a webhook says, in the shape of the Account Activity API or of its successor, the X Activity
//! API, which wraps the same events in `data` (platform notes, sections 3 and 4).

use serde_json::{Map, Value};

use super::super::contract::Parsed;
use super::super::read::{self, ParseError, kept};
use super::{message, status};

/// What stands beside the events to explain them.
const SETTING: [&str; 4] = ["for_user_id", "users", "apps", "includes"];

/// Reads a webhook's body. Whatever has no type of its own is kept as an
/// [`AccountUpdate`](super::super::contract::AccountUpdate).
pub fn parse(body: &[u8]) -> Result<Parsed, ParseError> {
    let mut parsed = Parsed::default();
    let mut body = read::object(body)?;
    if let Some(data) = body.remove("data") {
        read_activity(data, &mut parsed);
    }
    let account = body.get("for_user_id").and_then(read::as_id);
    read_families(account.as_deref(), body, &mut parsed);
    Ok(parsed)
}

/// Where an event comes from.
pub(super) struct Setting<'a> {
    /// The account's user id, where the body names it.
    pub(super) account: Option<&'a str>,
    /// The people in it, by their ids.
    pub(super) users: &'a Value,
}

/// One event of the X Activity API.
fn read_activity(mut data: Value, parsed: &mut Parsed) {
    let account = data.get("filter").and_then(|filter| read::id(filter, "user_id"));
    let holds_families = data
        .get("payload")
        .and_then(Value::as_object)
        .is_some_and(|payload| payload.keys().any(|key| key.starts_with("direct_message_")));
    if holds_families && let Some(Value::Object(payload)) = data.get_mut("payload").map(Value::take) {
        return read_families(account.as_deref(), payload, parsed);
    }
    let user = || read::id(data.get("payload")?, "user_id");
    let subject = account.or_else(user).unwrap_or_default();
    let field = read::text(&data, "event_type").unwrap_or("data").to_owned();
    parsed.account.push(kept(&subject, &field, data));
}

fn read_families(account: Option<&str>, mut body: Map<String, Value>, parsed: &mut Parsed) {
    let users = body.remove("users").unwrap_or_default();
    let setting = Setting { account, users: &users };
    for (family, events) in body {
        match (family.as_str(), events) {
            ("direct_message_events", Value::Array(events)) => {
                for event in events {
                    message::read(&setting, event, parsed);
                }
            }
            ("direct_message_mark_read_events", Value::Array(events)) => {
                for event in events {
                    status::read(&setting, event, parsed);
                }
            }
            (name, _) if SETTING.contains(&name) => {}
            (name, events) => {
                let subject = account.map(str::to_owned).or_else(|| revoked(&events));
                let subject = subject.unwrap_or_default();
                parsed.account.push(kept(&subject, name, events));
            }
        }
    }
}

/// A revocation does not say for whom it is, but who revoked.
fn revoked(event: &Value) -> Option<String> {
    read::id(event.get("revoke")?.get("source")?, "user_id")
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
