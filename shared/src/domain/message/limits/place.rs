//! Places on earth.

use super::findings::Findings;
use crate::domain::message::Location;

/// Longest name and address: no platform says, and this is beyond any that is.
const WORDS: usize = 1000;

/// A place that is sent, at the path `at`, which is empty or ends in a dot.
pub(super) fn check(at: &str, place: &Location, findings: &mut Findings) {
    degrees(&format!("{at}latitude"), place.latitude, 90.0, findings);
    degrees(&format!("{at}longitude"), place.longitude, 180.0, findings);
    findings.optional(&format!("{at}name"), place.name.as_deref(), WORDS);
    findings.optional(&format!("{at}address"), place.address.as_deref(), WORDS);
    findings.absent(&format!("{at}url"), place.url.is_some(), "only comes in, it cannot be sent");
}

fn degrees(field: &str, value: f64, most: f64, findings: &mut Findings) {
    if !value.is_finite() || value.abs() > most {
        findings.add(field, format!("must lie between -{most} and {most}, is {value}"));
    }
}
