//! Cards side by side.

use super::super::findings::Findings;
use super::{interactive, media};
use crate::domain::message::interactive::{CardAction, CarouselCard};
use crate::domain::message::media::MediaKind;

pub(super) const CARDS: std::ops::RangeInclusive<usize> = 2..=10;
const BODY: usize = 160;
/// Meta's page on carousels: a card's words break at most twice.
const LINE_BREAKS: usize = 2;
pub(super) const HEADERS: [MediaKind; 2] = [MediaKind::Image, MediaKind::Video];

pub(super) fn check(cards: &[CarouselCard], findings: &mut Findings) {
    findings.count("action.cards", cards.len(), CARDS, "cards");
    for (index, card) in cards.iter().enumerate() {
        let at = format!("action.cards[{index}]");
        media::header(&format!("{at}.header"), &card.header, &HEADERS, findings);
        body(&format!("{at}.body"), card.body.as_deref(), findings);
        match &card.action {
            CardAction::CtaUrl { display_text, url } => {
                interactive::cta_url(&format!("{at}.action"), display_text, url, findings);
            }
            CardAction::Buttons { buttons } => {
                interactive::reply_buttons(&format!("{at}.action.buttons"), buttons, findings);
            }
        }
    }
    alike(cards, findings);
}

fn body(field: &str, words: Option<&str>, findings: &mut Findings) {
    findings.optional(field, words, BODY);
    let breaks = words.unwrap_or_default().matches('\n').count();
    if breaks > LINE_BREAKS {
        findings.add(field, format!("breaks into a new line {breaks} times, at most {LINE_BREAKS}"));
    }
}

/// All cards are as the first: picture or film, page or buttons, and as many of these.
fn alike(cards: &[CarouselCard], findings: &mut Findings) {
    let Some((first, rest)) = cards.split_first() else {
        return;
    };
    for (index, card) in rest.iter().enumerate() {
        let at = format!("action.cards[{}]", index + 1);
        if card.header.kind != first.header.kind {
            let (is, must) = (card.header.kind, first.header.kind);
            findings.add(format!("{at}.header.kind"), format!("must be `{must}` as on the first card, is `{is}`"));
        }
        let (is, must) = (name(&card.action), name(&first.action));
        if is != must {
            findings.add(format!("{at}.action"), format!("must be {must} as on the first card, is {is}"));
        }
    }
}

fn name(action: &CardAction) -> String {
    match action {
        CardAction::CtaUrl { .. } => "`cta_url`".to_owned(),
        CardAction::Buttons { buttons } => format!("`buttons` with {} of them", buttons.len()),
    }
}
