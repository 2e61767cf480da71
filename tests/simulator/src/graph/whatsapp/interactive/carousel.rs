//! Cards side by side.

use super::{body, button, header, link};
use crate::graph::fields::Fields;
use crate::graph::whatsapp::media::MediaUse;
use crate::taking::Refusal;

/// Cloud API: cards of a carousel.
const MIN_CARDS: usize = 2;
const MAX_CARDS: usize = 10;
/// Cloud API: characters of a card's words.
const MAX_CARD_BODY: usize = 160;
/// A card's buttons; Meta's page gives no number of its own.
const MAX_CARD_BUTTONS: usize = 3;

/// What all cards must have in common: the kind of header, the kind of button, how many buttons.
type Shape = (&'static str, &'static str, usize);

pub(super) fn check(action: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    action.only(&["cards"])?;
    let mut common: Option<Shape> = None;
    for (place, card) in action.objects_within("cards", MIN_CARDS, MAX_CARDS)?.iter().enumerate() {
        if card.required_index("card_index")? != place {
            return Err(card.wrong("card_index", &format!("must be {place}")));
        }
        let shape = check_card(card, files)?;
        if *common.get_or_insert(shape) != shape {
            return Err(card.wrong("header", "and buttons must be of one kind and number on all cards"));
        }
    }
    Ok(())
}

fn check_card(card: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<Shape, Refusal> {
    card.only(&["card_index", "type", "header", "body", "action"])?;
    if card.has("type") {
        card.word("type", &["cta_url", "button", "quick_reply"])?;
    }
    let above = card.required_object("header")?.word("type", &["image", "video"])?;
    header(card, &["image", "video"], files)?;
    body(card, MAX_CARD_BODY, false)?;
    let action = card.required_object("action")?;
    if !action.has("buttons") {
        link(&action)?;
        return Ok((above, "cta_url", 1));
    }
    action.only(&["buttons"])?;
    button::replies(&action, "quick_reply", MAX_CARD_BUTTONS)?;
    Ok((above, "quick_reply", action.objects("buttons")?.len()))
}
