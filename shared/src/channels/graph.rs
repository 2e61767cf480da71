//! What the two platforms behind Meta's Graph API have in common.

use serde_json::Value;

use super::answer::Answer;
use super::contract::{PlatformError, Remedy};
use super::read;

/// The error in an answer: `{"error": {"code": ..., "message": ..., ...}}` (platform notes on WhatsApp,
/// section 13). `remedy` takes code, subcode, and whether the platform calls the fault its own or
/// temporary.
pub(super) fn error(answer: &Answer, remedy: impl FnOnce(i64, Option<i64>, bool) -> Remedy) -> Option<PlatformError> {
    let error = answer.body.get("error")?;
    let code = error.get("code").and_then(Value::as_i64)?;
    let subcode = error.get("error_subcode").and_then(Value::as_i64);
    let transient = error.get("is_transient") == Some(&Value::Bool(true));
    let details = error.get("error_data").and_then(|data| read::text(data, "details"));
    Some(PlatformError {
        code,
        subcode,
        title: read::text(error, "message").unwrap_or_default().to_owned(),
        details: details.map(str::to_owned),
        remedy: remedy(code, subcode, transient || answer.is_fault_of_platform()),
    })
}
