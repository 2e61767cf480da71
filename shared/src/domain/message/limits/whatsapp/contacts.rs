//! Contact cards.

use chrono::NaiveDate;

use super::super::findings::{Findings, quote};
use crate::domain::message::card::{CardName, ContactCard};

const CARDS: usize = 257;
/// No platform says; beyond any name that is.
const NAME: usize = 1000;

pub(super) fn check(cards: &[ContactCard], origin: Option<&str>, findings: &mut Findings) {
    findings.count("cards", cards.len(), 1..=CARDS, "cards");
    findings.absent("origin", origin.is_some(), "only comes in, it cannot be sent");
    for (index, card) in cards.iter().enumerate() {
        name(&format!("cards[{index}].name"), &card.name, findings);
        if let Some(day) = &card.birthday
            && NaiveDate::parse_from_str(day, "%Y-%m-%d").is_err()
        {
            findings.add(format!("cards[{index}].birthday"), format!("must be a day as 1990-12-31, is {}", quote(day)));
        }
    }
}

/// The platform wants the name as it is shown, and one part of it besides.
fn name(at: &str, name: &CardName, findings: &mut Findings) {
    findings.words(&format!("{at}.formatted_name"), &name.formatted_name, NAME);
    let parts = [&name.first_name, &name.last_name, &name.middle_name, &name.prefix, &name.suffix];
    if !parts.into_iter().flatten().any(|part| !part.trim().is_empty()) {
        findings.add(at, "needs one of first_name, last_name, middle_name, prefix, suffix beside formatted_name");
    }
}
