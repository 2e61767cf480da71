//! Bodies of WhatsApp webhooks, as of Graph API v25.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::{Config, Number};
use crate::graph::code_named;
use crate::inbound::{Inbound, Said};
use crate::message::{Customer, Nature, News, Stage};
use crate::templates::Category;

/// Statuses of any numbers in one body: an entry for each WABA, a change for each number.
pub(crate) fn statuses(config: &Config, news: &[News]) -> Value {
    let mut changes = BTreeMap::<String, Vec<Value>>::new();
    for news in by_number(news).values() {
        let Some(number) = news.first().and_then(|news| config.number(&news.sent.message.account)) else {
            continue;
        };
        let change = change(
            &number,
            "messages",
            &json!({
                "contacts": news.iter().filter_map(|news| contact(news)).collect::<Vec<_>>(),
                "statuses": news.iter().map(|news| status(news)).collect::<Vec<_>>(),
            }),
        );
        changes.entry(number.waba_id).or_default().push(change);
    }
    envelope(changes)
}

/// What a customer said.
pub(crate) fn inbound(number: &Number, inbound: &Inbound, said: Said, id: &str, timestamp: i64) -> Value {
    let from = &inbound.from;
    let profile = object([("name", from.name.as_deref()), ("username", from.username.as_deref())]);
    let mut contact = object([("wa_id", from.phone.as_deref()), ("user_id", from.user_id.as_deref())]);
    contact.insert("profile".to_owned(), Value::Object(profile));
    let contacts: Vec<_> = said.shows_profile.then_some(contact).into_iter().collect();
    let mut item = match said.kind {
        None => Map::new(),
        kind if said.field == "smb_message_echoes" => object([
            ("from", Some(number.digits().as_str())),
            ("to", from.phone.as_deref()),
            ("to_user_id", from.user_id.as_deref()),
            ("id", Some(id)),
            ("timestamp", Some(&timestamp.to_string())),
            ("type", kind),
        ]),
        kind => object([
            ("from", from.phone.as_deref()),
            ("from_user_id", from.user_id.as_deref()),
            ("id", Some(id)),
            ("timestamp", Some(&timestamp.to_string())),
            ("type", kind),
        ]),
    };
    item.extend(said.parts);
    let change = change(number, said.field, &json!({ "contacts": contacts, said.list: [item] }));
    envelope(BTreeMap::from([(number.waba_id.clone(), vec![change])]))
}

fn by_number(news: &[News]) -> BTreeMap<&str, Vec<&News>> {
    let mut numbers = BTreeMap::<&str, Vec<&News>>::new();
    for news in news {
        let account = news.sent.message.account.as_str();
        numbers.entry(account).or_default().push(news);
    }
    numbers
}

fn envelope(changes: BTreeMap<String, Vec<Value>>) -> Value {
    let entries: Vec<_> =
        changes.into_iter().map(|(waba, changes)| json!({ "id": waba, "changes": changes })).collect();
    json!({ "object": "whatsapp_business_account", "entry": entries })
}

fn change(number: &Number, field: &str, content: &Value) -> Value {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display,
            "phone_number_id": number.phone_number_id,
        },
    });
    if let (Some(value), Some(content)) = (value.as_object_mut(), content.as_object()) {
        let filled = content.iter().filter(|(_, list)| list.as_array().is_none_or(|list| !list.is_empty()));
        value.extend(filled.map(|(key, list)| (key.clone(), list.clone())));
    }
    json!({ "field": field, "value": value })
}

fn status(news: &News) -> Value {
    let message = &news.sent.message;
    let (name, pricing) = match news.stage {
        Stage::Sent => ("sent", true),
        Stage::Delivered => ("delivered", true),
        Stage::Read => ("read", false),
        Stage::Played => ("played", false),
        Stage::Failed(_) => ("failed", false),
    };
    let (phone, user_id) = addresses(news);
    let mut status = object([
        ("id", Some(news.sent.platform_id.as_str())),
        ("status", Some(name)),
        ("timestamp", Some(&news.at.timestamp().to_string())),
        ("recipient_id", phone),
        ("recipient_user_id", user_id),
        ("biz_opaque_callback_data", message.reference.as_deref()),
    ]);
    if pricing {
        let pricing = json!({
            "billable": true,
            "pricing_model": "PMP",
            "type": "regular",
            "category": priced_as(message.nature),
        });
        status.insert("pricing".to_owned(), pricing);
    }
    if let Stage::Failed(code) = news.stage {
        status.insert("errors".to_owned(), json!([error(code)]));
    }
    Value::Object(status)
}

/// What a message is billed as; a template that nobody knows, as utility.
fn priced_as(nature: Nature) -> &'static str {
    match nature {
        Nature::Free | Nature::Voice => "service",
        Nature::MarketingTemplate => "marketing_lite",
        Nature::Template { category } => category.unwrap_or(Category::Utility).priced_as(),
    }
}

/// Whom a status is about; a failed one does not say.
fn contact(news: &News) -> Option<Value> {
    if matches!(news.stage, Stage::Failed(_)) {
        return None;
    }
    let (phone, user_id) = addresses(news);
    let mut contact = object([("wa_id", phone), ("user_id", user_id)]);
    // The user name comes once the message was there.
    if let Some(username) = news.sent.person.username.as_deref().filter(|_| news.stage != Stage::Sent) {
        contact.insert("profile".to_owned(), json!({ "username": username }));
    }
    Some(Value::Object(contact))
}

/// The number, unless it is withheld, and the business-scoped id, where it is known.
fn addresses(news: &News) -> (Option<&str>, Option<&str>) {
    let person = &news.sent.person;
    match &news.sent.message.customer {
        Customer::Phone(phone) => {
            let shown = !person.hides_phone || person.user_id.is_none();
            (shown.then_some(phone.as_str()), person.user_id.as_deref())
        }
        Customer::UserId(id) => (None, Some(id.as_str())),
    }
}

fn error(code: i64) -> Value {
    let title = code_named(code).title;
    json!({
        "code": code,
        "title": title,
        "message": title,
        "error_data": { "details": title },
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}

/// An object of the fields that are there.
fn object<const N: usize>(fields: [(&str, Option<&str>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?)))).collect()
}
