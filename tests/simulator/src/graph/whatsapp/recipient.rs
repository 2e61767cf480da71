//! Whom a message goes to.

use crate::graph::error;
use crate::graph::fields::Fields;
use crate::message::Customer;
use crate::taking::Refusal;

/// Business-scoped user ids: characters behind the country.
const MAX_USER_ID: usize = 128;

/// Whom it goes to, and as the request wrote it. The phone number wins where both are given.
pub(super) fn read<'a>(body: &Fields<'a>) -> Result<(Customer, &'a str), Refusal> {
    if body.text("to")?.is_none() && body.has("recipient") {
        let id = body.required_text("recipient")?;
        return is_user_id(id)
            .then(|| (Customer::UserId(id.to_owned()), id))
            .ok_or_else(|| body.invalid("recipient", "is not a business-scoped user id."));
    }
    let to = body.required_text("to")?;
    phone(to)
        .map(|digits| (Customer::Phone(digits), to))
        .ok_or_else(|| error::with_details(131_009, "Parameter to is not a phone number"))
}

/// The digits of a phone number, which may be written with a plus, spaces, hyphens and brackets.
fn phone(text: &str) -> Option<String> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits: String = text.chars().filter(|character| !matches!(character, ' ' | '-' | '(' | ')')).collect();
    let is_phone = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_phone.then_some(digits)
}

/// Whether `id` is a country and up to 128 letters or digits behind a point; a parent's id has
/// `ENT.` between them.
fn is_user_id(id: &str) -> bool {
    let Some((country, rest)) = id.split_once('.') else {
        return false;
    };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=MAX_USER_ID).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
