//! What examples of the guide ask: of messages, and of a contact.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::clock;
use shared::domain::condition::{Condition, Fact, Facts, Field};
use shared::domain::ids::MessageId;
use shared::domain::message::received::{Surroundings, Tap, TapOf};
use shared::domain::message::{Content, Said};
use shared::flow::TriggerIndex;
use shared::flow::event::Incoming;
use shared::flow::world::ContactFacts;
use tests::talk::Shelf;

use crate::automation_guide::Fence;

/// Asks of each line of `messages` whether it starts a flow: `starts: menu`, `does not start: [menu]`, the latter a tap.
pub(crate) fn starts(shelf: &Shelf, messages: &Fence) {
    let index = TriggerIndex::of(shelf.plans());
    for line in messages.text.lines() {
        let (verdict, said) = line.split_once(": ").unwrap();
        let content = match said.strip_prefix('[').and_then(|tapped| tapped.strip_suffix(']')) {
            Some(id) => {
                Content::Tap(Tap { of: TapOf::Button, id: id.to_owned(), title: "-".to_owned(), description: None })
            }
            None => Content::text_of(said),
        };
        let incoming = Incoming {
            message_id: MessageId::new(),
            reply_to: None,
            at: clock::now(),
            said: Said { content, surroundings: Surroundings::default() },
        };
        let does = !index.by_message(&incoming).is_empty();
        assert_eq!(does, verdict == "starts", "`{line}`");
    }
}

/// Asks the contact every condition of both lists.
pub(crate) fn conditions(contact: &Value, hold: &Value, fail: &Value) {
    let known = Known(ContactFacts {
        name: contact["name"].as_str().map(str::to_owned),
        locale: contact["locale"].as_str().map(str::to_owned),
        phone: contact["phone"].as_str().map(str::to_owned),
        tags: contact["tags"].as_array().unwrap().iter().map(|tag| tag.as_str().unwrap().to_owned()).collect(),
        attributes: contact["attributes"].as_object().unwrap().clone(),
        consents: contact["consents"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(purpose, granted)| (purpose.parse().unwrap(), granted.as_bool().unwrap()))
            .collect::<BTreeMap<_, _>>(),
        ..ContactFacts::default()
    });
    for (list, expected) in [(hold, true), (fail, false)] {
        for one in list.as_array().unwrap() {
            let condition: Condition = serde_json::from_value(one.clone()).unwrap();
            assert!(condition.check(false).is_empty(), "{one}: {:?}", condition.check(false));
            assert_eq!(condition.holds(&known), expected, "{one}");
        }
    }
}

/// A contact, by itself.
struct Known(ContactFacts);

impl Facts for Known {
    fn fact(&self, field: &Field) -> Fact<'_> {
        let contact = &self.0;
        match field {
            Field::Name => Fact::of(contact.name.as_deref()),
            Field::Phone => Fact::of(contact.phone.as_deref()),
            Field::Email => Fact::of(contact.email.as_deref()),
            Field::Locale => Fact::of(contact.locale.as_deref()),
            Field::Tags => Fact::Tags(&contact.tags),
            Field::Attribute(way) => Fact::at(&contact.attributes, way),
            Field::Consent(purpose) => {
                contact.consents.get(purpose).map_or(Fact::Missing, |granted| Fact::Truth(*granted))
            }
            _ => Fact::Missing,
        }
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        clock::now()
    }
}
