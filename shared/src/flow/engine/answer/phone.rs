//! Phone numbers as people write them.

use phonenumber::{Mode, country, parse};

/// Longest number with everything that stands between its digits.
const LONGEST: usize = 32;

/// A number in digits with a plus. One without its country's code is of `country`; where none is named it is taken to
/// begin with the code.
pub(super) fn read(text: &str, country: Option<&str>) -> Option<String> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/' | '\u{a0}');
    if text.len() > LONGEST || !text.chars().all(is_part) {
        return None;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let written = match (text.starts_with('+'), digits.strip_prefix("00")) {
        (true, _) => format!("+{digits}"),
        (false, Some(rest)) => format!("+{rest}"),
        (false, None) if country.is_none() => format!("+{digits}"),
        (false, None) => digits,
    };
    let country: Option<country::Id> = country.map(str::parse).transpose().ok()?;
    let number = parse(country, written).ok().filter(phonenumber::is_valid)?;
    Some(number.format().mode(Mode::E164).to_string())
}
