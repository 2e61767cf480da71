//! Messenger's error codes and what each asks for (platform notes, section 7).

use super::super::contract::Remedy::{self, Never, RetryAfterADay, Undeliverable};
use super::super::contract::Scope::{Number, Recipient};
use super::super::rule::{self, Rule, back_off, pause, retry};

/// Every code that is known; a subcode's rule goes before its code's.
#[rustfmt::skip]
pub const TABLE: &[Rule] = &[
    Rule::one(1, "unknown", retry(1)),
    Rule::sub(1, 99, "unknown; may have been sent", retry(1)),
    Rule::sub(1, 1_357_046, "the platform's own answer did not read; may have been sent", retry(1)),
    Rule::one(2, "temporary fault of the service", back_off(Recipient, 5)),
    Rule::sub(2, 2_018_344, "the terms for labels are not accepted", Never),
    Rule::one(4, "the app's limit of calls", back_off(Number, 60)),
    Rule::sub(4, 2_018_354, "marketing messages too often", RetryAfterADay),
    Rule::sub(9, 2_018_352, "marketing messages too often", RetryAfterADay),
    Rule::one(10, "permission missing", pause(Number)),
    Rule::sub(10, 2_018_278, "outside the allowed window", Never),
    Rule::sub(10, 2_018_065, "outside the allowed window", Never),
    Rule::sub(10, 2_534_022, "outside the allowed window", Never),
    Rule::sub(10, 1_893_063, "the page is restricted for a time", pause(Number)),
    Rule::one(32, "the page's limit of calls", back_off(Number, 60)),
    Rule::one(100, "bad parameter, a retired tag among them", Never),
    Rule::sub(100, 33, "the page cannot address this person", Undeliverable),
    Rule::sub(100, 2_018_001, "no such person", Undeliverable),
    Rule::sub(100, 2_018_008, "an attachment could not be fetched", retry(1)),
    Rule::sub(100, 2_018_047, "an attachment could not be uploaded", retry(1)),
    Rule::one(190, "the page token is invalid", pause(Number)),
    Rule::one(200, "permission missing", pause(Number)),
    Rule::sub(200, 2_018_028, "the app is not live for this person", pause(Number)),
    Rule::one(230, "the permission pages_messaging is missing", pause(Number)),
    Rule::one(368, "blocked for breach of policy", pause(Number)),
    Rule::one(551, "the person cannot be reached", Undeliverable),
    Rule::sub(551, 1_545_041, "the person cannot be reached", Undeliverable),
    Rule::one(613, "the limit of sends", back_off(Number, 60)),
    Rule::one(1_200, "temporary fault of the service", back_off(Recipient, 5)),
    Rule::one(80_006, "the page's rate limit", back_off(Number, 60)),
    Rule::one(2_018_008, "an attachment could not be fetched", retry(1)),
    Rule::one(2_018_047, "an attachment could not be uploaded", retry(1)),
];

/// The rule for `code`; none for a code that is not known and that somebody should hear of.
pub fn rule(code: i64, subcode: Option<i64>) -> Option<&'static Rule> {
    rule::find(TABLE, code, subcode)
}

/// What `code` asks for; `passes` decides for a code that is not known.
pub fn remedy(code: i64, subcode: Option<i64>, passes: bool) -> Remedy {
    rule(code, subcode).map_or_else(|| rule::of_unlisted(passes), |rule| rule.remedy)
}

/// Whether the platform refuses with these words a message that it may have sent all the same.
pub fn may_have_been_sent(code: i64, subcode: Option<i64>) -> bool {
    code == 1 && matches!(subcode, Some(99 | 1_357_046))
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
