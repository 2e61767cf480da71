//! Contact cards.

use serde_json::Value;

use crate::channels::fields::{Misfit, each, inside, optional};
use crate::channels::read;
use crate::domain::message::Content;
use crate::domain::message::card::{CardAddress, CardEmail, CardName, CardOrg, CardPhone, CardUrl, ContactCard};

/// The cards of a message of type `contacts`, at least one.
pub(super) fn contacts(message: &Value) -> Result<Content, Misfit> {
    let cards = each(message, "contacts", card)?;
    if cards.is_empty() {
        return Err(Misfit::new("contacts", "is missing or empty"));
    }
    Ok(Content::Contacts { cards, origin: optional(message, "origin")? })
}

fn card(of: &Value) -> Result<ContactCard, Misfit> {
    let vcard = optional(of, "vcard")?;
    let mut name = if_any(of, "name", name)?.unwrap_or_default();
    if name.formatted_name.is_empty() {
        name.formatted_name = vcard.as_deref().and_then(name_in).unwrap_or_default();
    }
    Ok(ContactCard {
        name,
        phones: each(of, "phones", phone)?,
        emails: each(of, "emails", email)?,
        urls: each(of, "urls", url)?,
        addresses: each(of, "addresses", address)?,
        org: if_any(of, "org", org)?,
        birthday: optional(of, "birthday")?,
        vcard,
    })
}

fn if_any<T>(of: &Value, key: &str, read: fn(&Value) -> Result<T, Misfit>) -> Result<Option<T>, Misfit> {
    if read::is_absent(of, key) { Ok(None) } else { inside(of, key, read).map(Some) }
}

/// The name in a vCard: what stands behind `FN`, whose parameters follow a semicolon.
fn name_in(vcard: &str) -> Option<String> {
    let named = |line: &str| {
        let (property, value) = line.split_once(':')?;
        let property = property.split(';').next()?;
        (property.eq_ignore_ascii_case("FN")).then(|| value.trim().to_owned())
    };
    vcard.lines().find_map(named).filter(|name| !name.is_empty())
}

fn name(of: &Value) -> Result<CardName, Misfit> {
    Ok(CardName {
        formatted_name: optional(of, "formatted_name")?.unwrap_or_default(),
        first_name: optional(of, "first_name")?,
        last_name: optional(of, "last_name")?,
        middle_name: optional(of, "middle_name")?,
        prefix: optional(of, "prefix")?,
        suffix: optional(of, "suffix")?,
    })
}

fn phone(of: &Value) -> Result<CardPhone, Misfit> {
    Ok(CardPhone { phone: optional(of, "phone")?, kind: optional(of, "type")?, wa_id: optional(of, "wa_id")? })
}

fn email(of: &Value) -> Result<CardEmail, Misfit> {
    Ok(CardEmail { email: optional(of, "email")?, kind: optional(of, "type")? })
}

fn url(of: &Value) -> Result<CardUrl, Misfit> {
    Ok(CardUrl { url: optional(of, "url")?, kind: optional(of, "type")? })
}

fn address(of: &Value) -> Result<CardAddress, Misfit> {
    Ok(CardAddress {
        street: optional(of, "street")?,
        city: optional(of, "city")?,
        state: optional(of, "state")?,
        zip: optional(of, "zip")?,
        country: optional(of, "country")?,
        country_code: optional(of, "country_code")?,
        kind: optional(of, "type")?,
    })
}

fn org(of: &Value) -> Result<CardOrg, Misfit> {
    Ok(CardOrg {
        company: optional(of, "company")?,
        department: optional(of, "department")?,
        title: optional(of, "title")?,
    })
}
