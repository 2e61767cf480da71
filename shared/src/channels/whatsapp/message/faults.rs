//! What the platform says went wrong with a message that came in.

use serde_json::Value;

use crate::channels::read;
use crate::domain::message::received::PlatformFault;

/// The `errors` of `of`. Older payloads have the details beside the title, newer ones in `error_data`.
pub(super) fn of(of: &Value) -> Vec<PlatformFault> {
    let errors = read::list(of, "errors").iter().filter(|error| error.is_object());
    errors.map(fault).collect()
}

fn fault(error: &Value) -> PlatformFault {
    let title = read::text(error, "title").or_else(|| read::text(error, "message"));
    let details = error.get("error_data").and_then(|data| read::text(data, "details"));
    PlatformFault {
        // Without a code nothing is known but that something went wrong.
        code: error.get("code").and_then(Value::as_i64).unwrap_or(-1),
        title: title.unwrap_or_default().to_owned(),
        details: details.or_else(|| read::text(error, "details")).map(str::to_owned),
    }
}
