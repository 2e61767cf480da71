//! What the platform tells of a customer: another number, another id, another security code.

use serde_json::Value;

use super::person::add;
use crate::channels::fields::{self, Misfit};
use crate::channels::read;
use crate::domain::identity::Identity;
use crate::domain::message::Content;
use crate::domain::message::received::{System, SystemNews};
use crate::domain::person::Succession;

/// The news in the `system` object of `message`.
pub(super) fn news(message: &Value, system: &Value) -> Result<System, Misfit> {
    let news = match fields::text(system, "type")? {
        "user_changed_number" | "customer_changed_number" => SystemNews::NumberChanged,
        "user_changed_user_id" => SystemNews::UserIdChanged,
        "customer_identity_changed" | "user_identity_changed" => identity_changed(message, system),
        other => SystemNews::Other { name: other.to_owned() },
    };
    Ok(System { news, body: fields::optional(system, "body")? })
}

fn identity_changed(message: &Value, system: &Value) -> SystemNews {
    let identity = message.get("identity").or_else(|| system.get("identity")).unwrap_or(&Value::Null);
    SystemNews::IdentityChanged {
        hash: read::text(identity, "hash").map(str::to_owned),
        acknowledged: identity.get("acknowledged").and_then(Value::as_bool),
        created_at: read::seconds(identity, "created_timestamp"),
    }
}

/// The change of addresses that `message` tells of, where it does. `identities`, what its own fields
/// and its contact give, become the addresses from before the change: those lead to the thread.
pub(super) fn follow(content: &Content, message: &Value, identities: &mut Vec<Identity>) -> Option<Succession> {
    let system = message.get("system")?;
    let after = match content {
        Content::System(System { news: SystemNews::NumberChanged, .. }) => {
            // The oldest payloads name the old number here.
            add(identities, system, "customer");
            let number = if read::id(system, "new_wa_id").is_some() { "new_wa_id" } else { "wa_id" };
            addresses(system, [number, "user_id"])
        }
        Content::System(System { news: SystemNews::UserIdChanged, .. }) => addresses(system, ["user_id"]),
        _ => {
            if identities.is_empty() {
                identities.extend(addresses(system, ["user_id", "wa_id"]));
            }
            return None;
        }
    };
    add(identities, system, "previous_user_id");
    identities.retain(|identity| !after.contains(identity));
    let before = replaced(identities, &after);
    if identities.is_empty() {
        identities.clone_from(&after);
    }
    (!before.is_empty() && !after.is_empty()).then_some(Succession { before, after })
}

fn addresses<const N: usize>(of: &Value, keys: [&str; N]) -> Vec<Identity> {
    let mut addresses = Vec::new();
    for key in keys {
        add(&mut addresses, of, key);
    }
    addresses
}

/// Those of `identities` that lead to the customer no more: an address gives way to one of its own
/// kind alone. A number does not go because the id does.
fn replaced(identities: &[Identity], after: &[Identity]) -> Vec<Identity> {
    let is_replaced = |identity: &&Identity| after.iter().any(|new| new.kind == identity.kind);
    identities.iter().filter(is_replaced).cloned().collect()
}
