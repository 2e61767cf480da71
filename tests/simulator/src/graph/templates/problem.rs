//! What is wrong with a template, in Meta's form: error 100 and a subcode, from its page on error
//! codes.

use serde_json::Value;

use crate::graph::error;
use crate::taking::Refusal;

/// Characters of a field.
pub(super) const TOO_LONG: i64 = 2_388_040;
/// The form of the header.
pub(super) const HEADER: i64 = 2_388_047;
/// The form of the words.
pub(super) const BODY: i64 = 2_388_072;
/// The form of the footer.
pub(super) const FOOTER: i64 = 2_388_073;
/// A place to fill at the start or the end.
pub(super) const AT_THE_EDGE: i64 = 2_388_299;
/// Something is not there, such as examples.
pub(super) const INCOMPLETE: i64 = 2_388_043;
/// The WABA has as many templates as it may.
pub(super) const TOO_MANY: i64 = 2_388_019;
/// The name was deleted a short while ago.
pub(super) const NAME_BLOCKED: i64 = 2_388_023;
/// There is such a template in this language.
pub(super) const EXISTS: i64 = 2_388_024;

/// Error 100 with `subcode`, and words for the user.
pub(super) fn problem(subcode: i64, message: &str) -> Refusal {
    let mut refusal = error::with_subcode(100, subcode, "Invalid parameter");
    let error = &mut refusal.body["error"];
    error["is_transient"] = Value::from(false);
    error["error_user_title"] = Value::from("Template cannot be created");
    error["error_user_msg"] = Value::from(message);
    refusal
}

/// Error 100 without a subcode: the rule is Meta's, its subcode is not known.
pub(super) fn plain(message: &str) -> Refusal {
    error::invalid(message, false)
}
