//! What fills the buttons of a template.

use super::super::findings::Findings;
use super::product;
use crate::domain::message::template::{ButtonValue, TemplateButton};

/// Buttons of a template, so that the last has the index 9.
pub(super) const MOST: usize = 10;
const PAYLOAD: usize = 256;
const URL_END: usize = 2000;
const CODE: usize = 20;
const TOKEN: usize = 512;

/// At most `most` buttons at the path `at`, each in a place of its own.
pub(super) fn check_all(at: &str, buttons: &[TemplateButton], most: usize, findings: &mut Findings) {
    findings.count(at, buttons.len(), 0..=most, "buttons");
    let mut taken = [false; MOST];
    for (index, button) in buttons.iter().enumerate() {
        let field = format!("{at}[{index}].index");
        match taken.get_mut(usize::from(button.index)).filter(|_| usize::from(button.index) < most) {
            None => findings.add(field, format!("must lie between 0 and {}, is {}", most - 1, button.index)),
            Some(taken) if *taken => findings.add(field, format!("must be unique, {} is taken", button.index)),
            Some(taken) => *taken = true,
        }
        value(&format!("{at}[{index}].value"), &button.value, findings);
    }
}

fn value(at: &str, value: &ButtonValue, findings: &mut Findings) {
    match value {
        ButtonValue::QuickReply { payload } => findings.words(&format!("{at}.payload"), payload, PAYLOAD),
        ButtonValue::Url { text } => {
            let field = format!("{at}.text");
            findings.words(&field, text, URL_END);
            if text.contains(char::is_whitespace) {
                findings.add(field, "takes no spaces: it is the end of an address");
            }
        }
        ButtonValue::CopyCode { code } => findings.words(&format!("{at}.code"), code, CODE),
        ButtonValue::Flow { token, data } => {
            findings.optional(&format!("{at}.token"), token.as_deref(), TOKEN);
            if data.as_ref().is_some_and(|data| !data.is_object()) {
                findings.add(format!("{at}.data"), "must be an object");
            }
        }
        ButtonValue::Catalog { thumbnail_product_retailer_id } => {
            thumbnail(at, thumbnail_product_retailer_id.as_deref(), findings);
        }
        ButtonValue::ProductList { thumbnail_product_retailer_id, sections } => {
            thumbnail(at, thumbnail_product_retailer_id.as_deref(), findings);
            product::sections(&format!("{at}.sections"), sections, findings);
        }
    }
}

fn thumbnail(at: &str, id: Option<&str>, findings: &mut Findings) {
    if let Some(id) = id {
        product::retailer_id(&format!("{at}.thumbnail_product_retailer_id"), id, findings);
    }
}
