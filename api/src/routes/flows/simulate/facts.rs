//! What the engine sees of the world of a simulation.

use chrono::{DateTime, Utc};
use shared::domain::business_hours::TimeZone;
use shared::domain::ids::AccountId;
use shared::flow::Effect;
use shared::flow::world::{AccountFacts, ContactFacts, ConversationFacts, World};
use uuid::Uuid;

use super::request::{ContactBody, SimulationState};
use super::run::Setting;

/// The world at the moment of `state`.
pub(super) fn world(setting: &Setting, state: &SimulationState) -> World {
    World {
        now: state.now,
        merchant_id: setting.merchant,
        shop_name: setting.shop_name.clone(),
        account: AccountFacts {
            // It is nobody's: nothing is sent.
            id: AccountId(Uuid::nil()),
            channel: setting.channel,
            name: setting.account.name.clone(),
            timezone: setting.account.timezone.unwrap_or(TimeZone::UTC),
            open: setting.account.open,
            hands_off: setting.account.hands_off,
            answers_by_ai: setting.account.answers_by_ai,
        },
        contact: state.contact.facts(),
        conversation: ConversationFacts {
            id: state.conversation_id,
            last_inbound_at: state.last_inbound_at,
            references: std::collections::BTreeMap::new(),
        },
    }
}

impl ContactBody {
    fn facts(&self) -> ContactFacts {
        ContactFacts {
            id: self.id,
            name: self.name.clone(),
            username: self.username.clone(),
            phone: self.phone.clone(),
            email: self.email.clone(),
            locale: self.locale.clone(),
            timezone: self.timezone,
            source: self.source.clone(),
            tags: self.tags.clone(),
            attributes: self.attributes.clone(),
            consents: self.consents.clone(),
            first_interaction_at: self.first_interaction_at,
            last_interaction_at: self.last_interaction_at,
            created_at: self.created_at,
        }
    }

    /// What becomes of the customer by an effect.
    pub(super) fn change(&mut self, effect: &Effect) {
        match effect {
            Effect::SetAttribute { name, value } if value.is_null() => {
                self.attributes.remove(name);
            }
            Effect::SetAttribute { name, value } => {
                self.attributes.insert(name.clone(), value.clone());
            }
            Effect::AddTag { tag } => {
                self.tags.insert(tag.clone());
            }
            Effect::RemoveTag { tag } => {
                self.tags.remove(tag);
            }
            Effect::Consent { purpose, granted, .. } => {
                self.consents.insert(*purpose, *granted);
            }
            _ => {}
        }
    }
}

impl SimulationState {
    /// What is due first until `until`: a wait by its number, or a message that goes out.
    pub(super) fn next_due(&self, until: DateTime<Utc>) -> Option<(DateTime<Utc>, Due)> {
        let waits = self.waits.iter().map(|(number, due)| (*due, Due::Wait(*number)));
        let sending = self.sending.iter().enumerate().map(|(at, (due, _))| (*due, Due::Sending(at)));
        sending.chain(waits).filter(|(due, _)| *due <= until).min_by_key(|(due, _)| *due)
    }
}

/// What comes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// A wait, by its number.
    Wait(u32),
    /// A message, by its place in the list.
    Sending(usize),
}
