//! Bodies of Messenger webhooks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::inbound::Inbound;
use crate::message::{News, Stage};

/// The id that echoes give for the app that sent.
const APP_ID: i64 = 1_517_776_481_860_111;

/// News of any pages in one body: an entry for each page.
pub(crate) fn news(news: &[News]) -> Value {
    let mut pages = BTreeMap::<&str, (i64, Vec<Value>)>::new();
    for news in news {
        let page = news.sent.message.account.as_str();
        let (time, events) = pages.entry(page).or_default();
        *time = news.at.timestamp_millis().max(*time);
        events.push(event(news));
    }
    let entries: Vec<_> = pages
        .into_iter()
        .map(|(page, (time, events))| json!({ "id": page, "time": time, "messaging": events }))
        .collect();
    json!({ "object": "page", "entry": entries })
}

/// A text of a customer.
pub(crate) fn inbound(inbound: &Inbound, psid: &str, id: &str, millis: i64) -> Value {
    let event = json!({
        "sender": { "id": psid },
        "recipient": { "id": inbound.account },
        "timestamp": millis,
        "message": { "mid": id, "text": inbound.text },
    });
    let entry = json!({ "id": inbound.account, "time": millis, "messaging": [event] });
    json!({ "object": "page", "entry": [entry] })
}

/// An echo comes from the page; what became of the message comes from the customer.
fn event(news: &News) -> Value {
    let sent = &news.sent;
    let page = json!({ "id": sent.message.account });
    let customer = json!({ "id": sent.message.customer.as_str() });
    let millis = news.at.timestamp_millis();
    let (sender, recipient, kind, what) = match news.stage {
        Stage::Sent | Stage::Failed(_) => (page, customer, "message", echo(news)),
        Stage::Delivered => {
            let delivery = json!({ "mids": [sent.platform_id], "watermark": millis });
            (customer, page, "delivery", delivery)
        }
        Stage::Read | Stage::Played => (customer, page, "read", json!({ "watermark": millis })),
    };
    json!({ "sender": sender, "recipient": recipient, "timestamp": millis, kind: what })
}

fn echo(news: &News) -> Value {
    let message = &news.sent.message;
    let mut echo = json!({
        "mid": news.sent.platform_id,
        "text": message.text,
        "is_echo": true,
        "app_id": APP_ID,
    });
    if let Some(metadata) = &message.reference {
        echo["metadata"] = Value::from(metadata.as_str());
    }
    echo
}
