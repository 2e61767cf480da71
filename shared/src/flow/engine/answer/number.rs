//! Numbers as people write them.

use serde_json::Value;

/// Longest number.
const LONGEST: usize = 24;

/// A number: `12`, `-3.5`, `1,000.50`, `1.000,50`, `1 000`. Where a mark could part thousands or decimals, as in
/// `1.500`, it is read as `locale` writes it.
pub(super) fn read(text: &str, locale: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '_')).collect();
    let (sign, digits) = match plain.strip_prefix(['-', '+']) {
        Some(rest) if plain.starts_with('-') => (-1.0, rest),
        Some(rest) => (1.0, rest),
        None => (1.0, plain.as_str()),
    };
    if digits.is_empty() || digits.len() > LONGEST {
        return None;
    }
    let point = decimal_mark(digits, locale);
    let (whole, fraction) = match point.and_then(|point| digits.rsplit_once(point)) {
        Some((whole, fraction)) => (whole, fraction),
        None => (digits, "0"),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parted_well = groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    if !groups.iter().all(|group| are_digits(group)) || !parted_well || !are_digits(fraction) {
        return None;
    }
    // Thousands are parted by one kind of mark, which is not that of the decimals.
    let marks: std::collections::BTreeSet<char> = whole.chars().filter(|c| !c.is_ascii_digit()).collect();
    if marks.len() > 1 || point.is_some_and(|point| marks.contains(&point)) {
        return None;
    }
    format!("{}.{fraction}", groups.concat()).parse::<f64>().ok().map(|number| sign * number)
}

/// The mark in front of the decimals, where there are any.
fn decimal_mark(digits: &str, locale: &str) -> Option<char> {
    let last = digits.rfind(['.', ','])?;
    let mark = digits[last..].chars().next()?;
    let other = if mark == '.' { ',' } else { '.' };
    if digits.contains(other) {
        return Some(mark);
    }
    if digits.matches(mark).count() > 1 {
        return None;
    }
    let could_part_thousands = digits.len() - last - 1 == 3 && (1..=3).contains(&last) && !digits.starts_with('0');
    let comma =
        ["vi", "es", "pt", "id", "de", "fr", "it"].contains(&locale.split(['-', '_']).next().unwrap_or_default());
    let of_locale = if comma { ',' } else { '.' };
    if could_part_thousands && mark != of_locale { None } else { Some(mark) }
}

/// A whole number as one, so that it is written without a point.
pub(super) fn kept(number: f64) -> Value {
    // Up to here every whole number has a float of its own.
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    if number.fract() == 0.0 && number.abs() < 9e15 { (number as i64).into() } else { number.into() }
}
