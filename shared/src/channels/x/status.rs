//! What a customer has read.

use serde_json::Value;

use super::super::contract::{Parsed, StatusTarget, StatusUpdate};
use super::super::read::{self, kept};
use super::webhook::Setting;
use crate::domain::identity::Identity;
use crate::domain::status::MessageStatus;

/// Reads a mark of reading. The account's own marks, made in another client, say nothing of what was
/// sent and are kept as news of the account.
pub(super) fn read(setting: &Setting<'_>, event: Value, into: &mut Parsed) {
    if let Some(statuses) = readable(setting, &event) {
        into.statuses.extend(statuses);
        return;
    }
    let subject = setting.account.unwrap_or_default();
    into.account.push(kept(subject, "direct_message_mark_read_events", event));
}

/// Everything up to the moment of reading, and the last message by its name.
fn readable(setting: &Setting<'_>, event: &Value) -> Option<Vec<StatusUpdate>> {
    let reader = read::id(event, "sender_id")?;
    let partner = event.get("target").and_then(|target| read::id(target, "recipient_id"));
    let account = setting.account.map(str::to_owned).or(partner)?;
    if reader == account {
        return None;
    }
    let at = read::millis(event, "created_timestamp")?;
    let last = read::id(event, "last_read_event_id")
        .map(|platform_id| StatusTarget::Message { platform_id, outbound_ref: None });
    let up_to = StatusTarget::UpTo { contact: Identity::x_user(&reader)?, watermark: at };
    let status = |target| StatusUpdate {
        account: account.clone(),
        target,
        status: MessageStatus::Read,
        at,
        error: None,
        more_errors: Vec::new(),
        pricing: None,
        recipient: Vec::new(),
    };
    Some(last.into_iter().chain([up_to]).map(status).collect())
}
