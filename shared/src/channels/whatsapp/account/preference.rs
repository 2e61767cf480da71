//! What customers told the platform they want to get from the business.

use serde_json::Value;

use super::super::super::read;
use crate::domain::identity::Identity;
use crate::domain::platform_news::{AccountNews, Choice, Preference};

/// Every preference of the list that reads; none where not one does.
pub(super) fn preferences(value: &Value) -> Option<AccountNews> {
    let contacts = read::list(value, "contacts");
    let list = read::list(value, "user_preferences");
    let read: Vec<Preference> = list.iter().filter_map(|one| preference(one, contacts)).collect();
    (!read.is_empty()).then_some(AccountNews::Preferences(read))
}

fn preference(one: &Value, contacts: &[Value]) -> Option<Preference> {
    let mut identities = addresses(one);
    let shares_one = |contact: &&Value| {
        let of_contact = addresses(contact);
        of_contact.iter().any(|address| identities.contains(address))
    };
    let contact = match contacts {
        [only] if identities.is_empty() => Some(only),
        contacts => contacts.iter().find(shares_one),
    };
    for address in contact.map(addresses).unwrap_or_default() {
        if !identities.contains(&address) {
            identities.push(address);
        }
    }
    if identities.is_empty() {
        return None;
    }
    let shown = |key| contact?.get("profile").and_then(|profile| read::label(profile, key));
    let word = read::text(one, "value")?;
    Some(Preference {
        identities,
        display_name: shown("name"),
        username: shown("username"),
        category: read::label(one, "category")?,
        choice: choice(word),
        words: words(one, word),
        at: read::seconds(one, "timestamp")?,
    })
}

fn addresses(of: &Value) -> Vec<Identity> {
    let keys = ["wa_id", "user_id"];
    keys.into_iter().filter_map(|key| Identity::whatsapp(&read::id(of, key)?)).collect()
}

fn choice(word: &str) -> Choice {
    match word {
        "stop" => Choice::Stop,
        "resume" => Choice::Resume,
        "signup" => Choice::SignUp,
        _ => Choice::Other,
    }
}

/// The platform's sentence, its word where there is none; and the link's id where one led to it.
fn words(one: &Value, word: &str) -> String {
    let said = read::label(one, "detail").unwrap_or_else(|| word.to_owned());
    match read::id(one, "signup_id") {
        Some(signup) => format!("{said} ({signup})"),
        None => said,
    }
}
