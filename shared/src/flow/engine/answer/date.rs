//! Days as people write them.

use chrono::NaiveDate;

/// A day: `2026-12-31`, `31/12/2026`, `31.12.2026`, `31-12-2026`.
pub(super) fn read(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split(['-', '/', '.']).map(str::trim).collect();
    let [first, second, third] = parts[..] else {
        return None;
    };
    let number = |part: &str, most: usize| {
        ((1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())?
    };
    let (year, day) = match (first.len(), third.len()) {
        (4, 1 | 2) => (first, third),
        (1 | 2, 4) => (third, first),
        _ => return None,
    };
    let year = i32::try_from(number(year, 4)?).ok().filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, number(second, 2)?, number(day, 2)?)
}
