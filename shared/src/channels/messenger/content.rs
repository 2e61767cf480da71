//! What an event says.

use serde_json::Value;

use super::super::fields::{self, Misfit, flag, inside, optional};
use super::super::read;
use super::attachment;
use crate::domain::message::Content;
use crate::domain::message::received::{Tap, TapOf};

/// What `event`, of `kind`, says: one thing, or for a message with attachments several.
pub(super) fn contents(kind: &str, event: &Value) -> Vec<Content> {
    let read = match kind {
        "message" => return of_message(event, &event[kind]),
        "postback" => inside(event, kind, postback),
        "reaction" => inside(event, kind, reaction),
        "message_edit" => inside(event, kind, edit),
        "referral" => Ok(Content::Welcome),
        other => Err(Misfit::new(other, "is something that Loa has no content for")),
    };
    vec![read.unwrap_or_else(|misfit| unknown(kind, &misfit, event))]
}

/// Something that has no content, or is not what its kind says.
pub(super) fn unknown(kind: &str, misfit: &Misfit, raw: &Value) -> Content {
    Content::Unknown { kind: kind.to_owned(), reason: Some(misfit.to_string()), raw: raw.clone() }
}

fn of_message(event: &Value, message: &Value) -> Vec<Content> {
    if flag(message, "is_deleted") {
        let revoke = fields::id(message, "mid").map(|original| Content::Revoke { original });
        return vec![revoke.unwrap_or_else(|misfit| unknown("is_deleted", &misfit.within("message"), event))];
    }
    if flag(message, "is_unsupported") {
        return vec![Content::Unsupported { kind: None, faults: Vec::new(), raw: event.clone() }];
    }
    let mut contents: Vec<Content> = words(message).into_iter().collect();
    contents.extend(attachment::contents(message));
    if contents.is_empty() {
        let nothing = Misfit::new("message", "holds neither words nor attachments");
        contents.push(unknown("untyped", &nothing, event));
    }
    contents
}

/// The words of a message, which a quick reply has put there where the customer tapped one.
fn words(message: &Value) -> Option<Content> {
    let text = read::text(message, "text");
    let Some(quick_reply) = message.get("quick_reply").filter(|reply| reply.is_object()) else {
        return text.map(Content::text_of);
    };
    let payload = read::text(quick_reply, "payload");
    // Of a quick reply with the customer's own number or address the payload is what they read on it.
    Some(tap(TapOf::QuickReply, payload, text.or(payload)))
}

fn tap(of: TapOf, payload: Option<&str>, title: Option<&str>) -> Content {
    Content::Tap(Tap {
        of,
        id: payload.unwrap_or_default().to_owned(),
        title: title.unwrap_or_default().to_owned(),
        description: None,
    })
}

fn postback(of: &Value) -> Result<Content, Misfit> {
    let (payload, title) = (read::text(of, "payload"), read::text(of, "title"));
    if payload.is_none() && title.is_none() {
        return Err(Misfit::new("payload", "is missing"));
    }
    Ok(tap(TapOf::Postback, payload, title))
}

fn reaction(of: &Value) -> Result<Content, Misfit> {
    let message_id = fields::id(of, "mid")?;
    let emoji = match fields::text(of, "action")? {
        "unreact" => None,
        // Some have the name of the reaction alone.
        "react" => match optional(of, "emoji")? {
            None => Some(fields::text(of, "reaction")?.to_owned()),
            emoji => emoji,
        },
        _ => return Err(Misfit::new("action", "is neither `react` nor `unreact`")),
    };
    Ok(Content::Reaction { message_id, emoji })
}

fn edit(of: &Value) -> Result<Content, Misfit> {
    let content = optional(of, "text")?.map(|text| Box::new(Content::text_of(text)));
    Ok(Content::Edit { original: fields::id(of, "mid")?, content })
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
