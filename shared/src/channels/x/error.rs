//! X's errors and what each asks for (platform notes, section 8).
//!
//! The current API answers a problem document and its HTTP status is the code; some answers carry
//! codes of the older API, which say more.

use super::super::contract::Remedy::{self, Never};
use super::super::contract::Scope::{Number, Recipient};
use super::super::rule::{self, Rule, back_off, pause};

/// The window of X's limits, in seconds: how long to wait where the answer does not say.
pub const LIMIT_WINDOW: u32 = 15 * 60;
/// The longest of them: the daily limit.
pub(super) const LONGEST_WINDOW: u32 = 24 * 60 * 60;

/// The codes of the older API.
#[rustfmt::skip]
pub const CODES: &[Rule] = &[
    Rule::one(150, "the recipient does not follow the sender", Never),
    Rule::one(151, "the message could not be sent", Never),
    Rule::one(226, "the request looks automated", pause(Number)),
    Rule::one(326, "the account is locked", pause(Number)),
    Rule::one(349, "the recipient cannot be written to", Never),
];

/// HTTP statuses.
#[rustfmt::skip]
pub const STATUSES: &[Rule] = &[
    Rule::one(400, "bad request", Never),
    Rule::one(401, "the account's authorisation is gone", pause(Number)),
    Rule::one(402, "out of credits", pause(Number)),
    Rule::one(403, "the recipient cannot be written to", Never),
    Rule::one(429, "too many requests", back_off(Number, LIMIT_WINDOW)),
    Rule::run(500, 599, "fault of the service", back_off(Recipient, 5)),
];

/// The type of the problem document of an app that used up what it paid for.
const USED_UP: [&str; 2] = ["usage-capped", "credits"];

/// What an answer asks for, given its status, a code of the older API and the problem's `type`.
pub fn remedy(status: u16, code: Option<i64>, problem: Option<&str>) -> Remedy {
    if problem.is_some_and(|kind| USED_UP.iter().any(|words| kind.contains(words))) {
        return pause(Number);
    }
    code.and_then(|code| rule::find(CODES, code, None))
        .or_else(|| rule::find(STATUSES, status.into(), None))
        .map_or(Never, |rule| rule.remedy)
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
