//! One status of a change: what became of a message that was sent (platform notes, section 6).

use serde_json::Value;

use super::super::contract::{Parsed, PlatformError, StatusTarget, StatusUpdate};
use super::super::read::{self, kept};
use super::error;
use super::webhook::Change;
use crate::domain::status::MessageStatus;

/// Reads `status`. A word that is not on the ladder is kept as news of the account.
pub(super) fn read(change: &Change<'_>, status: Value, into: &mut Parsed) {
    let Some(word) = read::text(&status, "status").and_then(on_the_ladder) else {
        into.account.push(kept(change.account, "status", status));
        return;
    };
    match readable(change, word, &status) {
        Some(read) => into.statuses.push(read),
        None => into.account.push(kept(change.account, "unreadable_status", status)),
    }
}

fn on_the_ladder(word: &str) -> Option<MessageStatus> {
    match word {
        "sent" => Some(MessageStatus::Sent),
        "delivered" => Some(MessageStatus::Delivered),
        "read" => Some(MessageStatus::Read),
        "played" => Some(MessageStatus::Played),
        "failed" => Some(MessageStatus::Failed),
        _ => None,
    }
}

fn readable(change: &Change<'_>, word: MessageStatus, status: &Value) -> Option<StatusUpdate> {
    let ours = read::text(status, "biz_opaque_callback_data");
    Some(StatusUpdate {
        account: change.account.to_owned(),
        target: StatusTarget::Message {
            platform_id: read::id(status, "id")?,
            outbound_ref: ours.and_then(|ours| ours.parse().ok()),
        },
        status: word,
        at: read::seconds(status, "timestamp")?,
        error: read::list(status, "errors").first().map(platform_error),
        pricing: status.get("pricing").cloned(),
    })
}

fn platform_error(error: &Value) -> PlatformError {
    // Without a code nothing is known but that it failed.
    let code = error.get("code").and_then(Value::as_i64).unwrap_or(-1);
    let title = read::text(error, "title").or_else(|| read::text(error, "message"));
    let details = error.get("error_data").and_then(|data| read::text(data, "details"));
    PlatformError {
        code,
        subcode: None,
        title: title.unwrap_or_default().to_owned(),
        details: details.map(str::to_owned),
        remedy: error::remedy(code, false),
    }
}
