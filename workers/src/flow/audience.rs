//! Whom a condition holds for, outside of any session. Pure.

use chrono::{DateTime, Utc};
use shared::domain::condition::Condition;
use shared::store::flows::threads::Thread;

use super::situation;

/// Whether `condition` holds for the customer of `thread`.
pub(crate) fn holds(condition: &Condition, thread: &Thread, now: DateTime<Utc>) -> bool {
    condition.holds(&situation::world(thread, now).contact.at(now))
}
