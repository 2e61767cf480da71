//! What a webhook says: every event of every entry, in order (platform notes, section 3).

use serde_json::Value;

use super::super::contract::Parsed;
use super::super::read::{self, ParseError, kept};
use super::{event, status};

/// Reads a webhook's body. Whatever has no type of its own is kept as an
/// [`AccountUpdate`](super::super::contract::AccountUpdate).
pub fn parse(body: &[u8]) -> Result<Parsed, ParseError> {
    let mut parsed = Parsed::default();
    for entry in read::list_of_body(body, "entry")? {
        read_entry(entry, &mut parsed);
    }
    Ok(parsed)
}

/// Where an event comes from.
pub(super) struct Page<'a> {
    /// The page's or Instagram account's id.
    pub(super) id: &'a str,
    /// The entry, whose time serves where an event has none.
    pub(super) entry: &'a Value,
}

fn read_entry(mut entry: Value, parsed: &mut Parsed) {
    let id = read::id(&entry, "id").unwrap_or_default();
    let said = [parsed.messages.len(), parsed.statuses.len(), parsed.account.len()];
    let events = take_list(&mut entry, "messaging");
    let page = Page { id: &id, entry: &entry };
    for event in events {
        read_event(&page, event, parsed);
    }
    // What another app owns is seen and kept, never answered.
    for event in take_list(&mut entry, "standby") {
        parsed.account.push(kept(&id, "standby", event));
    }
    for change in take_list(&mut entry, "changes") {
        let field = read::text(&change, "field").unwrap_or("changes").to_owned();
        parsed.account.push(kept(&id, &field, change));
    }
    let says = [parsed.messages.len(), parsed.statuses.len(), parsed.account.len()];
    if says == said || has_more(&entry) {
        parsed.account.push(kept(&id, "entry", entry));
    }
}

fn read_event(page: &Page<'_>, event: Value, parsed: &mut Parsed) {
    if let Some(kind) = event::DEEDS.into_iter().find(|kind| event.get(kind).is_some()) {
        event::read(page, kind, event, parsed);
    } else if event.get("delivery").is_some() || event.get("read").is_some() {
        status::read(page, event, parsed);
    } else {
        let field = kind_of(&event).unwrap_or("event").to_owned();
        parsed.account.push(kept(page.id, &field, event));
    }
}

fn kind_of(event: &Value) -> Option<&str> {
    const SETTING: [&str; 3] = ["sender", "recipient", "timestamp"];
    let mut names = event.as_object()?.keys().map(String::as_str);
    names.find(|name| !SETTING.contains(name))
}

/// The list under `key`, taken out; anything else stays where it is.
fn take_list(entry: &mut Value, key: &str) -> Vec<Value> {
    let Some(Value::Array(list)) = entry.get_mut(key) else {
        return Vec::new();
    };
    let list = std::mem::take(list);
    if let Some(entry) = entry.as_object_mut() {
        entry.remove(key);
    }
    list
}

fn has_more(entry: &Value) -> bool {
    entry.as_object().is_none_or(|entry| entry.keys().any(|key| key != "id" && key != "time"))
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
