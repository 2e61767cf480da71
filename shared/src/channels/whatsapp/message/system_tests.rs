//! Customers whose addresses change.

use serde_json::json;

use super::*;
use crate::channels::whatsapp::webhook::parse;
use crate::domain::identity::Identity;
use crate::domain::message::Content;
use crate::domain::message::received::SystemNews;

/// The message of our own fixture with this id.
fn told(id: &str) -> NewMessage {
    let all = parse(include_bytes!("../fixtures/types.json")).unwrap();
    all.messages.into_iter().find(|message| message.platform_id == id).unwrap()
}

fn identities<const N: usize>(raw: [&str; N]) -> Vec<Identity> {
    raw.iter().filter_map(|raw| Identity::whatsapp(raw)).collect()
}

/// A system message alone in its change.
fn system(fields: &Value) -> NewMessage {
    let mut message = json!({"id": "wamid.S", "timestamp": "1763000001", "type": "system"});
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let change = Change { account: "800000000000001", own_number: None, contacts: &[] };
    let mut parsed = Parsed::default();
    read(&change, Direction::Inbound, message, &mut parsed);
    parsed.messages.remove(0)
}

#[test]
fn a_changed_number_leads_from_the_old_addresses_to_the_new() {
    let message = told("number_changed");
    assert_eq!(message.identities, identities(["84911111111", "VN.5550002"]));
    let succession = message.succession.unwrap();
    assert_eq!(succession.before, identities(["84911111111", "VN.5550002"]));
    assert_eq!(succession.after, identities(["84922222222", "VN.5550012"]));
    let Content::System(system) = message.content else { panic!() };
    assert_eq!(system.news, SystemNews::NumberChanged);
    assert!(system.body.unwrap().starts_with("Minh changed"));
}

#[test]
fn a_changed_user_id_leads_from_the_old_id_and_leaves_the_number() {
    let message = told("user_id_changed");
    assert_eq!(message.identities, identities(["VN.5550012"]));
    let succession = message.succession.unwrap();
    assert_eq!(succession.before, identities(["VN.5550012"]));
    assert_eq!(succession.after, identities(["VN.5550022"]));

    let with_number = system(&json!({"from": "84911111111", "system":
        {"type": "user_changed_user_id", "user_id": "VN.2", "previous_user_id": "VN.1"}}));
    assert_eq!(with_number.identities, identities(["84911111111", "VN.1"]));
    assert_eq!(with_number.succession.unwrap().before, identities(["VN.1"]));
}

#[test]
fn older_payloads_name_the_numbers_otherwise() {
    let changed = system(&json!({"from": "84911111111", "system":
        {"type": "user_changed_number", "new_wa_id": "84922222222"}}));
    assert_eq!(changed.succession.unwrap().after, identities(["84922222222"]));
    let customer = system(&json!({"system":
        {"type": "user_changed_number", "wa_id": "84922222222", "customer": "84911111111"}}));
    assert_eq!(customer.identities, identities(["84911111111"]));
    assert_eq!(customer.succession.unwrap().before, identities(["84911111111"]));
}

#[test]
fn a_change_that_names_one_side_alone_is_told_and_followed_nowhere() {
    let new_alone = system(&json!({"system": {"type": "user_changed_user_id", "user_id": "VN.2"}}));
    assert_eq!((new_alone.identities, new_alone.succession), (identities(["VN.2"]), None));
    let old_alone = system(&json!({"from": "84911111111", "system": {"type": "user_changed_number"}}));
    assert_eq!((old_alone.identities, old_alone.succession), (identities(["84911111111"]), None));
    let the_same = system(&json!({"from": "84911111111", "system":
        {"type": "user_changed_number", "wa_id": "84911111111"}}));
    assert_eq!((the_same.identities, the_same.succession), (identities(["84911111111"]), None));
}

#[test]
fn the_words_of_a_system_message_are_never_read_for_addresses() {
    // The customer chose the name in them.
    let body = "User VN.1 changed from VN.1 to VN.2";
    let named = system(&json!({"system": {"type": "user_changed_user_id", "user_id": "VN.2", "body": body}}));
    assert_eq!((named.identities, named.succession), (identities(["VN.2"]), None));
}

#[test]
fn another_security_code_is_told_and_nobody_moves() {
    let message = told("identity_changed");
    assert_eq!((message.identities, message.succession), (identities(["84922222222"]), None));
    let Content::System(system) = message.content else { panic!() };
    let SystemNews::IdentityChanged { hash, acknowledged, created_at } = system.news else { panic!() };
    assert_eq!((hash.as_deref(), acknowledged), (Some("h1"), Some(false)));
    assert_eq!(created_at.unwrap().timestamp(), 1_763_000_030);
    let other = content::content(&json!({"type": "system", "system": {"type": "moon_changed"}}));
    let Content::System(system) = other else { panic!() };
    assert_eq!(system.news, SystemNews::Other { name: "moon_changed".to_owned() });
}
