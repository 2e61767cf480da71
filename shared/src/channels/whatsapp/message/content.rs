//! What a message says, by its type.

use serde_json::Value;

use super::{card, faults, interactive, media, order, system};
use crate::channels::fields::{self, Misfit, inside};
use crate::channels::read;
use crate::domain::message::received::{Tap, TapOf};
use crate::domain::message::{Content, Location};

/// What `message` says. Of a type that is new it is kept whole; so it is, with the reason, where it is
/// not what its type says.
pub(super) fn content(message: &Value) -> Content {
    let Some(kind) = read::text(message, "type") else {
        return unknown("untyped", Some(Misfit::new("type", "is missing")), message);
    };
    let read = match kind {
        "text" => inside(message, "text", text),
        "image" => media::file(message, kind).map(Content::Image),
        "video" => media::file(message, kind).map(Content::Video),
        "audio" | "voice" => media::file(message, kind).map(Content::Audio),
        "document" => media::file(message, kind).map(Content::Document),
        "sticker" => media::file(message, kind).map(Content::Sticker),
        "location" => inside(message, kind, location),
        "contacts" => card::contacts(message),
        "interactive" => inside(message, kind, interactive::reply),
        "button" => inside(message, kind, template_button),
        "reaction" => inside(message, kind, reaction),
        "order" => inside(message, kind, order::order).map(Content::Order),
        "system" => inside(message, kind, |of| system::news(message, of)).map(Content::System),
        "request_welcome" => Ok(Content::Welcome),
        "edit" => inside(message, kind, edit),
        "revoke" => inside(message, kind, revoke),
        // Older payloads call `unknown` what is `unsupported` now.
        "unsupported" | "unknown" => Ok(unsupported(message)),
        future => return unknown(future, None, message),
    };
    read.unwrap_or_else(|misfit| unknown(&full_name(kind, message), Some(misfit), message))
}

fn unknown(kind: &str, misfit: Option<Misfit>, message: &Value) -> Content {
    Content::Unknown { kind: kind.to_owned(), reason: misfit.map(|misfit| misfit.to_string()), raw: message.clone() }
}

/// `interactive` is many types in one.
fn full_name(kind: &str, message: &Value) -> String {
    let reply = message.get("interactive").and_then(|interactive| read::text(interactive, "type"));
    match reply {
        Some(reply) if kind == "interactive" => format!("{kind}.{reply}"),
        _ => kind.to_owned(),
    }
}

fn text(of: &Value) -> Result<Content, Misfit> {
    fields::text(of, "body").map(Content::text_of)
}

fn location(of: &Value) -> Result<Content, Misfit> {
    Ok(Content::Location(Location {
        latitude: fields::degrees(of, "latitude")?,
        longitude: fields::degrees(of, "longitude")?,
        name: fields::optional(of, "name")?,
        address: fields::optional(of, "address")?,
        url: fields::optional(of, "url")?,
    }))
}

fn template_button(of: &Value) -> Result<Content, Misfit> {
    Ok(Content::Tap(Tap {
        of: TapOf::TemplateButton,
        id: fields::optional(of, "payload")?.unwrap_or_default(),
        title: fields::text(of, "text")?.to_owned(),
        description: None,
    }))
}

fn reaction(of: &Value) -> Result<Content, Misfit> {
    // Taking it off leaves the emoji out, or empty.
    Ok(Content::Reaction { message_id: fields::id(of, "message_id")?, emoji: fields::optional(of, "emoji")? })
}

fn edit(of: &Value) -> Result<Content, Misfit> {
    let original = fields::id(of, "original_message_id")?;
    let content = of.get("message").filter(|message| message.is_object()).map(content).map(Box::new);
    Ok(Content::Edit { original, content })
}

fn revoke(of: &Value) -> Result<Content, Misfit> {
    Ok(Content::Revoke { original: fields::id(of, "original_message_id")? })
}

fn unsupported(message: &Value) -> Content {
    let kind = message.get("unsupported").and_then(|of| read::text(of, "type"));
    Content::Unsupported { kind: kind.map(str::to_owned), faults: faults::of(message), raw: message.clone() }
}
