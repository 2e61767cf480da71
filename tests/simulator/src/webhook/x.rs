//! Bodies of X's Account Activity webhooks.

use serde_json::{Value, json};

use crate::inbound::Inbound;
use crate::message::{News, Stage};

/// The id that echoes give for the app that sent.
const APP_ID: &str = "3033300";

/// One piece of news: the echo of a message, or that it was read.
pub(crate) fn news(news: &News) -> Value {
    let sent = &news.sent;
    let user = sent.message.account.as_str();
    let participant = sent.message.customer.as_str();
    match news.stage {
        Stage::Sent | Stage::Delivered | Stage::Failed(_) => {
            let mut event =
                event(&sent.platform_id, sent.at.timestamp_millis(), (user, participant), &sent.message.text);
            event["message_create"]["source_app_id"] = Value::from(APP_ID);
            json!({
                "for_user_id": user,
                "direct_message_events": [event],
                "apps": { APP_ID: { "id": APP_ID, "name": "Simulated app", "url": "" } },
                "users": users(user, participant, None),
            })
        }
        Stage::Read | Stage::Played => json!({
            "for_user_id": user,
            "direct_message_mark_read_events": [{
                "created_timestamp": news.at.timestamp_millis().to_string(),
                "sender_id": participant,
                "target": { "recipient_id": user },
                "last_read_event_id": sent.platform_id,
            }],
            "users": users(user, participant, None),
        }),
    }
}

/// A text of a customer.
pub(crate) fn inbound(inbound: &Inbound, participant: &str, id: &str, millis: i64) -> Value {
    let user = inbound.account.as_str();
    json!({
        "for_user_id": user,
        "direct_message_events": [event(id, millis, (participant, user), &inbound.text)],
        "users": users(user, participant, inbound.from.name.as_deref()),
    })
}

fn event(id: &str, millis: i64, (sender, recipient): (&str, &str), text: &str) -> Value {
    json!({
        "type": "message_create",
        "id": id,
        "created_timestamp": millis.to_string(),
        "message_create": {
            "target": { "recipient_id": recipient },
            "sender_id": sender,
            "message_data": {
                "text": escaped(text),
                "entities": { "hashtags": [], "symbols": [], "user_mentions": [], "urls": [] },
            },
        },
    })
}

fn users(user: &str, participant: &str, name: Option<&str>) -> Value {
    let describe = |id: &str, name: Option<&str>| {
        let name = name.map_or_else(|| format!("User {id}"), str::to_owned);
        json!({ "id": id, "name": name, "screen_name": format!("user_{id}") })
    };
    json!({
        user: describe(user, None),
        participant: describe(participant, name),
    })
}

/// X escapes texts for HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
