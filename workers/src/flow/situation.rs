//! What a step may know, out of what was read. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::domain::consent::Purpose;
use shared::flow::world::{AccountFacts, ContactFacts, ConversationFacts, World};
use shared::store::flows::threads::{Account, Contact, Thread};

/// The world as it is in `thread` at `now`.
pub(super) fn world(thread: &Thread, now: DateTime<Utc>) -> World {
    World {
        now,
        merchant_id: thread.merchant_id,
        shop_name: thread.account.shop_name.clone(),
        account: account(&thread.account, now),
        contact: contact(&thread.contact),
        conversation: ConversationFacts {
            id: thread.id,
            last_inbound_at: thread.last_inbound_at,
            references: references(&thread.refs),
        },
    }
}

fn account(account: &Account, now: DateTime<Utc>) -> AccountFacts {
    let hours = account.settings.business_hours.as_ref();
    let open = hours.is_none_or(|hours| hours.are_on(now));
    AccountFacts {
        id: account.id,
        channel: account.channel,
        name: account.name.clone(),
        timezone: account.settings.timezone(),
        open,
        hands_off: open || hours.is_none_or(|hours| hours.hand_off_outside),
        // No account has an agent: there is no AI responder yet.
        answers_by_ai: false,
    }
}

fn contact(contact: &Contact) -> ContactFacts {
    let granted = |(purpose, granted): (&String, &Value)| Some((purpose.parse::<Purpose>().ok()?, granted.as_bool()?));
    ContactFacts {
        id: Some(contact.id),
        name: contact.name.clone(),
        username: contact.username.clone(),
        phone: contact.phone.clone(),
        email: contact.email.clone(),
        locale: contact.locale.clone(),
        timezone: contact.timezone.as_deref().and_then(|name| name.parse().ok()),
        source: Some(contact.source.clone()),
        tags: contact.tags.iter().cloned().collect(),
        attributes: contact.attributes.clone(),
        consents: contact.consents.iter().filter_map(granted).collect(),
        first_interaction_at: contact.first_interaction_at,
        last_interaction_at: contact.last_interaction_at,
        created_at: Some(contact.created_at),
    }
}

fn references(refs: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let refs = refs.as_object().into_iter().flatten();
    refs.map(|(name, value)| (name.clone(), text(value))).collect()
}
