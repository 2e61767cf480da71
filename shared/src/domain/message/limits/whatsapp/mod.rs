//! The limits of WhatsApp (platform notes, sections 7 and 8).

mod carousel;
mod contacts;
mod flow;
mod interactive;
mod list;
mod media;
mod parameter;
mod product;
mod template;
mod template_button;

use super::findings::{Findings, quote};
use super::{emoji, place, refuse, text_limit};
use crate::domain::channel::Channel;
use crate::domain::message::Content;

/// Longest id of a message: the platform's are far shorter.
const MESSAGE_ID: usize = 512;

pub(super) fn check(content: &Content, findings: &mut Findings) {
    match content {
        Content::Text { body, .. } => findings.words("body", body, text_limit(Channel::WhatsApp)),
        Content::Image(media)
        | Content::Video(media)
        | Content::Audio(media)
        | Content::Document(media)
        | Content::Sticker(media) => media::check(content, media, findings),
        Content::Location(location) => place::check("", location, findings),
        Content::Contacts { cards, origin } => contacts::check(cards, origin.as_deref(), findings),
        Content::Reaction { message_id, emoji } => reaction(message_id, emoji.as_deref(), findings),
        Content::Interactive(message) => interactive::check(message, findings),
        Content::Template(message) => template::check(message, findings),
        _ => refuse(Channel::WhatsApp, content, findings),
    }
}

/// One emoji; none takes it off.
fn reaction(message_id: &str, emoji: Option<&str>, findings: &mut Findings) {
    findings.words("message_id", message_id, MESSAGE_ID);
    if let Some(given) = emoji
        && !emoji::is_one(given)
    {
        findings.add("emoji", format!("must be one emoji, or none to take it off, is {}", quote(given)));
    }
}

#[cfg(test)]
mod template_tests;
#[cfg(test)]
mod whatsapp_tests;
