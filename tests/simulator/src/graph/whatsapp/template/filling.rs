//! Whether what is sent fits the template that it names.

use super::{ButtonUse, Parameter, Parts, TemplateUse};
use crate::graph::error::with_details;
use crate::message::Customer;
use crate::taking::Refusal;
use crate::templates::{ButtonDesign, Design, HeaderDesign, Status, Template, Words};

/// Cloud API: characters of the words and of the header's line once their places are filled.
const MAX_BODY: usize = 1024;
const MAX_HEADER: usize = 60;

/// The refusal of a template that is not there, or not approved.
pub(crate) fn unknown(used: &TemplateUse) -> Refusal {
    with_details(132_001, &format!("template name ({}) does not exist in {}", used.name, used.language))
}

/// Refuses what does not fit `template`, or cannot be sent with it now.
pub(crate) fn check(used: &TemplateUse, template: &Template, customer: &Customer) -> Result<(), Refusal> {
    match template.status {
        Status::Approved => {}
        Status::Paused => return Err(with_details(132_015, "Template is paused due to low quality")),
        Status::Disabled => return Err(with_details(132_016, "Template is disabled")),
        _ => return Err(unknown(used)),
    }
    let design = &template.design;
    if matches!(customer, Customer::UserId(_)) && design.needs_phone() {
        return Err(with_details(131_062, "One-tap, zero-tap and copy code templates need a phone number"));
    }
    parts(&used.parts, design, "")?;
    if used.cards.len() != design.cards.len() {
        return Err(count("carousel: number of cards", used.cards.len(), design.cards.len()));
    }
    for (place, (card, design)) in used.cards.iter().zip(&design.cards).enumerate() {
        parts(card, design, &format!("carousel: card {place}: "))?;
    }
    if design.has_offer && !used.has_offer {
        return Err(with_details(131_008, "limited_time_offer: expiration_time_ms is missing"));
    }
    if used.has_offer && !design.has_offer {
        return Err(with_details(132_012, "limited_time_offer: the template has no offer that ends"));
    }
    Ok(())
}

fn parts(parts: &Parts, design: &Design, of: &str) -> Result<(), Refusal> {
    header(&parts.header, &design.header, of)?;
    words(&parts.body, &design.body, MAX_BODY, &format!("{of}body"))?;
    buttons(&parts.buttons, &design.buttons, of)
}

fn header(given: &[Parameter], design: &HeaderDesign, of: &str) -> Result<(), Refusal> {
    let expected = match design {
        HeaderDesign::None => return words(given, &Words::default(), MAX_HEADER, &format!("{of}header")),
        HeaderDesign::Text(line) => return words(given, line, MAX_HEADER, &format!("{of}header")),
        HeaderDesign::File(kind) => kind.as_str(),
        HeaderDesign::Location => "location",
        HeaderDesign::Product => "product",
    };
    let received = match given {
        [one] if one.kind == expected => return Ok(()),
        [one] => one.kind,
        [] => "unknown",
        several => return Err(count(&format!("{of}header: number of parameters"), several.len(), 1)),
    };
    let (expected, received) = (expected.to_uppercase(), received.to_uppercase());
    Err(with_details(132_012, &format!("{of}header: Format mismatch, expected {expected}, received {received}")))
}

fn words(given: &[Parameter], words: &Words, limit: usize, of: &str) -> Result<(), Refusal> {
    if given.len() != words.variables.len() {
        return Err(count(&format!("{of}: number of localizable_params"), given.len(), words.variables.len()));
    }
    for parameter in given {
        if !matches!(parameter.kind, "text" | "currency" | "date_time") {
            let received = parameter.kind.to_uppercase();
            return Err(with_details(132_012, &format!("{of}: Format mismatch, expected TEXT, received {received}")));
        }
        if words.is_named() && !parameter.name.as_ref().is_some_and(|name| words.variables.contains(name)) {
            return Err(with_details(132_012, &format!("{of}: Parameter name is missing or is not the template's")));
        }
        if !words.is_named() && parameter.name.is_some() {
            return Err(with_details(132_012, &format!("{of}: Parameter name is given, but places are numbered")));
        }
    }
    if let Some(name) = words.variables.iter().find(|name| words.is_named() && !names(given, name)) {
        return Err(with_details(132_012, &format!("{of}: Parameter name is missing: {name}")));
    }
    let length = words.bare_length + given.iter().map(|parameter| parameter.length).sum::<usize>();
    if length > limit {
        return Err(with_details(132_005, &format!("{of}: translated text too long ({length} of {limit})")));
    }
    Ok(())
}

fn names(given: &[Parameter], name: &str) -> bool {
    given.iter().any(|parameter| parameter.name.as_deref() == Some(name))
}

fn buttons(given: &[ButtonUse], designs: &[ButtonDesign], of: &str) -> Result<(), Refusal> {
    for (index, design) in designs.iter().enumerate() {
        let is_filled = given.iter().any(|button| button.index == index && !button.parameters.is_empty());
        if design.needs_filling && !is_filled {
            let kind = design.kind;
            let details = format!("{of}buttons: Button at index {index} of type {kind} requires a parameter");
            return Err(with_details(131_008, &details));
        }
    }
    for button in given {
        let index = button.index;
        let Some(design) = designs.get(index) else {
            return Err(with_details(132_012, &format!("{of}buttons: there is no button at index {index}")));
        };
        let expected = design.parameter;
        let fits = design.kind == button.kind
            && button.parameters.iter().all(|parameter| expected.contains(&parameter.kind))
            && button.parameters.len() <= 1
            && (design.can_be_filled || button.parameters.is_empty());
        if !fits {
            let kind = design.kind;
            let details = format!("{of}buttons: Button at index {index} of type {kind} does not take this parameter");
            return Err(with_details(132_012, &details));
        }
    }
    Ok(())
}

fn count(what: &str, given: usize, expected: usize) -> Refusal {
    with_details(132_000, &format!("{what} ({given}) does not match the expected number of params ({expected})"))
}
