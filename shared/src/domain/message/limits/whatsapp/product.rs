//! Products of a catalogue.

use super::super::findings::Findings;
use crate::domain::message::interactive::ProductSection;

const SECTIONS: usize = 10;
/// In all sections together.
const PRODUCTS: usize = 30;
const TITLE: usize = 24;
/// No platform says; enough for any id that is.
const ID: usize = 256;

pub(super) fn catalog(id: &str, findings: &mut Findings) {
    findings.words("action.catalog_id", id, ID);
}

pub(super) fn retailer_id(field: &str, id: &str, findings: &mut Findings) {
    findings.words(field, id, ID);
}

/// Sections of products at the path `at`.
pub(super) fn sections(at: &str, sections: &[ProductSection], findings: &mut Findings) {
    findings.count(at, sections.len(), 1..=SECTIONS, "sections");
    let products: usize = sections.iter().map(|section| section.product_retailer_ids.len()).sum();
    findings.count(at, products, 1..=PRODUCTS, "products in all sections");
    for (index, section) in sections.iter().enumerate() {
        findings.words(&format!("{at}[{index}].title"), &section.title, TITLE);
        if section.product_retailer_ids.is_empty() && products > 0 {
            findings.add(format!("{at}[{index}].product_retailer_ids"), "holds 0 products, at least 1");
        }
        for (number, id) in section.product_retailer_ids.iter().enumerate() {
            retailer_id(&format!("{at}[{index}].product_retailer_ids[{number}]"), id, findings);
        }
    }
}
