//! What is attached to a message.

use serde_json::Value;
use url::Url;

use super::super::fields::{self, Misfit, inside, text};
use super::super::read;
use super::content::unknown;
use crate::domain::message::media::{Media, MediaSource};
use crate::domain::message::{Content, Location};

/// The attachments of `message`, without previews of links that stand in its text.
pub(super) fn contents(message: &Value) -> Vec<Content> {
    let attachments = match fields::list(message, "attachments") {
        Ok(attachments) => attachments.iter().enumerate(),
        Err(misfit) => return vec![unknown("attachments", &misfit.within("message"), message)],
    };
    let written = read::text(message, "text").unwrap_or_default();
    let told = attachments.filter(|(_, attachment)| !is_preview(attachment, written));
    told.map(|(place, attachment)| {
        content(attachment).unwrap_or_else(|misfit| {
            let kind = read::text(attachment, "type").unwrap_or("attachment");
            unknown(kind, &misfit.within(&format!("message.attachments[{place}]")), attachment)
        })
    })
    .collect()
}

fn content(of: &Value) -> Result<Content, Misfit> {
    let kind = text(of, "type")?;
    match kind {
        // Until August 2026 stickers came as images.
        "image" if has_sticker_id(of) => file(of).map(Content::Sticker),
        "image" => file(of).map(Content::Image),
        "video" => file(of).map(Content::Video),
        "audio" => file(of).map(Content::Audio),
        "file" => file(of).map(Content::Document),
        "sticker" => file(of).map(Content::Sticker),
        "location" => inside(of, "payload", |of| inside(of, "coordinates", location)),
        "unsupported_type" => Ok(Content::Unsupported { kind: None, faults: Vec::new(), raw: of.clone() }),
        // Shared links, posts, films and stories, templates, and what is yet to come.
        _ => Err(Misfit::new("type", "names something that Loa has no content for")),
    }
}

fn has_sticker_id(of: &Value) -> bool {
    of.get("payload").and_then(|payload| read::id(payload, "sticker_id")).is_some()
}

fn file(of: &Value) -> Result<Media, Misfit> {
    let url = inside(of, "payload", |of| text(of, "url"))?;
    Ok(Media::from(MediaSource::Link { url: url.to_owned() }))
}

fn location(of: &Value) -> Result<Content, Misfit> {
    Ok(Content::Location(Location {
        latitude: fields::degrees(of, "lat")?,
        longitude: fields::degrees(of, "long")?,
        name: None,
        address: None,
        url: None,
    }))
}

/// Whether an attachment shows but a link that is `written` already: Messenger attaches a preview to
/// every message with a link in it.
fn is_preview(of: &Value, written: &str) -> bool {
    if written.is_empty() || read::text(of, "type") != Some("fallback") {
        return false;
    }
    let payload = of.get("payload").unwrap_or(&Value::Null);
    let Some(link) = read::text(of, "url").or_else(|| read::text(payload, "url")) else {
        return false;
    };
    let target = target(link);
    [Some(link), target.as_deref()].into_iter().flatten().any(|link| written.contains(bare(link)))
}

/// Where a link leads that goes through Facebook's own redirection.
fn target(link: &str) -> Option<String> {
    let link = Url::parse(link).ok()?;
    let (_, target) = link.query_pairs().find(|(name, _)| name == "u")?;
    Some(target.into_owned())
}

/// `link` as people write it.
fn bare(link: &str) -> &str {
    let host = link.split_once("://").map_or(link, |(_, rest)| rest);
    host.trim_start_matches("www.").trim_end_matches('/')
}
