//! What the platform knows of customers.

use std::collections::HashMap;
use std::sync::Mutex;

use serde::Deserialize;

use crate::inbound::Sender;
use crate::lock::lock;
use crate::message::Customer;

/// How many addresses are known; past it all are forgotten.
const MAX_PEOPLE: usize = 1_000_000;

/// A customer, as the platform knows one.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "traits that have nothing to do with each other")]
pub(crate) struct Person {
    pub(crate) user_id: Option<String>,
    pub(crate) username: Option<String>,
    /// Whether the number is not told any more: the customer goes by a user name.
    pub(crate) hides_phone: bool,
    pub(crate) is_unreachable: bool,
    pub(crate) never_reads: bool,
    pub(crate) stopped_marketing: bool,
}

/// What is otherwise about a customer from now on; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonChange {
    /// Phone number, digits only, or business-scoped id.
    pub address: String,
    /// The business-scoped id of the phone number.
    #[serde(default)]
    pub user_id: Option<String>,
    /// The user name.
    #[serde(default)]
    pub username: Option<String>,
    /// Whether the number is withheld.
    #[serde(default)]
    pub hides_phone: Option<bool>,
    /// Whether messages fail with 131026.
    #[serde(default)]
    pub unreachable: Option<bool>,
    /// Whether nothing is ever told to be read.
    #[serde(default)]
    pub never_reads: Option<bool>,
    /// Whether marketing templates fail with 131050.
    #[serde(default)]
    pub stopped_marketing: Option<bool>,
}

/// Customers by each of their addresses.
#[derive(Default)]
pub(crate) struct People(Mutex<HashMap<String, Person>>);

impl People {
    /// The customer at an address; one of whom nothing is known, where nothing is.
    pub(crate) fn at(&self, customer: &Customer) -> Person {
        lock(&self.0).get(customer.as_str()).cloned().unwrap_or_default()
    }

    /// Notes what a message shows of its sender.
    pub(crate) fn note(&self, sender: &Sender) {
        let (Some(phone), Some(_)) = (&sender.phone, &sender.user_id) else {
            return;
        };
        self.change(&PersonChange {
            address: phone.clone(),
            user_id: sender.user_id.clone(),
            username: sender.username.clone(),
            ..PersonChange::default()
        });
    }

    /// Notes whether a customer wants marketing, at every address given.
    pub(crate) fn stop_marketing(&self, sender: &Sender, stopped: bool) {
        for address in [&sender.phone, &sender.user_id].into_iter().flatten() {
            let address = address.clone();
            self.change(&PersonChange { address, stopped_marketing: Some(stopped), ..PersonChange::default() });
        }
    }

    /// Changes what is known of a customer.
    pub(crate) fn change(&self, change: &PersonChange) {
        let mut people = lock(&self.0);
        if people.len() >= MAX_PEOPLE {
            people.clear();
        }
        let person = people.entry(change.address.clone()).or_default();
        person.user_id = change.user_id.clone().or(person.user_id.take());
        person.username = change.username.clone().or(person.username.take());
        person.hides_phone = change.hides_phone.unwrap_or(person.hides_phone);
        person.is_unreachable = change.unreachable.unwrap_or(person.is_unreachable);
        person.never_reads = change.never_reads.unwrap_or(person.never_reads);
        person.stopped_marketing = change.stopped_marketing.unwrap_or(person.stopped_marketing);
    }

    /// Forgets an address: its owner has another number.
    pub(crate) fn forget(&self, address: &str) {
        lock(&self.0).remove(address);
    }
}
