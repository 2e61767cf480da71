//! What a webhook says: every change of every entry, in order (platform notes, sections 4 to 6).

use serde_json::{Map, Value};

use super::super::contract::Parsed;
use super::super::read::{self, ParseError, kept};
use super::{account, message, plain, status};
use crate::domain::message::Direction;

/// Fields that are kept whole, whatever they hold: a copy of what somebody else answers, calls, and
/// the history of a number from before it was connected.
const KEPT_WHOLE: [&str; 3] = ["standby", "calls", "history"];
/// What stands beside messages and statuses to explain them.
const SETTING: [&str; 3] = ["messaging_product", "metadata", "contacts"];

/// Reads a webhook's body. Whatever has no type of its own is kept as an
/// [`AccountUpdate`](super::super::contract::AccountUpdate).
pub fn parse(body: &[u8]) -> Result<Parsed, ParseError> {
    if let Some(parsed) = plain::parse(body) {
        return Ok(parsed);
    }
    parse_whole(body)
}

/// The same, whatever the body holds.
pub(super) fn parse_whole(body: &[u8]) -> Result<Parsed, ParseError> {
    let mut parsed = Parsed::default();
    for mut entry in read::list_of_body(body, "entry")? {
        let waba = read::id(&entry, "id").unwrap_or_default();
        let (told_at, first_of_entry) = (account::told_at(&entry), parsed.account.len());
        match entry.get_mut("changes").map(Value::take) {
            Some(Value::Array(changes)) if !changes.is_empty() => {
                for change in changes {
                    read_change(&waba, change, &mut parsed);
                }
            }
            Some(changes) => {
                entry["changes"] = changes;
                parsed.account.push(kept(&waba, "entry", entry));
            }
            None => parsed.account.push(kept(&waba, "entry", entry)),
        }
        account::understand(&mut parsed.account[first_of_entry..], told_at);
    }
    Ok(parsed)
}

/// Where a change comes from.
pub(super) struct Change<'a> {
    /// The phone number id; the WABA where the change does not name one.
    pub(super) account: &'a str,
    /// The business's own number, in digits.
    pub(super) own_number: Option<&'a str>,
    /// Who the people in it are.
    pub(super) contacts: &'a [Value],
}

fn read_change(waba: &str, change: Value, parsed: &mut Parsed) {
    let field = read::text(&change, "field").unwrap_or("messages").to_owned();
    let value = match change {
        Value::Object(mut change) if change.contains_key("value") => change.remove("value").unwrap_or_default(),
        odd => return parsed.account.push(kept(waba, &field, odd)),
    };
    let number = value.get("metadata").and_then(|metadata| read::id(metadata, "phone_number_id"));
    let account = number.as_deref().unwrap_or(waba);
    let mut value = match value {
        Value::Object(value) if !KEPT_WHOLE.contains(&field.as_str()) => value,
        whole => return parsed.account.push(kept(account, &field, whole)),
    };
    if read_news(account, &mut value, parsed) {
        keep_rest(account, &field, value, parsed);
    } else {
        let whole = Value::Object(value);
        parsed.account.push(kept(account, &field, whole));
    }
}

/// Takes messages and statuses out of `value`; false where there are none.
fn read_news(account: &str, value: &mut Map<String, Value>, parsed: &mut Parsed) -> bool {
    let messages = take_list(value, "messages");
    let echoes = take_list(value, "message_echoes");
    let statuses = take_list(value, "statuses");
    let own_number = value.get("metadata").and_then(|metadata| read::text(metadata, "display_phone_number"));
    let change = Change {
        account,
        own_number,
        contacts: value.get("contacts").and_then(Value::as_array).map_or(&[], Vec::as_slice),
    };
    let any = !(messages.is_empty() && echoes.is_empty() && statuses.is_empty());
    for message in messages {
        message::read(&change, Direction::Inbound, message, parsed);
    }
    for echo in echoes {
        message::read(&change, Direction::Outbound, echo, parsed);
    }
    for status in statuses {
        status::read(&change, status, parsed);
    }
    any
}

/// The list under `key`, taken out; anything else stays where it is.
fn take_list(value: &mut Map<String, Value>, key: &str) -> Vec<Value> {
    match value.get_mut(key) {
        Some(Value::Array(list)) => {
            let list = std::mem::take(list);
            value.remove(key);
            list
        }
        _ => Vec::new(),
    }
}

/// Keeps what stood beside the messages and statuses of a change.
fn keep_rest(account: &str, field: &str, mut value: Map<String, Value>, parsed: &mut Parsed) {
    if let Some(errors) = value.remove("errors") {
        parsed.account.push(kept(account, "errors", errors));
    }
    if value.keys().any(|key| !SETTING.contains(&key.as_str())) {
        let rest = Value::Object(value);
        parsed.account.push(kept(account, field, rest));
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
