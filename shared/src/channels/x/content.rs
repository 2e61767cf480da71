//! What a direct message says.

use serde_json::Value;

use super::super::fields::Misfit;
use super::super::read;
use super::{attachment, text};
use crate::domain::message::Content;
use crate::domain::message::received::{Tap, TapOf};

/// What `event` says: one thing, or words and what is attached to them.
pub(super) fn contents(event: &Value) -> Vec<Content> {
    let data = &event["message_create"]["message_data"];
    let attached = data.get("attachment").filter(|attachment| !attachment.is_null());
    let written = read::text(data, "text");
    match (tapped(data), attached) {
        (Some(option), Some(attached)) => vec![tap(option, written), of_attachment(attached, None)],
        (Some(option), None) => vec![tap(option, written)],
        (None, Some(attached)) => with_words(attached, written),
        (None, None) => vec![written.map_or_else(|| nothing(event), words)],
    }
}

/// Words go under a picture or film, without the link to it that X puts behind them; nothing else has
/// room for words.
fn with_words(attached: &Value, written: Option<&str>) -> Vec<Content> {
    let link = attached.get("media").and_then(|media| read::text(media, "url"));
    let caption = written.map(|written| text::unescape(text::without_link(written, link)));
    let content = of_attachment(attached, caption.filter(|caption| !caption.is_empty()));
    let before = written.filter(|_| content.media().is_none()).map(words);
    before.into_iter().chain([content]).collect()
}

fn words(written: &str) -> Content {
    Content::text_of(text::unescape(written))
}

fn nothing(event: &Value) -> Content {
    unknown("untyped", &Misfit::new("message_create.message_data", "holds neither words nor an attachment"), event)
}

fn of_attachment(attached: &Value, caption: Option<String>) -> Content {
    attachment::content(attached, caption).unwrap_or_else(|misfit| {
        let kind = read::text(attached, "type").unwrap_or("attachment");
        unknown(kind, &misfit.within("attachment"), attached)
    })
}

fn unknown(kind: &str, misfit: &Misfit, raw: &Value) -> Content {
    Content::Unknown { kind: kind.to_owned(), reason: Some(misfit.to_string()), raw: raw.clone() }
}

/// What we named the option that was tapped.
fn tapped(data: &Value) -> Option<String> {
    let reply = data.get("quick_reply_response").filter(|reply| reply.is_object())?;
    Some(read::text(reply, "metadata").unwrap_or_default().to_owned())
}

fn tap(id: String, label: Option<&str>) -> Content {
    let title = label.map(text::unescape).unwrap_or_default();
    Content::Tap(Tap { of: TapOf::QuickReply, id, title, description: None })
}

#[cfg(test)]
#[path = "content_tests.rs"]
mod tests;
