//! How long a version of the Graph API is served.

use chrono::NaiveDate;

/// Versions and the day each ends (platform notes, section 1: Meta's changelog).
const ENDS: &[(&str, i32, u32, u32)] = &[
    ("v20.0", 2026, 9, 24),
    ("v21.0", 2027, 1, 21),
    ("v22.0", 2027, 5, 20),
    ("v23.0", 2027, 10, 8),
    ("v24.0", 2028, 2, 18),
    ("v25.0", 2028, 7, 29),
];

/// The day on which Meta ends `version`; `None` where no end is known.
pub fn ends_on(version: &str) -> Option<NaiveDate> {
    let (_, year, month, day) = ENDS.iter().find(|(name, ..)| *name == version)?;
    NaiveDate::from_ymd_opt(*year, *month, *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_is_a_day() {
        for (version, ..) in ENDS {
            assert!(ends_on(version).is_some(), "{version}");
        }
        assert_eq!(ends_on("v99.0"), None);
    }
}
