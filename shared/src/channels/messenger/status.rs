//! Deliveries and reads: up to a moment, and of single messages where they are named.

use serde_json::Value;

use super::super::contract::{Parsed, StatusTarget, StatusUpdate};
use super::super::read::{self, kept};
use super::event::time;
use super::webhook::Page;
use crate::domain::identity::Identity;
use crate::domain::status::MessageStatus;

/// Reads a delivery or a read. One that names neither a moment nor a message is kept as news of the
/// account.
pub(super) fn read(page: &Page<'_>, event: Value, into: &mut Parsed) {
    let before = into.statuses.len();
    for (kind, status) in [("delivery", MessageStatus::Delivered), ("read", MessageStatus::Read)] {
        if let Some(object) = event.get(kind) {
            into.statuses.extend(updates(page, &event, object, status));
        }
    }
    if into.statuses.len() == before {
        into.account.push(kept(page.id, "unreadable_status", event));
    }
}

fn updates(page: &Page<'_>, event: &Value, object: &Value, status: MessageStatus) -> Vec<StatusUpdate> {
    let watermark = read::millis(object, "watermark");
    let Some(at) = read::millis(event, "timestamp").or(watermark).or_else(|| time(page, event)) else {
        return Vec::new();
    };
    let up_to = watermark.and_then(|watermark| {
        let contact = read::id(event.get("sender")?, "id")?;
        let contact = Identity::psid(&contact)?;
        Some(StatusTarget::UpTo { contact, watermark })
    });
    mids(object)
        .map(|platform_id| StatusTarget::Message { platform_id, outbound_ref: None })
        .chain(up_to)
        .map(|target| StatusUpdate {
            account: page.id.to_owned(),
            target,
            status,
            at,
            error: None,
            more_errors: Vec::new(),
            pricing: None,
            recipient: Vec::new(),
        })
        .collect()
}

/// Deliveries list `mids`, Instagram's reads name one `mid`.
fn mids(object: &Value) -> impl Iterator<Item = String> {
    let listed = read::list(object, "mids");
    let listed = listed.iter().filter_map(Value::as_str).map(str::to_owned);
    listed.chain(read::id(object, "mid"))
}
