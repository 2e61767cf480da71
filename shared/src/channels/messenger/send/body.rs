//! The body of a send: to whom, by which right, and what.

use serde_json::{Map, Value, json};

use crate::channels::contract::OutboundMessage;
use crate::domain::identity::IdentityKind;
use crate::domain::message::Content;
use crate::domain::message::interactive::{Action, CardAction, CarouselCard, Interactive, ReplyButton};
use crate::domain::message::media::{MediaKind, MediaSource};
use crate::domain::window::Window;

type Unsendable = &'static str;

/// The request for `message`.
pub(super) fn of(message: &OutboundMessage<'_>) -> Result<Value, Unsendable> {
    let mut identities = message.to.iter();
    let psid = identities
        .find(|identity| identity.kind == IdentityKind::Psid)
        .ok_or("the customer has no address on messenger")?;
    let mut said = said(message.content)?;
    // Comes back in the message's echo.
    said.insert("metadata".to_owned(), message.outbound_ref.to_string().into());
    let mut body = Map::new();
    body.insert("recipient".to_owned(), json!({ "id": psid.value }));
    if message.window == Window::HumanAgent {
        body.insert("messaging_type".to_owned(), "MESSAGE_TAG".into());
        body.insert("tag".to_owned(), "HUMAN_AGENT".into());
    } else {
        body.insert("messaging_type".to_owned(), "RESPONSE".into());
    }
    body.insert("message".to_owned(), Value::Object(said));
    Ok(Value::Object(body))
}

fn said(content: &Content) -> Result<Map<String, Value>, Unsendable> {
    match content {
        Content::Text { body, .. } => Ok(one("text", body.as_str().into())),
        Content::Image(_) | Content::Video(_) | Content::Audio(_) | Content::Document(_) => {
            let (kind, media) = content.media().ok_or("it is no file")?;
            Ok(attachment(file_type(kind), &file(&media.source)?))
        }
        Content::Interactive(message) => interactive(message),
        _ => Err("messenger carries no such type"),
    }
}

fn one(key: &str, value: Value) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value)])
}

fn attachment(kind: &str, payload: &Value) -> Map<String, Value> {
    one("attachment", json!({ "type": kind, "payload": payload }))
}

const fn file_type(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Video => "video",
        MediaKind::Audio => "audio",
        MediaKind::Document => "file",
    }
}

fn file(source: &MediaSource) -> Result<Value, Unsendable> {
    match source {
        MediaSource::Platform { id } => Ok(json!({ "attachment_id": id })),
        MediaSource::Link { url } => Ok(json!({ "url": url })),
        MediaSource::Stored { .. } => Err("its file is not with the platform yet"),
        MediaSource::Lost => Err("its file is lost"),
    }
}

fn interactive(message: &Interactive) -> Result<Map<String, Value>, Unsendable> {
    let body = message.body.as_deref().unwrap_or_default();
    match &message.action {
        Action::Buttons { buttons } => {
            let replies: Vec<Value> = buttons.iter().map(quick_reply).collect();
            let mut said = one("text", body.into());
            said.insert("quick_replies".to_owned(), replies.into());
            Ok(said)
        }
        Action::CtaUrl { display_text, url } => {
            let buttons = [web_page(display_text, url)];
            Ok(attachment("template", &json!({ "template_type": "button", "text": body, "buttons": buttons })))
        }
        Action::Carousel { cards } => {
            let elements = cards.iter().map(element).collect::<Result<Vec<_>, _>>()?;
            Ok(attachment("template", &json!({ "template_type": "generic", "elements": elements })))
        }
        _ => Err("messenger carries no such action"),
    }
}

fn quick_reply(button: &ReplyButton) -> Value {
    json!({ "content_type": "text", "title": button.title, "payload": button.id })
}

fn web_page(title: &str, url: &str) -> Value {
    json!({ "type": "web_url", "title": title, "url": url })
}

fn element(card: &CarouselCard) -> Result<Value, Unsendable> {
    let MediaSource::Link { url } = &card.header.source else {
        return Err("a card's picture must be a link");
    };
    let buttons = match &card.action {
        CardAction::CtaUrl { display_text, url } => vec![web_page(display_text, url)],
        CardAction::Buttons { buttons } => {
            let postback =
                |button: &ReplyButton| json!({ "type": "postback", "title": button.title, "payload": button.id });
            buttons.iter().map(postback).collect()
        }
    };
    Ok(json!({ "title": card.body, "image_url": url, "buttons": buttons }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::Identity;

    fn said_of(content: Value) -> Value {
        let content: Content = serde_json::from_value(content).unwrap();
        let to = [Identity::psid("4").unwrap()];
        let own = "loa:0198a000-0000-7000-8000-000000000001:1";
        let outbound_ref = own.parse().unwrap();
        let message =
            OutboundMessage { outbound_ref, to: &to, content: &content, window: Window::Open, reply_to: None };
        let mut body = of(&message).unwrap();
        assert_eq!(body["message"]["metadata"], own);
        body["message"].as_object_mut().unwrap().remove("metadata");
        body["message"].take()
    }

    #[test]
    fn files_are_attachments() {
        let link = json!({ "from": "link", "url": "https://a.example" });
        let id = json!({ "from": "platform", "id": "7" });
        for (kind, source, sent, payload) in [
            ("image", &link, "image", json!({ "url": "https://a.example" })),
            ("video", &id, "video", json!({ "attachment_id": "7" })),
            ("audio", &id, "audio", json!({ "attachment_id": "7" })),
            ("document", &link, "file", json!({ "url": "https://a.example" })),
        ] {
            let said = said_of(json!({ "type": kind, "source": source }));
            assert_eq!(said, json!({ "attachment": { "type": sent, "payload": payload } }));
        }
    }

    #[test]
    fn buttons_are_quick_replies_and_a_page_is_a_button_template() {
        let buttons = json!({ "type": "buttons", "buttons": [{ "id": "y", "title": "Yes" }] });
        let said = said_of(json!({ "type": "interactive", "body": "Ready?", "action": buttons }));
        let reply = json!({ "content_type": "text", "title": "Yes", "payload": "y" });
        assert_eq!(said, json!({ "text": "Ready?", "quick_replies": [reply] }));

        let page = json!({ "type": "cta_url", "display_text": "Open", "url": "https://a.example" });
        let said = said_of(json!({ "type": "interactive", "body": "Look", "action": page }));
        let button = json!({ "type": "web_url", "title": "Open", "url": "https://a.example" });
        let payload = json!({ "template_type": "button", "text": "Look", "buttons": [button] });
        assert_eq!(said, json!({ "attachment": { "type": "template", "payload": payload } }));
    }

    #[test]
    fn cards_are_a_generic_template() {
        let header = json!({ "kind": "image", "source": { "from": "link", "url": "https://a.example/1.png" } });
        let action = json!({ "type": "buttons", "buttons": [{ "id": "b", "title": "Buy" }] });
        let cards = json!([{ "header": header, "body": "Tea", "action": action }]);
        let said = said_of(json!({ "type": "interactive", "action": { "type": "carousel", "cards": cards } }));
        let button = json!({ "type": "postback", "title": "Buy", "payload": "b" });
        let element = json!({ "title": "Tea", "image_url": "https://a.example/1.png", "buttons": [button] });
        let payload = json!({ "template_type": "generic", "elements": [element] });
        assert_eq!(said, json!({ "attachment": { "type": "template", "payload": payload } }));
    }
}
