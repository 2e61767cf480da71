//! The words of the Facebook page.

use super::spelling::{Entity, Invalid, Rule, Table};

/// Facebook's spelling.
pub(super) static TABLE: Table = Table {
    entities: &[
        Entity {
            schemas: &["Conversation"],
            rules: &[
                Rule::Values("status", &[("open", "Active"), ("closed", "Closed")]),
                Rule::Values("channel", &[("messenger", "FacebookMessenger")]),
                Rule::Also(&["contactId"], "customerId"),
                Rule::Also(&["contact", "displayName"], "customerName"),
                Rule::Also(&["contact"], "customer"),
                Rule::Also(&["accountExternalId"], "pageId"),
                Rule::Also(&["startedAt"], "createdAt"),
            ],
        },
        Entity { schemas: &["Flow"], rules: &[Rule::Capitals("triggerType")] },
        Entity { schemas: &["ConversationContact", "Contact"], rules: &[Rule::Also(&["displayName"], "name")] },
        Entity {
            schemas: &["Message", "SendMessage"],
            rules: &[
                Rule::Values("direction", &[("inbound", "Incoming"), ("outbound", "Outgoing")]),
                Rule::Capitals("type"),
                Rule::Name("type", "messageType"),
            ],
        },
    ],
    lists: &[("Conversation", "conversations"), ("Contact", "customers")],
    need_shop: &["conversations.list", "contacts.list"],
    deletes_give_nothing: false,
    invalid: Invalid::Map,
};
