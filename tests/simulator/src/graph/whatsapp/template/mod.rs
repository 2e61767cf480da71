//! Templates as they are sent: their form here, against the template itself in [`filling`].

pub(crate) mod filling;
mod parameter;

use super::media::{MediaUse, read_above};
use crate::graph::fields::Fields;
use crate::taking::Refusal;

pub(crate) use parameter::Parameter;

/// Cloud API: characters of a template's name.
const MAX_NAME: usize = 512;
/// Cloud API: cards of a carousel, and buttons of a template.
const MAX_CARDS: usize = 10;
const MAX_BUTTONS: usize = 10;

/// A template, and what fills its places.
#[derive(Clone, Debug)]
pub(crate) struct TemplateUse {
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) parts: Parts,
    /// What fills the cards of a carousel, in their order.
    pub(crate) cards: Vec<Parts>,
    /// Whether the end of a limited-time offer is given.
    pub(crate) has_offer: bool,
}

/// What fills the places of a template or of one of its cards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub(crate) header: Vec<Parameter>,
    pub(crate) body: Vec<Parameter>,
    pub(crate) buttons: Vec<ButtonUse>,
}

/// What fills the place of a button.
#[derive(Clone, Debug)]
pub(crate) struct ButtonUse {
    pub(crate) kind: &'static str,
    pub(crate) index: usize,
    pub(crate) parameters: Vec<Parameter>,
}

/// Button kinds, as `sub_type` names them.
const BUTTONS: [&str; 9] =
    ["quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "spm", "voice_call", "order_details"];

pub(super) fn read(template: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<TemplateUse, Refusal> {
    template.only(&["name", "language", "components"])?;
    let name = template.required_limited_text("name", MAX_NAME)?;
    let language = template.required_object("language")?;
    language.only(&["code", "policy"])?;
    let code = language.required_text("code")?;
    if language.has("policy") {
        language.word("policy", &["deterministic"])?;
    }
    let mut used = TemplateUse {
        name: name.to_owned(),
        language: code.to_owned(),
        parts: Parts::default(),
        cards: Vec::new(),
        has_offer: false,
    };
    for component in template.objects("components")? {
        match component.word("type", &["header", "body", "button", "carousel", "limited_time_offer"])? {
            "carousel" => used.cards = cards(&component, files)?,
            "limited_time_offer" => used.has_offer = offer(&component)?,
            kind => part(&component, kind, &mut used.parts, files)?,
        }
    }
    Ok(used)
}

/// A header, a body or a button.
fn part(
    component: &Fields<'_>,
    kind: &'static str,
    parts: &mut Parts,
    files: &mut Vec<MediaUse>,
) -> Result<(), Refusal> {
    match kind {
        "button" => {
            component.only(&["type", "sub_type", "index", "parameters"])?;
            let kind = component.word("sub_type", &BUTTONS)?;
            let index = component.required_index("index")?;
            if index >= MAX_BUTTONS {
                return Err(component.wrong("index", &format!("must be from 0 to {}", MAX_BUTTONS - 1)));
            }
            if parts.buttons.iter().any(|button| button.index == index) {
                return Err(component.wrong("index", "is the index of another button"));
            }
            let parameters = parameters(component, parameter::OF_BUTTON, files)?;
            parts.buttons.push(ButtonUse { kind, index, parameters });
        }
        "header" => {
            component.only(&["type", "parameters"])?;
            parts.header = parameters(component, parameter::OF_HEADER, files)?;
        }
        _ => {
            component.only(&["type", "parameters"])?;
            parts.body = parameters(component, parameter::OF_BODY, files)?;
        }
    }
    Ok(())
}

fn parameters(
    component: &Fields<'_>,
    kinds: &[&'static str],
    files: &mut Vec<MediaUse>,
) -> Result<Vec<Parameter>, Refusal> {
    component.objects("parameters")?.iter().map(|parameter| Parameter::read(parameter, kinds, files)).collect()
}

fn cards(component: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<Vec<Parts>, Refusal> {
    component.only(&["type", "cards"])?;
    let mut cards = Vec::new();
    for (place, card) in component.objects_within("cards", 1, MAX_CARDS)?.iter().enumerate() {
        card.only(&["card_index", "components"])?;
        if card.required_index("card_index")? != place {
            return Err(card.wrong("card_index", &format!("must be {place}")));
        }
        let mut parts = Parts::default();
        for component in card.objects("components")? {
            let kind = component.word("type", &["header", "body", "button"])?;
            part(&component, kind, &mut parts, files)?;
        }
        cards.push(parts);
    }
    Ok(cards)
}

/// When a limited-time offer ends, in milliseconds.
fn offer(component: &Fields<'_>) -> Result<bool, Refusal> {
    component.only(&["type", "parameters"])?;
    for parameter in component.objects_within("parameters", 1, 1)? {
        parameter.only(&["type", "limited_time_offer"])?;
        parameter.word("type", &["limited_time_offer"])?;
        let offer = parameter.required_object("limited_time_offer")?;
        offer.only(&["expiration_time_ms"])?;
        offer.number("expiration_time_ms")?.ok_or_else(|| offer.missing("expiration_time_ms"))?;
    }
    Ok(true)
}

/// A file in a header's place.
fn file(holder: &Fields<'_>, kind: &'static str, files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    read_above(holder, kind, files)
}
