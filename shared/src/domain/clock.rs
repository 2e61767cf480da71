//! The time, as a parameter: what needs to know the hour is told it, so that tests can say which it is.

use chrono::{DateTime, SubsecRound, Utc};

/// The present moment in whole microseconds, which is what PostgreSQL keeps.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Seconds from `then` to `now`, never below zero: clocks of two machines may disagree.
#[expect(clippy::cast_precision_loss, reason = "ages are far below 2^52 microseconds")]
pub fn age_seconds(then: DateTime<Utc>, now: DateTime<Utc>) -> f64 {
    let micros = (now - then).num_microseconds().unwrap_or(i64::MAX);
    micros.max(0) as f64 / 1_000_000.0
}
