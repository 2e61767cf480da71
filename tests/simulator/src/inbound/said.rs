//! What a WhatsApp customer can say, by a short name, in the form of a webhook.

use serde_json::{Map, Value, json};

use super::Inbound;
use crate::config::Number;
use crate::media::Made;

/// The part of a webhook that holds what a customer said.
pub(crate) struct Said {
    /// The field of the change, and the list in its value.
    pub(crate) field: &'static str,
    pub(crate) list: &'static str,
    /// The type of the message; none where the list holds no messages.
    pub(crate) kind: Option<&'static str>,
    /// What the message holds besides its sender, id and time.
    pub(crate) parts: Map<String, Value>,
    /// Whether the webhook names the customer's profile.
    pub(crate) shows_profile: bool,
}

/// The type of file that a kind of message holds; none where it holds none.
pub(crate) fn file_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "image" => "image/jpeg",
        "video" => "video/mp4",
        "audio" => "audio/mpeg",
        "voice" => "audio/ogg; codecs=opus",
        "document" => "application/pdf",
        "sticker" | "animatedSticker" => "image/webp",
        _ => return None,
    })
}

/// What `inbound` says; none where its kind is unknown.
pub(crate) fn said(inbound: &Inbound, number: &Number, file: Option<&Made>, seconds: i64) -> Option<Said> {
    let kind = inbound.kind.as_deref().unwrap_or("text");
    plain(inbound, kind)
        .or_else(|| tapped(kind))
        .or_else(|| of_file(kind, file))
        .or_else(|| system(inbound, kind, seconds))
        .or_else(|| odd(inbound, kind, seconds))
        .map(|said| said.completed(inbound, number))
}

impl Said {
    fn message(kind: &'static str, content: Value) -> Self {
        Self {
            field: "messages",
            list: "messages",
            kind: Some(kind),
            parts: Map::from_iter([(kind.to_owned(), content)]),
            shows_profile: true,
        }
    }

    /// With what the order says otherwise, and what the message refers to.
    fn completed(mut self, inbound: &Inbound, number: &Number) -> Self {
        let object = match self.kind {
            Some(kind) => self.parts.get_mut(kind).and_then(innermost),
            None => Some(&mut self.parts),
        };
        match object {
            Some(object) => object.extend(inbound.with.clone()),
            None => self.parts.extend(inbound.with.clone()),
        }
        let mut context = inbound.context.clone();
        if let Some(id) = &inbound.reply_to {
            context.insert("from".to_owned(), number.digits().into());
            context.insert("id".to_owned(), id.as_str().into());
        }
        if !context.is_empty() {
            self.parts.insert("context".to_owned(), Value::Object(context));
        }
        if let Some(referral) = &inbound.referral {
            self.parts.insert("referral".to_owned(), referral.clone());
        }
        self
    }
}

/// The object that holds what was said: in an answer to something to tap, one deeper.
fn innermost(content: &mut Value) -> Option<&mut Map<String, Value>> {
    let object = content.as_object_mut()?;
    match object.get("type").and_then(Value::as_str).map(str::to_owned) {
        Some(kind) if object.contains_key(&kind) => object.get_mut(&kind)?.as_object_mut(),
        _ => Some(object),
    }
}

fn plain(inbound: &Inbound, kind: &str) -> Option<Said> {
    let about = inbound.reply_to.clone().unwrap_or_else(|| "wamid.unknown".to_owned());
    Some(match kind {
        "text" => Said::message("text", json!({ "body": inbound.text })),
        "location" => Said::message("location", json!({ "latitude": 10.7769, "longitude": 106.7009 })),
        "place" => Said::message(
            "location",
            json!({ "latitude": 10.7769, "longitude": 106.7009, "name": "Market", "address": "Street 1",
                "url": "https://market.example" }),
        ),
        "contacts" => Said::message(
            "contacts",
            json!([{ "name": { "formatted_name": "Anh Nguyen", "first_name": "Anh" },
                "phones": [{ "phone": "+84 901 000 001", "wa_id": "84901000001", "type": "CELL" }] }]),
        ),
        "reaction" => Said::message("reaction", json!({ "message_id": about, "emoji": inbound.text })),
        "reactionRemoved" => Said::message("reaction", json!({ "message_id": about })),
        "order" => Said::message(
            "order",
            json!({ "catalog_id": "194836987003835", "text": inbound.text, "product_items": [
                { "product_retailer_id": "tea", "quantity": 2, "item_price": 3.5, "currency": "USD" }] }),
        ),
        "edit" => {
            let message = json!({ "type": "text", "text": { "body": inbound.text } });
            Said::message("edit", json!({ "original_message_id": about, "message": message }))
        }
        "revoke" => Said::message("revoke", json!({ "original_message_id": about })),
        _ => return None,
    })
}

fn tapped(kind: &str) -> Option<Said> {
    let interactive = |kind: &str, content: Value| Said::message("interactive", json!({ "type": kind, kind: content }));
    Some(match kind {
        "buttonReply" => interactive("button_reply", json!({ "id": "1", "title": "Yes" })),
        "listReply" => interactive("list_reply", json!({ "id": "1", "title": "First", "description": "Of all" })),
        "flowReply" => interactive(
            "nfm_reply",
            json!({ "name": "flow", "body": "Sent", "response_json": "{\"flow_token\":\"t\"}" }),
        ),
        "callPermission" => interactive(
            "call_permission_reply",
            json!({ "response": "accept", "is_permanent": false, "response_source": "user_action" }),
        ),
        "button" => Said::message("button", json!({ "payload": "yes", "text": "Yes" })),
        _ => return None,
    })
}

fn of_file(kind: &str, file: Option<&Made>) -> Option<Said> {
    file_type(kind)?;
    let mut content = Map::new();
    if let Some(file) = file {
        content.insert("id".to_owned(), file.id.as_str().into());
        content.insert("mime_type".to_owned(), file.mime_type.as_str().into());
        content.insert("sha256".to_owned(), file.sha256.as_str().into());
    }
    let (kind, more) = match kind {
        "image" => ("image", json!({})),
        "video" => ("video", json!({})),
        "audio" => ("audio", json!({ "voice": false })),
        "voice" => ("audio", json!({ "voice": true })),
        "document" => ("document", json!({ "filename": "order.pdf" })),
        "sticker" => ("sticker", json!({ "animated": false })),
        _ => ("sticker", json!({ "animated": true })),
    };
    content.extend(more.as_object().cloned().unwrap_or_default());
    Some(Said::message(kind, Value::Object(content)))
}

/// What the platform says in the customer's name: it shows no profile.
fn system(inbound: &Inbound, kind: &str, seconds: i64) -> Option<Said> {
    let from = &inbound.from;
    let old = from.phone.as_deref().or(from.user_id.as_deref()).unwrap_or_default();
    let new = inbound.text.as_str();
    let name = from.name.as_deref().unwrap_or("Customer");
    let content = match kind {
        "numberChanged" => {
            json!({ "body": format!("User {name} changed from {old} to {new}"), "wa_id": new,
                "type": "user_changed_number" })
        }
        "userIdChanged" => {
            let old = from.user_id.as_deref().unwrap_or_default();
            json!({ "body": format!("User {name} changed from {old} to {new}"), "user_id": new,
                "previous_user_id": old, "type": "user_changed_user_id" })
        }
        "identityChanged" => json!({ "body": format!("{name}'s security code changed"),
            "type": "customer_identity_changed" }),
        _ => return None,
    };
    let mut said = Said { shows_profile: false, ..Said::message("system", content) };
    if kind == "identityChanged" {
        let identity = json!({ "hash": "c2ltdWxhdGVk", "acknowledged": false,
            "created_timestamp": seconds.to_string() });
        said.parts.insert("identity".to_owned(), identity);
    }
    Some(said)
}

/// What is no message in the usual sense, or cannot be shown.
fn odd(inbound: &Inbound, kind: &str, seconds: i64) -> Option<Said> {
    let error = |code: i64, title: &str| json!([{ "code": code, "title": title, "message": title, "error_data": { "details": title } }]);
    let bare = |kind: &'static str, parts: Value| Said {
        parts: parts.as_object().cloned().unwrap_or_default(),
        ..Said::message(kind, Value::Null)
    };
    let preference = |value: &str| Said {
        field: "user_preferences",
        list: "user_preferences",
        kind: None,
        shows_profile: true,
        parts: json!({ "wa_id": inbound.from.phone, "user_id": inbound.from.user_id, "value": value,
            "category": "marketing_messages", "detail": format!("User requested to {value} marketing messages"),
            "timestamp": seconds })
        .as_object()
        .map(|fields| fields.clone().into_iter().filter(|(_, value)| !value.is_null()).collect())
        .unwrap_or_default(),
    };
    Some(match kind {
        "welcome" => bare("request_welcome", json!({})),
        "unsupported" => {
            let errors = error(131_051, "Message type unknown");
            bare("unsupported", json!({ "errors": errors, "unsupported": { "type": "poll" } }))
        }
        "unknown" => bare("unknown", json!({ "errors": error(501, "Unsupported message type") })),
        "interactiveBroken" => bare("interactive", json!({ "errors": error(131_000, "Something went wrong") })),
        "mediaBroken" => bare("image", json!({ "errors": error(131_052, "Media download error") })),
        "stopMarketing" => preference("stop"),
        "resumeMarketing" => preference("resume"),
        "accountError" => Said {
            list: "errors",
            kind: None,
            shows_profile: false,
            ..bare("text", error(130_429, "Rate limit hit")[0].take())
        },
        "echo" => Said {
            field: "smb_message_echoes",
            list: "message_echoes",
            ..Said::message("text", json!({ "body": inbound.text }))
        },
        _ => return None,
    })
}
