//! The body of a send, and where it goes.
//!
//! Quick replies exist in the older shape of the API alone (platform notes, section 5); everything else
//! goes the newer way.

use serde_json::{Map, Value, json};

use crate::domain::message::Content;
use crate::domain::message::interactive::{Action, Interactive, ReplyButton};
use crate::domain::message::media::{Media, MediaSource};

type Unsendable = &'static str;

/// A request.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    /// The segments of the path.
    pub(super) path: Vec<String>,
    /// The body.
    pub(super) body: Value,
}

/// The request that says `content` to `user`.
pub(super) fn of(user: &str, content: &Content) -> Result<Request, Unsendable> {
    match content {
        Content::Text { body, .. } => Ok(newer(user, json!({ "text": body }))),
        Content::Image(media) | Content::Video(media) => Ok(newer(user, file(media)?)),
        Content::Interactive(message) => options(user, message),
        _ => Err("x carries no such type"),
    }
}

fn newer(user: &str, body: Value) -> Request {
    let path = ["2", "dm_conversations", "with", user, "messages"].map(str::to_owned);
    Request { path: path.into(), body }
}

fn file(media: &Media) -> Result<Value, Unsendable> {
    let MediaSource::Platform { id } = &media.source else {
        return Err("its file is not with the platform yet");
    };
    let mut body = Map::new();
    if let Some(caption) = &media.caption {
        body.insert("text".to_owned(), caption.as_str().into());
    }
    body.insert("attachments".to_owned(), json!([{ "media_id": id }]));
    Ok(Value::Object(body))
}

fn options(user: &str, message: &Interactive) -> Result<Request, Unsendable> {
    let Action::Buttons { buttons } = &message.action else {
        return Err("x carries no such action");
    };
    let option = |button: &ReplyButton| json!({ "label": button.title, "metadata": button.id });
    let options: Vec<Value> = buttons.iter().map(option).collect();
    let data = json!({ "text": message.body, "quick_reply": { "type": "options", "options": options } });
    let create = json!({ "target": { "recipient_id": user }, "message_data": data });
    let body = json!({ "event": { "type": "message_create", "message_create": create } });
    let path = ["1.1", "direct_messages", "events", "new.json"].map(str::to_owned);
    Ok(Request { path: path.into(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(content: Value) -> Result<Request, Unsendable> {
        of("9002", &serde_json::from_value(content).unwrap())
    }

    #[test]
    fn a_picture_goes_by_its_id_with_words_beside_it() {
        let source = json!({ "from": "platform", "id": "7" });
        let request = request(json!({ "type": "image", "source": source, "caption": "Tea" })).unwrap();
        assert_eq!(request.path.join("/"), "2/dm_conversations/with/9002/messages");
        assert_eq!(request.body, json!({ "text": "Tea", "attachments": [{ "media_id": "7" }] }));
    }

    #[test]
    fn a_link_has_to_be_uploaded_before() {
        let source = json!({ "from": "link", "url": "https://a.example" });
        assert!(request(json!({ "type": "video", "source": source })).is_err());
    }

    #[test]
    fn buttons_are_options_in_the_older_shape() {
        let action = json!({ "type": "buttons", "buttons": [{ "id": "y", "title": "Yes" }] });
        let request = request(json!({ "type": "interactive", "body": "Ready?", "action": action })).unwrap();
        assert_eq!(request.path.join("/"), "1.1/direct_messages/events/new.json");
        let options = json!({ "type": "options", "options": [{ "label": "Yes", "metadata": "y" }] });
        let data = json!({ "text": "Ready?", "quick_reply": options });
        let create = json!({ "target": { "recipient_id": "9002" }, "message_data": data });
        assert_eq!(request.body, json!({ "event": { "type": "message_create", "message_create": create } }));
    }
}
