use chrono::{DateTime, TimeDelta, Utc};

use super::{Address, AddressBook, Known, Person, Succession};
use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, MerchantId};

/// In hours.
pub(super) const DAY: i64 = 24;

fn identities(addresses: &[&str]) -> Vec<Identity> {
    addresses.iter().map(|raw| Identity::whatsapp(raw).unwrap()).collect()
}

/// Time in hours.
fn at(hours: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
}

#[derive(Clone)]
pub(super) struct World {
    merchant_id: MerchantId,
    account_id: AccountId,
    pub(super) book: AddressBook,
}

impl World {
    pub(super) fn new() -> Self {
        Self { merchant_id: MerchantId::new(), account_id: AccountId::new(), book: AddressBook::default() }
    }

    pub(super) fn person(&self, addresses: &[&str]) -> Person<'static> {
        Person { merchant_id: self.merchant_id, account_id: self.account_id, identities: identities(addresses).into() }
    }

    /// Someone writes, in hour `hours`.
    pub(super) fn writes(&mut self, hours: i64, addresses: &[&str]) -> ContactId {
        let person = self.person(addresses);
        self.book.meet(&person, at(hours)).unwrap()
    }

    /// The platform tells of a change of addresses in hour `hours`.
    pub(super) fn changes(&mut self, hours: i64, before: &[&str], after: &[&str]) -> ContactId {
        self.changes_beside(hours, before, before, after)
    }

    /// The same, in a message that itself shows the addresses `shown`.
    pub(super) fn changes_beside(&mut self, hours: i64, shown: &[&str], before: &[&str], after: &[&str]) -> ContactId {
        let succession = Succession { before: identities(before), after: identities(after) };
        let person = self.person(shown);
        self.book.follow(&person, &succession, at(hours)).unwrap()
    }

    pub(super) fn now(&self, contact: ContactId) -> ContactId {
        self.book.resolve(contact)
    }
}

#[test]
fn a_number_and_a_business_scoped_id_shown_together_are_one_person_ever_after() {
    let mut world = World::new();
    let first = world.writes(0, &["84901234567"]);
    assert_eq!(world.writes(1, &["84901234567", "VN.77"]), first);
    assert_eq!(world.writes(2, &["VN.77"]), first);
}

#[test]
fn someone_without_a_number_is_a_person_too() {
    let mut world = World::new();
    let first = world.writes(0, &["VN.77"]);
    assert_eq!(world.writes(1, &["VN.77"]), first);
    assert_ne!(world.writes(2, &["VN.78"]), first);
}

#[test]
fn a_number_that_changed_hands_leads_to_its_new_owner() {
    let mut world = World::new();
    let before = world.writes(0, &["84901234567", "VN.77"]);
    let after = world.writes(1, &["84901234567", "VN.99"]);
    assert_ne!(after, before);
    assert_eq!(world.writes(2, &["84901234567"]), after);
    assert_eq!(world.writes(3, &["VN.77"]), before);
}

#[test]
fn what_the_former_owner_of_a_number_wrote_and_comes_late_is_still_theirs() {
    let mut world = World::new();
    let before = world.writes(0, &["84901234567", "VN.77"]);
    let after = world.writes(10, &["84901234567", "VN.99"]);
    assert_eq!(world.writes(5, &["84901234567"]), before);
    assert_eq!(world.writes(6, &["84901234567", "VN.77"]), before);
    assert_eq!(world.writes(11, &["84901234567"]), after, "a late message takes no number back");
}

#[test]
fn a_number_and_an_id_known_apart_and_shown_together_make_one_contact() {
    let mut world = World::new();
    let by_phone = world.writes(0, &["84901234567"]);
    let by_id = world.writes(1, &["VN.77"]);
    assert_ne!(by_phone, by_id);
    let both = world.writes(2, &["84901234567", "VN.77"]);
    assert_eq!([world.now(by_phone), world.now(by_id)], [both, both]);
    assert_eq!(both, by_phone, "the one met first stays");
}

#[test]
fn two_contacts_of_whom_one_had_another_number_stay_two() {
    let mut world = World::new();
    let holder = world.writes(0, &["84901234567"]);
    let other = world.writes(1, &["84905550000", "VN.77"]);
    assert_eq!(world.writes(2, &["84901234567", "VN.77"]), other);
    assert_eq!(world.writes(3, &["84901234567"]), other, "the number goes to who shows it");
    assert_ne!(world.now(holder), world.now(other), "and the old thread does not");
}

#[test]
fn a_changed_number_keeps_its_thread_and_the_old_one_leads_nowhere() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567", "VN.1"]);
    assert_eq!(world.changes(10, &["84901234567", "VN.1"], &["84907654321", "VN.2"]), contact);
    assert_eq!(world.writes(11, &["84907654321", "VN.2"]), contact);
    assert_ne!(world.writes(12, &["84901234567"]), contact, "somebody else has the old number");
}

#[test]
fn a_number_that_was_left_opens_nobodys_thread_even_for_who_shows_nothing_else() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567"]);
    assert_eq!(world.changes(10, &["84901234567"], &["84907654321"]), contact);
    let stranger = world.writes(11, &["84901234567"]);
    assert_ne!(stranger, contact);
    assert_eq!(world.writes(12, &["84901234567", "VN.9"]), stranger);
    assert_eq!(world.writes(13, &["84907654321", "VN.2"]), contact, "the id changes with the number");
}

#[test]
fn a_message_from_before_the_change_that_comes_after_it_is_still_theirs() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567"]);
    world.changes(10, &["84901234567"], &["84907654321"]);
    assert_eq!(world.writes(9, &["84901234567"]), contact);
    assert_eq!(world.writes(8, &["84901234567", "VN.1"]), contact);
    assert_eq!(world.writes(11, &["84907654321", "VN.2"]), contact, "an id from before tells nothing of after");
}

#[test]
fn who_writes_from_the_new_number_before_the_change_is_told_becomes_who_changed() {
    for after in [&["84907654321", "VN.2"][..], &["VN.2"], &["84907654321"]] {
        let mut world = World::new();
        let old = world.writes(0, &["84901234567", "VN.1"]);
        let new = world.writes(11, &["84907654321", "VN.2"]);
        assert_ne!(old, new);
        world.changes(10, &["84901234567", "VN.1"], after);
        assert_eq!(world.now(new), old, "{after:?}");
        assert_eq!(world.writes(12, &["84907654321", "VN.2"]), old, "{after:?}");
    }
}

#[test]
fn who_had_the_new_number_before_the_change_stays_somebody_else() {
    let mut world = World::new();
    let moving = world.writes(0, &["84901234567", "VN.1"]);
    let earlier = world.writes(1, &["84907654321"]);
    assert_eq!(world.changes(90 * DAY, &["84901234567", "VN.1"], &["84907654321", "VN.2"]), moving);
    assert_eq!(world.writes(91 * DAY, &["84907654321", "VN.2"]), moving);
    assert_ne!(world.now(earlier), moving);
}

#[test]
fn a_changed_user_id_leaves_the_number_behind_with_it() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567", "VN.1"]);
    assert_eq!(world.changes(10, &["VN.1"], &["VN.2"]), contact);
    assert_eq!(world.writes(11, &["VN.2"]), contact);
    assert_ne!(world.writes(12, &["84901234567"]), contact);
}

#[test]
fn a_number_that_is_shown_beside_a_new_id_stays() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567", "VN.1"]);
    world.changes_beside(10, &["84901234567", "VN.1"], &["VN.1"], &["VN.2"]);
    assert_eq!(world.writes(11, &["84901234567"]), contact);
    assert_eq!(world.writes(12, &["84901234567", "VN.2"]), contact);
}

#[test]
fn an_id_that_is_shown_beside_a_new_number_goes_with_the_old_one() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901234567", "VN.1"]);
    world.changes_beside(10, &["84901234567", "VN.1"], &["84901234567"], &["84907654321"]);
    assert_eq!(world.writes(11, &["84907654321", "VN.2"]), contact);
    assert_ne!(world.writes(12, &["84901234567"]), contact);
}

#[test]
fn a_change_told_to_two_numbers_of_the_merchant_is_followed_once() {
    for (before, after) in [
        (&["84901234567"][..], &["84907654321"][..]),
        (&["84901234567", "VN.1"], &["84907654321", "VN.2"]),
        (&["VN.1"], &["VN.2"]),
    ] {
        let mut world = World::new();
        let contact = world.writes(0, before);
        assert_eq!(world.changes(10, before, after), contact);
        assert_eq!(world.changes(11, before, after), contact, "{before:?}");
        assert_eq!(world.changes(9, before, after), contact, "{before:?}");
        assert_eq!(world.writes(12, after), contact, "{before:?}");
    }
}

#[test]
fn two_changes_told_in_the_wrong_order_end_where_they_should() {
    let mut world = World::new();
    let contact = world.writes(0, &["84901111111", "VN.1"]);
    world.changes(20, &["84902222222", "VN.2"], &["84903333333", "VN.3"]);
    world.changes(10, &["84901111111", "VN.1"], &["84902222222", "VN.2"]);
    assert_eq!(world.writes(21, &["84903333333", "VN.3"]), contact);
    assert_ne!(world.writes(22, &["84902222222"]), contact);
}

#[test]
fn a_late_change_is_not_believed_of_who_got_the_number_since() {
    let mut world = World::new();
    let stranger = world.writes(20, &["84901234567", "VN.9"]);
    let moved = world.changes(10, &["84901234567"], &["84907654321"]);
    assert_ne!(moved, stranger);
    assert_eq!(world.writes(21, &["84901234567", "VN.9"]), stranger);
}

#[test]
fn nobody_is_found_behind_no_address() {
    let mut world = World::new();
    let nobody = world.person(&[]);
    assert_eq!(world.book.meet(&nobody, at(0)), None);
    let nothing = Succession { before: Vec::new(), after: Vec::new() };
    assert_eq!(world.book.follow(&nobody, &nothing, at(0)), None);
}

#[test]
fn contacts_that_came_and_were_merged_in_one_batch_are_written_once() {
    let mut world = World::new();
    let by_phone = world.writes(0, &["84901234567"]);
    world.writes(1, &["VN.77"]);
    world.writes(2, &["84901234567", "VN.77"]);
    let changes = world.book.changes();
    assert_eq!(changes.new.keys().collect::<Vec<_>>(), [&by_phone]);
    assert!(changes.merged.is_empty(), "who was never written need not be merged: {changes:?}");
    assert!(changes.holders.values().all(|holder| *holder == Some(by_phone)));
}

#[test]
fn strangers_are_people_whose_addresses_were_never_anybodys() {
    let mut world = World::new();
    world.writes(0, &["84901234567", "VN.1"]);
    world.writes(1, &["84907654321"]);
    assert!(world.book.only_strangers_came());
    world.changes(2, &["84907654321"], &["84905555555"]);
    assert!(!world.book.only_strangers_came(), "a number was left");

    let contact = ContactId::new();
    let (merchant_id, seen) = (world.merchant_id, at(0));
    let known = Known { id: contact, merchant_id, first_seen: seen, last_seen: seen, last_certain: seen };
    let address = |raw: &str, until| Address { key: world.person(&[raw]).keys().remove(0), contact, until };
    let addresses = [address("84901234567", None), address("84902222222", Some(at(0)))];
    let book = AddressBook::of([known], addresses);
    for (shown, alone) in [(&["84907654321"][..], true), (&["84901234567", "VN.1"], false), (&["84902222222"], false)] {
        let mut book = book.clone();
        book.meet(&world.person(shown), at(1));
        assert_eq!(book.only_strangers_came(), alone, "{shown:?}");
    }
}
