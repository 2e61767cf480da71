//! A customer as conditions ask of them.

use chrono::{DateTime, Utc};

use super::world::ContactFacts;
use crate::domain::condition::{Fact, Facts, Field};

/// A customer at a moment, to be asked by a [`Condition`](crate::domain::condition::Condition).
#[derive(Clone, Copy, Debug)]
pub struct ContactAt<'a> {
    contact: &'a ContactFacts,
    now: DateTime<Utc>,
}

impl ContactFacts {
    /// The customer as they are at `now`.
    pub const fn at(&self, now: DateTime<Utc>) -> ContactAt<'_> {
        ContactAt { contact: self, now }
    }

    /// What is known of a field; of what is no field of a customer's, nothing.
    pub(super) fn fact(&self, field: &Field) -> Fact<'_> {
        let moment = |at: Option<DateTime<Utc>>| at.map_or(Fact::Missing, Fact::Moment);
        match field {
            Field::Name => Fact::of(self.name.as_deref()),
            Field::Username => Fact::of(self.username.as_deref()),
            Field::Phone => Fact::of(self.phone.as_deref()),
            Field::Email => Fact::of(self.email.as_deref()),
            Field::Locale => Fact::of(self.locale.as_deref()),
            Field::Timezone => Fact::of(self.timezone.map(crate::domain::business_hours::TimeZone::name)),
            Field::Source => Fact::of(self.source.as_deref()),
            Field::Tags => Fact::Tags(&self.tags),
            Field::Attribute(way) => Fact::at(&self.attributes, way),
            Field::Consent(purpose) => {
                self.consents.get(purpose).map_or(Fact::Missing, |granted| Fact::Truth(*granted))
            }
            Field::FirstInteractionAt => moment(self.first_interaction_at),
            Field::LastInteractionAt => moment(self.last_interaction_at),
            Field::CreatedAt => moment(self.created_at),
            Field::Variable(_) | Field::MessageText | Field::AccountOpen | Field::Reference(_) => Fact::Missing,
        }
    }
}

impl Facts for ContactAt<'_> {
    fn fact(&self, field: &Field) -> Fact<'_> {
        self.contact.fact(field)
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }
}
