use serde_json::Value;
use shared::domain::message::Content;

use super::super::spelling;

/// What a message says beyond its words and files, in the API's spelling and in the fields in which it is
/// sent; none where they are all of it.
pub(super) fn of(content: &Content) -> Option<Value> {
    match content {
        Content::Text { .. }
        | Content::Image(_)
        | Content::Video(_)
        | Content::Audio(_)
        | Content::Document(_)
        | Content::Sticker(_) => None,
        Content::Contacts { cards, .. } => serde_json::to_value(cards).ok().map(spelling::to_api),
        _ => {
            let mut payload = serde_json::to_value(content).ok()?;
            // The message says its type itself.
            payload.as_object_mut()?.remove("type");
            Some(spelling::to_api(payload)).filter(|payload| *payload != Value::Object(serde_json::Map::new()))
        }
    }
}
