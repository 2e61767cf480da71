//! WhatsApp's error codes and what each asks for (platform notes, section 13).
//!
//! The code decides, never the HTTP status: rate limits come with 400, a missing permission with 500.

use super::super::contract::Remedy::{self, Never, RetryAfterADay, SuppressMarketing, Undeliverable};
use super::super::contract::Scope::{App, BusinessAccount, Campaign, Number, Recipient};
use super::super::rule::{self, Rule, back_off, pause, retry};

/// Every code that is known. A code of its own stands before the run that holds it.
#[rustfmt::skip]
pub const TABLE: &[Rule] = &[
    Rule::one(0, "the access token is invalid", pause(BusinessAccount)),
    Rule::one(1, "unknown or invalid request", retry(1)),
    Rule::one(2, "temporary fault of the service", back_off(Number, 5)),
    Rule::one(3, "capability or permission missing, whatever the HTTP status", pause(BusinessAccount)),
    Rule::one(4, "the app's limit of calls", back_off(App, 300)),
    Rule::one(10, "permission missing", pause(BusinessAccount)),
    Rule::one(33, "the phone number id is deleted or wrong", pause(Number)),
    Rule::one(100, "bad parameter", Never),
    Rule::one(190, "the access token expired", pause(BusinessAccount)),
    Rule::run(200, 299, "permission missing", pause(BusinessAccount)),
    Rule::one(368, "blocked for a time, for breach of policy", pause(BusinessAccount)),
    Rule::one(80_007, "the business account's rate limit", back_off(BusinessAccount, 300)),
    Rule::one(130_429, "the number's throughput", back_off(Number, 1)),
    Rule::one(130_472, "the customer is in Meta's holdout group", Never),
    Rule::one(130_497, "the business may not write to this country", Never),
    Rule::one(131_000, "something went wrong", back_off(Recipient, 5)),
    Rule::one(131_005, "permission missing", pause(BusinessAccount)),
    Rule::one(131_008, "parameter missing", Never),
    Rule::one(131_009, "parameter invalid", Never),
    Rule::one(131_016, "service unavailable", back_off(Number, 5)),
    Rule::one(131_020, "about groups", Never),
    Rule::one(131_021, "recipient and sender are the same", Never),
    Rule::one(131_026, "undeliverable: not on WhatsApp, an old client, terms not accepted", Undeliverable),
    Rule::one(131_030, "the recipient is not on the test number's list", Never),
    Rule::one(131_031, "the account is locked", pause(BusinessAccount)),
    Rule::one(131_037, "the number's display name is not approved", pause(Number)),
    Rule::one(131_041, "about groups", Never),
    Rule::one(131_042, "payment or eligibility", pause(BusinessAccount)),
    Rule::one(131_044, "payment, for calls", pause(BusinessAccount)),
    Rule::one(131_045, "the number's registration or certificate", pause(Number)),
    Rule::one(131_047, "more than 24 hours since the customer last wrote", Never),
    Rule::one(131_048, "the number's limit for spam", pause(Number)),
    Rule::one(131_049, "kept back for the health of the ecosystem: the customer's marketing limit", RetryAfterADay),
    Rule::one(131_050, "the customer stopped marketing", SuppressMarketing),
    Rule::one(131_051, "message type not supported", Never),
    Rule::one(131_052, "a customer's media could not be fetched", Never),
    Rule::one(131_053, "media could not be uploaded", Never),
    Rule::one(131_055, "this route takes marketing templates alone", Never),
    // A recipient may be written to once in six seconds (platform notes, section 9).
    Rule::one(131_056, "too many messages to this recipient", back_off(Recipient, 6)),
    Rule::one(131_057, "maintenance, or an upgrade of the throughput", back_off(Number, 60)),
    Rule::one(131_059, "the cursor of a list is stale", Never),
    Rule::one(131_062, "needs a phone number, not a business-scoped id", Never),
    Rule::one(131_063, "marketing is off on this route", pause(Campaign)),
    Rule::one(131_064, "limit cut for misclassified templates", pause(BusinessAccount)),
    Rule::run(131_200, 131_299, "about groups", Never),
    Rule::one(132_000, "wrong number of template parameters", Never),
    Rule::one(132_001, "template or language missing or not approved", pause(Campaign)),
    Rule::one(132_005, "the template's text is too long", Never),
    Rule::one(132_007, "the template breaks the content policy", pause(Campaign)),
    Rule::one(132_008, "bad value of a template parameter", Never),
    Rule::one(132_012, "bad format of a template parameter", Never),
    Rule::one(132_015, "the template is paused", pause(Campaign)),
    Rule::one(132_016, "the template is disabled", pause(Campaign)),
    Rule::one(132_068, "the flow is blocked", pause(Campaign)),
    Rule::one(132_069, "the flow is throttled", back_off(Campaign, 3_600)),
    Rule::one(133_000, "a deregistration is unfinished", pause(Number)),
    Rule::one(133_004, "server unavailable for a time", back_off(Number, 5)),
    Rule::one(133_005, "wrong PIN", pause(Number)),
    Rule::one(133_006, "the number must be verified first", pause(Number)),
    Rule::one(133_008, "too many wrong PINs", pause(Number)),
    Rule::one(133_009, "PINs were tried too fast", pause(Number)),
    Rule::one(133_010, "the number is not registered", pause(Number)),
    Rule::one(133_015, "the number was deleted a moment ago", back_off(Number, 300)),
    Rule::one(133_016, "registered and deregistered too often", Never),
    Rule::one(134_011, "the terms of payments are not accepted", Never),
    Rule::one(134_100, "this route takes marketing templates alone", Never),
    Rule::one(134_101, "the template is still being synchronised", back_off(Campaign, 600)),
    Rule::one(134_102, "the template cannot be had on this route", pause(Campaign)),
    Rule::one(135_000, "some parameter is wrong", retry(1)),
    Rule::one(137_000, "the recipient's identity key changed", Never),
    Rule::run(138_000, 138_999, "about calls", Never),
    Rule::run(139_000, 139_999, "about flows and blocked users", Never),
    Rule::run(147_001, 147_005, "about user names", Never),
    Rule::run(2_388_000, 2_388_999, "about making templates", Never),
];

/// The rule for `code`; none for a code that is not known and that somebody should hear of.
pub fn rule(code: i64) -> Option<&'static Rule> {
    rule::find(TABLE, code, None)
}

/// What `code` asks for. `passes` says that the platform called a fault its own or temporary (HTTP 5xx,
/// `is_transient`), which decides for a code that is not known.
pub fn remedy(code: i64, passes: bool) -> Remedy {
    rule(code).map_or_else(|| rule::of_unlisted(passes), |rule| rule.remedy)
}

#[cfg(test)]
#[path = "error_tests.rs"]
mod tests;
