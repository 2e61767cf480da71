//! Address cards.

use chrono::NaiveDate;

use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: cards in one message.
const MAX_CONTACTS: usize = 257;

/// Lists of a card, and the fields of their items.
const LISTS: [(&str, &[&str]); 4] = [
    ("addresses", &["street", "city", "state", "zip", "country", "country_code", "type"]),
    ("emails", &["email", "type"]),
    ("phones", &["phone", "type", "wa_id"]),
    ("urls", &["url", "type"]),
];

pub(super) fn check(body: &Fields<'_>) -> Result<(), Refusal> {
    for contact in body.objects_within("contacts", 1, MAX_CONTACTS)? {
        card(&contact)?;
    }
    Ok(())
}

fn card(card: &Fields<'_>) -> Result<(), Refusal> {
    card.only(&["addresses", "birthday", "emails", "name", "org", "phones", "urls"])?;
    name(&card.required_object("name")?)?;
    if let Some(birthday) = card.text("birthday")? {
        let date = NaiveDate::parse_from_str(birthday, "%Y-%m-%d");
        date.map_err(|_| card.wrong("birthday", "must be a date as YYYY-MM-DD"))?;
    }
    if let Some(org) = card.object("org")? {
        texts(&org, &["company", "department", "title"])?;
    }
    for (list, fields) in LISTS {
        for item in card.objects(list)? {
            texts(&item, fields)?;
        }
    }
    Ok(())
}

/// Besides the name as shown, Meta wants at least one of its parts.
fn name(name: &Fields<'_>) -> Result<(), Refusal> {
    const PARTS: [&str; 5] = ["first_name", "last_name", "middle_name", "suffix", "prefix"];

    let known: Vec<_> = PARTS.into_iter().chain(["formatted_name"]).collect();
    texts(name, &known)?;
    name.required_text("formatted_name")?;
    let has_part = PARTS.iter().any(|part| name.has(part));
    has_part.then_some(()).ok_or_else(|| name.missing("first_name"))
}

fn texts(object: &Fields<'_>, names: &[&str]) -> Result<(), Refusal> {
    object.only(names)?;
    names.iter().try_for_each(|name| object.text(name).map(|_| ()))
}
