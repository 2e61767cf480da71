//! The limits of Messenger (platform notes, section 4).
//!
//! Buttons go out as quick replies, a page to open as a button template, cards as a generic template.
//! There are no headers, footers and captions.

use super::findings::Findings;
use super::{file, refuse, text_limit};
use crate::domain::channel::Channel;
use crate::domain::message::Content;
use crate::domain::message::interactive::{Action, CardAction, CarouselCard, Interactive, ReplyButton};
use crate::domain::message::media::{Media, MediaKind, MediaSource};

const QUICK_REPLIES: usize = 13;
const BUTTON_TITLE: usize = 20;
const PAYLOAD: usize = 1000;
const BUTTON_TEMPLATE_TEXT: usize = 640;
const ELEMENTS: usize = 10;
const ELEMENT_TITLE: usize = 80;
const ELEMENT_BUTTONS: usize = 3;

const NO_PLACE: &str = "has no place in a message of messenger";

pub(super) fn check(content: &Content, findings: &mut Findings) {
    match content {
        Content::Text { body, .. } => findings.words("body", body, text_limit(Channel::Messenger)),
        Content::Image(media) | Content::Video(media) | Content::Audio(media) | Content::Document(media) => {
            check_media(content, media, findings);
        }
        Content::Interactive(message) => interactive(message, content, findings),
        _ => refuse(Channel::Messenger, content, findings),
    }
}

fn check_media(content: &Content, media: &Media, findings: &mut Findings) {
    source("source", &media.source, findings);
    findings.absent("caption", media.caption.is_some(), NO_PLACE);
    if let (Some((kind, _)), Some(mime)) = (content.media(), &media.mime_type)
        && let Err(broken) = file::media_type(Channel::Messenger, kind, mime)
    {
        findings.add(broken.field, broken.problem);
    }
}

fn source(field: &str, source: &MediaSource, findings: &mut Findings) {
    match source {
        MediaSource::Link { url } => findings.web_page(field, url),
        MediaSource::Lost => findings.add(field, "is lost: the platform does not have the file, it cannot be sent"),
        MediaSource::Platform { .. } | MediaSource::Stored { .. } => {}
    }
}

fn interactive(message: &Interactive, content: &Content, findings: &mut Findings) {
    findings.absent("header", message.header.is_some(), NO_PLACE);
    findings.absent("footer", message.footer.is_some(), NO_PLACE);
    let body = message.body.as_deref();
    match &message.action {
        Action::Buttons { buttons } => {
            findings.needed("body", body, text_limit(Channel::Messenger));
            check_buttons("action.buttons", buttons, QUICK_REPLIES, findings);
        }
        Action::CtaUrl { display_text, url } => {
            findings.needed("body", body, BUTTON_TEMPLATE_TEXT);
            findings.words("action.display_text", display_text, BUTTON_TITLE);
            findings.web_page("action.url", url);
        }
        Action::Carousel { cards } => {
            findings.absent("body", body.is_some(), NO_PLACE);
            carousel(cards, findings);
        }
        Action::List { .. }
        | Action::LocationRequest
        | Action::Flow(_)
        | Action::Product { .. }
        | Action::ProductList { .. }
        | Action::Catalog { .. } => {
            findings.add("action.type", format!("is nothing that messenger carries in `{}`", content.kind()));
        }
    }
}

fn check_buttons(at: &str, buttons: &[ReplyButton], most: usize, findings: &mut Findings) {
    findings.count(at, buttons.len(), 1..=most, "buttons");
    for (index, button) in buttons.iter().enumerate() {
        findings.words(&format!("{at}[{index}].title"), &button.title, BUTTON_TITLE);
        findings.words(&format!("{at}[{index}].id"), &button.id, PAYLOAD);
    }
}

fn carousel(cards: &[CarouselCard], findings: &mut Findings) {
    findings.count("action.cards", cards.len(), 1..=ELEMENTS, "cards");
    for (index, card) in cards.iter().enumerate() {
        let at = format!("action.cards[{index}]");
        if card.header.kind != MediaKind::Image {
            findings.add(format!("{at}.header.kind"), format!("must be `image`, is `{}`", card.header.kind));
        }
        match &card.header.source {
            MediaSource::Platform { .. } => {
                findings.add(format!("{at}.header.source"), "must be a link: cards of messenger take no ids");
            }
            other => source(&format!("{at}.header.source"), other, findings),
        }
        findings.needed(&format!("{at}.body"), card.body.as_deref(), ELEMENT_TITLE);
        match &card.action {
            CardAction::CtaUrl { display_text, url } => {
                findings.words(&format!("{at}.action.display_text"), display_text, BUTTON_TITLE);
                findings.web_page(&format!("{at}.action.url"), url);
            }
            CardAction::Buttons { buttons } => {
                check_buttons(&format!("{at}.action.buttons"), buttons, ELEMENT_BUTTONS, findings);
            }
        }
    }
}
