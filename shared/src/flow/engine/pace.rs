//! When a wait is over.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::business_hours::TimeZone;
use crate::flow::definition::Wait;

/// The moment that a wait lasts to.
pub(super) fn due(wait: &Wait, now: DateTime<Utc>, zone: TimeZone) -> Option<DateTime<Utc>> {
    match (&wait.until, wait.duration) {
        (Some(until), _) => zone.next(until.time, &until.days, now),
        (None, duration) => after(now, duration.unwrap_or(0)),
    }
}

/// So many seconds later.
pub(super) fn after(now: DateTime<Utc>, seconds: u64) -> Option<DateTime<Utc>> {
    now.checked_add_signed(TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?)
}
