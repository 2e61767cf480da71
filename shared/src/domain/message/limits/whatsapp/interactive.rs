//! Messages with something to tap.

use super::super::findings::Findings;
use super::{carousel, flow, list, media, product};
use crate::domain::message::interactive::{Action, Header, Interactive, ReplyButton};
use crate::domain::message::media::MediaKind;

pub(super) const BODY: usize = 1024;
const LIST_BODY: usize = 4096;
const FOOTER: usize = 60;
const HEADER: usize = 60;
const BUTTONS: usize = 3;
pub(super) const BUTTON_TITLE: usize = 20;
pub(super) const BUTTON_ID: usize = 256;

/// What an action lets stand above and below it.
struct Frame {
    header: HeaderRule,
    body: Words,
    footer: bool,
}

enum HeaderRule {
    None,
    Text,
    TextNeeded,
    Any,
}

enum Words {
    Needed(usize),
    Optional(usize),
}

pub(super) fn check(message: &Interactive, findings: &mut Findings) {
    let frame = frame(&message.action);
    header(message.header.as_ref(), &frame.header, findings);
    match frame.body {
        Words::Needed(most) => findings.needed("body", message.body.as_deref(), most),
        Words::Optional(most) => findings.optional("body", message.body.as_deref(), most),
    }
    if frame.footer {
        findings.optional("footer", message.footer.as_deref(), FOOTER);
    } else {
        findings.absent("footer", message.footer.is_some(), "cannot stand below this action");
    }
    action(&message.action, findings);
}

const fn frame(action: &Action) -> Frame {
    let body = Words::Needed(BODY);
    match action {
        Action::Buttons { .. } | Action::CtaUrl { .. } | Action::Flow(_) => {
            Frame { header: HeaderRule::Any, body, footer: true }
        }
        Action::List { .. } => Frame { header: HeaderRule::Text, body: Words::Needed(LIST_BODY), footer: true },
        Action::LocationRequest | Action::Carousel { .. } => Frame { header: HeaderRule::None, body, footer: false },
        Action::Product { .. } => Frame { header: HeaderRule::None, body: Words::Optional(BODY), footer: true },
        Action::ProductList { .. } => Frame { header: HeaderRule::TextNeeded, body, footer: true },
        Action::Catalog { .. } => Frame { header: HeaderRule::None, body, footer: true },
    }
}

fn header(header: Option<&Header>, rule: &HeaderRule, findings: &mut Findings) {
    match (rule, header) {
        (HeaderRule::TextNeeded, None) => findings.add("header", "is needed: a line of text above the products"),
        (HeaderRule::None, Some(_)) => findings.add("header", "cannot stand above this action"),
        (_, None) => {}
        (_, Some(Header::Text { text })) => findings.words("header.text", text, HEADER),
        (HeaderRule::Any, Some(Header::Media(file))) => {
            media::header("header", file, &[MediaKind::Image, MediaKind::Video, MediaKind::Document], findings);
        }
        (_, Some(Header::Media(_))) => findings.add("header.type", "must be `text` above this action, is `media`"),
    }
}

fn action(action: &Action, findings: &mut Findings) {
    match action {
        Action::Buttons { buttons } => reply_buttons("action.buttons", buttons, findings),
        Action::List { button, sections } => list::check(button, sections, findings),
        Action::CtaUrl { display_text, url } => cta_url("action", display_text, url, findings),
        Action::Carousel { cards } => carousel::check(cards, findings),
        Action::Flow(action) => flow::check(action, findings),
        Action::Product { catalog_id, product_retailer_id } => {
            product::catalog(catalog_id, findings);
            product::retailer_id("action.product_retailer_id", product_retailer_id, findings);
        }
        Action::ProductList { catalog_id, sections } => {
            product::catalog(catalog_id, findings);
            product::sections("action.sections", sections, findings);
        }
        Action::Catalog { thumbnail_product_retailer_id: Some(id) } => {
            product::retailer_id("action.thumbnail_product_retailer_id", id, findings);
        }
        Action::LocationRequest | Action::Catalog { thumbnail_product_retailer_id: None } => {}
    }
}

/// One to three buttons at the path `at`, alike neither in title nor in id.
pub(super) fn reply_buttons(at: &str, buttons: &[ReplyButton], findings: &mut Findings) {
    findings.count(at, buttons.len(), 1..=BUTTONS, "buttons");
    for (index, button) in buttons.iter().enumerate() {
        findings.words(&format!("{at}[{index}].title"), &button.title, BUTTON_TITLE);
        findings.words(&format!("{at}[{index}].id"), &button.id, BUTTON_ID);
    }
    let each = || buttons.iter().enumerate();
    findings.unique(each().map(|(index, button)| (format!("{at}[{index}].title"), button.title.as_str())));
    findings.unique(each().map(|(index, button)| (format!("{at}[{index}].id"), button.id.as_str())));
}

/// A button that opens a page.
pub(super) fn cta_url(at: &str, display_text: &str, url: &str, findings: &mut Findings) {
    findings.words(&format!("{at}.display_text"), display_text, BUTTON_TITLE);
    findings.web_page(&format!("{at}.url"), url);
}
