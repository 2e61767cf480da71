//! Templates with their places filled.

use super::super::findings::{Findings, quote};
use super::super::place;
use super::{carousel, media, parameter, template_button};
use crate::domain::message::media::MediaKind;
use crate::domain::message::template::{HeaderParameter, Template, TemplateCard};

const NAME: usize = 512;
const HEADERS: [MediaKind; 3] = [MediaKind::Image, MediaKind::Video, MediaKind::Document];
/// Buttons of one card.
const CARD_BUTTONS: usize = 2;

pub(super) fn check(template: &Template, findings: &mut Findings) {
    name(&template.name, findings);
    language(&template.language, findings);
    match &template.header {
        None => {}
        Some(HeaderParameter::Text(line)) => parameter::check("header", line, parameter::HEADER, findings),
        Some(HeaderParameter::Media(file)) => media::header("header", file, &HEADERS, findings),
        Some(HeaderParameter::Location(location)) => place::check("header.", location, findings),
    }
    parameter::check_all("body", &template.body, findings);
    template_button::check_all("buttons", &template.buttons, template_button::MOST, findings);
    if !template.cards.is_empty() {
        cards(&template.cards, findings);
    }
}

fn name(name: &str, findings: &mut Findings) {
    findings.words("name", name, NAME);
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        findings.add("name", format!("takes lower-case letters, digits and _ alone, is {}", quote(name)));
    }
}

/// A language in two or three letters, with its country or script behind `_`.
fn language(code: &str, findings: &mut Findings) {
    let (language, place) = code.split_once('_').map_or((code, None), |(language, place)| (language, Some(place)));
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_place =
        place.is_none_or(|p| (2..=4).contains(&p.len()) && p.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if !is_language || !is_place {
        findings.add("language", format!("must be a code as vi or en_US, is {}", quote(code)));
    }
}

fn cards(cards: &[TemplateCard], findings: &mut Findings) {
    findings.count("cards", cards.len(), carousel::CARDS, "cards");
    for (index, card) in cards.iter().enumerate() {
        let at = format!("cards[{index}]");
        media::header(&format!("{at}.header"), &card.header, &carousel::HEADERS, findings);
        parameter::check_all(&format!("{at}.body"), &card.body, findings);
        template_button::check_all(&format!("{at}.buttons"), &card.buttons, CARD_BUTTONS, findings);
        let (is, must) = (card.header.kind, cards[0].header.kind);
        if is != must {
            findings.add(format!("{at}.header.kind"), format!("must be `{must}` as on the first card, is `{is}`"));
        }
    }
}
