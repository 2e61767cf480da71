//! What a field is held against, read once: numbers, moments, truths.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::Value;

/// Most digits before and behind the point of a text that reads as a number: what both sides read alike.
const DIGITS: usize = 15;

/// A number, or a text that reads as one.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => number_of(text),
        _ => None,
    }
}

/// `-12`, `12.5`: no spaces, no exponent.
pub(super) fn number_of(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if are_digits(whole) && are_digits(fraction) { text.parse().ok() } else { None }
}

/// `true`, `"true"`; of a consent also `"granted"` and `"withdrawn"`.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => match text.as_str() {
            "true" | "granted" => Some(true),
            "false" | "withdrawn" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A moment: `2026-12-31T08:00:00Z`, the beginning of a day in UTC: `2026-12-31`, or one that moves: `now`,
/// `now-30d`, `now+2h`, `now-15m`.
pub(super) fn moment(value: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = value.as_str()?;
    if let Some(shift) = text.strip_prefix("now") {
        return if shift.is_empty() { Some(now) } else { now.checked_add_signed(delta(shift)?) };
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Some(day.and_time(NaiveTime::MIN).and_utc());
    }
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

fn delta(shift: &str) -> Option<TimeDelta> {
    let (sign, rest) = match shift.split_at_checked(1)? {
        ("-", rest) => (-1, rest),
        ("+", rest) => (1, rest),
        _ => return None,
    };
    let count = rest.get(..rest.len().checked_sub(1)?)?;
    if count.is_empty() || count.len() > 6 || !count.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: i64 = count.parse().ok()?;
    match rest.as_bytes().last()? {
        b'd' => TimeDelta::try_days(sign * count),
        b'h' => TimeDelta::try_hours(sign * count),
        b'm' => TimeDelta::try_minutes(sign * count),
        _ => None,
    }
}

/// How moments are written where texts are compared as moments: to the second, in UTC.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// The same of a text that is a day or a moment in UTC: `2026-12-31`, `2026-12-31T08:00:00Z`,
/// `2026-12-31T08:00:00.123Z`.
pub(super) fn written_in(text: &str) -> Option<String> {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, of)| if of == b'0' { byte.is_ascii_digit() } else { byte == of })
    };
    if shape(text, "0000-00-00") {
        return Some(format!("{text}T00:00:00"));
    }
    let (seconds, rest) = text.split_at_checked(19)?;
    let fraction = rest.strip_suffix('Z')?;
    let is_fraction = match fraction.strip_prefix('.') {
        Some(digits) => (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => fraction.is_empty(),
    };
    (shape(seconds, "0000-00-00T00:00:00") && is_fraction).then(|| seconds.to_owned())
}
