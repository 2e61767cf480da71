//! The body of a send: to whom, what, and what comes back with its statuses.

use serde_json::{Map, Value, json};

use super::{contacts, interactive, media, template};
use crate::channels::contract::OutboundMessage;
use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::message::{Content, Location};

/// Why a message cannot be put into the platform's terms.
pub(super) type Unsendable = &'static str;

/// The request for `message`.
pub(super) fn of(message: &OutboundMessage<'_>) -> Result<Value, Unsendable> {
    let mut body = Map::new();
    body.insert("messaging_product".to_owned(), "whatsapp".into());
    body.insert("recipient_type".to_owned(), "individual".into());
    address(message.to, &mut body)?;
    let (kind, said) = said(message.content)?;
    body.insert("type".to_owned(), kind.into());
    body.insert(kind.to_owned(), said);
    if let Some(message_id) = message.reply_to {
        body.insert("context".to_owned(), json!({ "message_id": message_id }));
    }
    body.insert("biz_opaque_callback_data".to_owned(), message.outbound_ref.to_string().into());
    Ok(Value::Object(body))
}

/// The phone number is written with `+`, else the sender's country may be put before it. It wins over
/// the business-scoped id, which stands in a field of its own.
fn address(identities: &[Identity], body: &mut Map<String, Value>) -> Result<(), Unsendable> {
    let of_kind = |kind| identities.iter().find(|identity| identity.kind == kind);
    if let Some(phone) = of_kind(IdentityKind::Phone) {
        body.insert("to".to_owned(), format!("+{}", phone.value).into());
    } else if let Some(bsuid) = of_kind(IdentityKind::Bsuid) {
        body.insert("recipient".to_owned(), bsuid.value.as_str().into());
    } else {
        return Err("the customer has no address on whatsapp");
    }
    Ok(())
}

/// The type, and the object of that name.
fn said(content: &Content) -> Result<(&'static str, Value), Unsendable> {
    let said = match content {
        Content::Text { body, preview_url } => json!({ "body": body, "preview_url": preview_url }),
        Content::Image(file)
        | Content::Video(file)
        | Content::Audio(file)
        | Content::Document(file)
        | Content::Sticker(file) => media::message(file)?,
        Content::Location(place) => location(place),
        Content::Contacts { cards, .. } => contacts::list(cards),
        Content::Reaction { message_id, emoji } => {
            json!({ "message_id": message_id, "emoji": emoji.as_deref().unwrap_or_default() })
        }
        Content::Interactive(message) => interactive::message(message)?,
        Content::Template(message) => template::message(message)?,
        _ => return Err("it is of a type that only comes in"),
    };
    Ok((content.kind(), said))
}

/// A place, as a message and in a template's header.
pub(super) fn location(place: &Location) -> Value {
    let mut location = Map::new();
    location.insert("latitude".to_owned(), place.latitude.into());
    location.insert("longitude".to_owned(), place.longitude.into());
    put(&mut location, "name", place.name.as_deref());
    put(&mut location, "address", place.address.as_deref());
    Value::Object(location)
}

/// Sets `key` where there is a value.
pub(super) fn put<T: Into<Value>>(object: &mut Map<String, Value>, key: &str, value: Option<T>) {
    if let Some(value) = value {
        object.insert(key.to_owned(), value.into());
    }
}
