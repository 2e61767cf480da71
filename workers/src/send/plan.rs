//! What becomes of a message after an attempt. Pure: the table of errors decides, here it becomes a fate.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::Rng;
use serde_json::{Value, json};
use shared::channels::contract::{PlatformError, Remedy, Scope, SendOutcome};
use shared::domain::status::MessageStatus;
use shared::store::outbox::Wait;

use crate::status::writing::error_json;

/// Tries after which a message that never got through is given up: about a day of the longest delay.
const MOST_UNSENT: u32 = 300;
/// Tries of one message where the platform asks to wait with it, and each is so many times the one before.
const MOST_BACK_OFFS: u32 = 5;
const GROWTH: u32 = 4;
/// A message whose number, business or app is held waits for that, but no longer than this: later it
/// would come as a surprise.
const LONGEST_HELD: Duration = Duration::from_hours(24);
/// The customer's marketing limit: again after a day, two, three.
const A_DAY: Duration = Duration::from_hours(24);
const MOST_DAYS: u32 = 3;
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_mins(5);
/// How soon a message is looked at again once its account may send.
const AFTER_PAUSE: Duration = Duration::from_secs(5);

/// What becomes of the message.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// The platform has it.
    Accepted {
        /// The platform's id.
        platform_id: String,
        /// Sent, or held.
        status: MessageStatus,
    },
    /// It may be tried again, not before.
    Later(Wait),
    /// It will not go; why, as its row says it.
    Failed(Value),
    /// Nobody knows whether it went; why.
    InDoubt(Value),
}

/// How far a message has come.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    /// Which attempt this was, from one.
    pub attempt: u32,
    /// How often it was put back for a reason of its own.
    pub own_tries: u32,
    /// Since when it waits.
    pub queued_at: DateTime<Utc>,
    /// Whether it belongs to a campaign.
    pub of_campaign: bool,
}

/// The fate of a message whose attempt had `outcome`.
pub fn after(outcome: &SendOutcome, course: &Course, now: DateTime<Utc>) -> Fate {
    match outcome {
        SendOutcome::Accepted { platform_id, status } => {
            Fate::Accepted { platform_id: platform_id.clone(), status: *status }
        }
        SendOutcome::InDoubt { reason } => Fate::InDoubt(json!({ "title": reason })),
        SendOutcome::Unsent { .. } if course.attempt < MOST_UNSENT => Fate::Later(Wait::of(delay(course.attempt))),
        SendOutcome::Unsent { reason } => Fate::Failed(json!({ "code": "UNSENT", "title": reason })),
        SendOutcome::Refused(error) => {
            after_refusal(error, course, now).map_or_else(|| Fate::Failed(error_json(error)), Fate::Later)
        }
    }
}

/// How the message waits to be tried again; none where it fails.
fn after_refusal(error: &PlatformError, course: &Course, now: DateTime<Utc>) -> Option<Wait> {
    let own_wait = |delay| Wait { delay, in_order: true, own: true };
    match error.remedy {
        Remedy::Retry { times } => (course.own_tries < times).then(|| own_wait(delay(course.own_tries + 1))),
        Remedy::BackOff { scope, seconds } => {
            let least = Duration::from_secs(seconds.into());
            let is_own = scope == Scope::Recipient || (scope == Scope::Campaign && !course.of_campaign);
            if is_own {
                let grown = least * GROWTH.pow(course.own_tries.min(MOST_BACK_OFFS));
                return (course.own_tries < MOST_BACK_OFFS).then(|| own_wait(grown + jitter(grown)));
            }
            let waited = (now - course.queued_at).to_std().unwrap_or_default();
            (waited < LONGEST_HELD).then(|| Wait::of(least + jitter(least)))
        }
        Remedy::Pause { scope: Scope::Number | Scope::BusinessAccount | Scope::App } => Some(Wait::of(AFTER_PAUSE)),
        Remedy::RetryAfterADay => {
            let grown = A_DAY * (course.own_tries + 1);
            let wait = Wait { delay: grown + jitter(A_DAY / 12), in_order: false, own: true };
            (course.own_tries < MOST_DAYS).then_some(wait)
        }
        Remedy::Pause { scope: Scope::Campaign | Scope::Recipient }
        | Remedy::Never
        | Remedy::SuppressMarketing
        | Remedy::Undeliverable => None,
    }
}

/// When a message is tried again whose failure for the customer's marketing limit came by a status, after
/// so many attempts; none where it was tried often enough.
pub fn again_after_days(attempts: u32) -> Option<Duration> {
    (attempts <= MOST_DAYS).then(|| A_DAY * attempts.max(1) + jitter(A_DAY / 12))
}

/// Doubles with every attempt, with up to a half on top.
fn delay(attempt: u32) -> Duration {
    let doubled = FIRST_DELAY.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let delay = doubled.min(LONGEST_DELAY);
    delay + jitter(delay)
}

/// Up to a half of `of`, so that what was refused together does not come back together.
pub(super) fn jitter(of: Duration) -> Duration {
    of.mul_f64(rand::rng().random_range(0.0..0.5))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
