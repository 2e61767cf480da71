use super::*;
use crate::channels::contract::{Remedy, StatusTarget};
use crate::domain::identity::IdentityKind;
use crate::domain::status::MessageStatus;

fn read(body: &str) -> Parsed {
    parse(body.as_bytes()).unwrap()
}

fn mixed() -> Parsed {
    read(include_str!("fixtures/mixed.json"))
}

fn addresses(parsed: &Parsed, message: usize) -> Vec<(IdentityKind, &str)> {
    let identities = parsed.messages[message].identities.iter();
    identities.map(|identity| (identity.kind, identity.value.as_str())).collect()
}

#[test]
fn every_message_of_every_number_is_read_in_order() {
    let parsed = mixed();
    let read: Vec<(&str, &str)> =
        parsed.messages.iter().map(|message| (message.account.as_str(), message.platform_id.as_str())).collect();
    assert_eq!(
        read,
        [
            ("800000000000001", "wamid.A1"),
            ("800000000000001", "wamid.A2"),
            ("800000000000001", "wamid.A3"),
            ("800000000000003", "wamid.B1"),
        ]
    );
    assert!(parsed.account.is_empty());
    assert_eq!(parsed.messages[0].content.text(), Some("Còn hàng không?"));
    assert_eq!(parsed.messages[0].reply_to.as_deref(), Some("wamid.Q0"));
    assert_eq!(parsed.messages[1].sent_at.timestamp(), 1_763_000_002);
}

#[test]
fn names_come_from_the_contact_with_the_same_address_not_from_the_same_place() {
    let parsed = mixed();
    assert_eq!(parsed.messages[0].display_name.as_deref(), Some("Minh"));
    assert_eq!(parsed.messages[1].display_name.as_deref(), Some("Linh"));
    assert_eq!(parsed.messages[1].username.as_deref(), Some("@linh"));
}

#[test]
fn a_customer_is_known_by_every_address_but_the_parents() {
    let parsed = mixed();
    assert_eq!(addresses(&parsed, 0), [(IdentityKind::Phone, "84911111111"), (IdentityKind::Bsuid, "VN.5550002")]);
    assert_eq!(addresses(&parsed, 2), [(IdentityKind::Phone, "84911111111"), (IdentityKind::Bsuid, "VN.5550002")]);
}

#[test]
fn a_customer_without_a_phone_number_is_known_by_the_business_scoped_id() {
    let parsed = mixed();
    assert_eq!(addresses(&parsed, 1), [(IdentityKind::Bsuid, "VN.5550001")]);
    assert_eq!(addresses(&parsed, 3), [(IdentityKind::Bsuid, "BR.777000111")]);
}

#[test]
fn statuses_carry_our_reference_their_reason_and_their_price() {
    let parsed = mixed();
    let [delivered, failed, seen] = &parsed.statuses[..] else {
        panic!("{:?}", parsed.statuses);
    };
    let StatusTarget::Message { outbound_ref, .. } = &delivered.target else {
        panic!("{delivered:?}");
    };
    assert_eq!(outbound_ref.map(|own| own.attempt), Some(2));
    assert_eq!(delivered.status, MessageStatus::Delivered);
    assert_eq!(delivered.pricing.as_ref().unwrap()["category"], "service");

    assert_eq!(failed.account, "800000000000002");
    assert_eq!(failed.status, MessageStatus::Failed);
    let error = failed.error.as_ref().unwrap();
    assert_eq!((error.code, error.remedy), (131_047, Remedy::Never));
    assert_eq!(error.details.as_deref(), Some("More than 24 hours have passed"));

    let foreign = StatusTarget::Message { platform_id: "wamid.S3".to_owned(), outbound_ref: None };
    assert_eq!((&seen.target, seen.status), (&foreign, MessageStatus::Read));
}

#[test]
fn what_does_not_read_is_kept_beside_what_does() {
    let parsed = read(include_str!("fixtures/odd.json"));
    let read: Vec<&str> = parsed.messages.iter().map(|message| message.platform_id.as_str()).collect();
    assert_eq!(read, ["wamid.C3", "wamid.C4"]);
    assert!(parsed.statuses.is_empty());
    let kept: Vec<(&str, &str)> =
        parsed.account.iter().map(|update| (update.subject.as_str(), update.field.as_str())).collect();
    let number = "800000000000001";
    let waba = "700000000000001";
    assert_eq!(
        kept,
        [
            (number, "unreadable_message"),
            (number, "unreadable_message"),
            (number, "group_message"),
            (number, "unreadable_message"),
            (number, "status"),
            (number, "unreadable_status"),
            (number, "errors"),
            (number, "messages"),
            (waba, "account_update"),
            (number, "standby"),
            (waba, "messages"),
            (waba, "messages"),
            (waba, "messages"),
            ("700000000000002", "entry"),
            ("", "entry"),
        ]
    );
    assert_eq!(parsed.account[7].value["news"]["of"], "tomorrow");
}

#[test]
fn a_system_message_names_its_customer_in_its_own_object() {
    let parsed = read(include_str!("fixtures/odd.json"));
    assert_eq!(addresses(&parsed, 1), [(IdentityKind::Bsuid, "VN.5550009")]);
    assert_eq!(parsed.messages[1].content.kind(), "system");
}

#[test]
fn an_echo_is_outbound_and_belongs_to_the_customer() {
    let parsed = read(include_str!("fixtures/echo.json"));
    for message in &parsed.messages {
        assert_eq!(message.direction, Direction::Outbound);
        assert_eq!(message.identities[0].value, "84911111111");
    }
    assert_eq!(parsed.messages[0].display_name.as_deref(), Some("Minh"));
    let kinds: Vec<&str> = parsed.messages.iter().map(|message| message.content.kind()).collect();
    assert_eq!(kinds, ["text", "revoke", "edit"]);
}

#[test]
fn a_body_that_is_no_webhook_is_explained() {
    for (body, reason) in [
        ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "the body is not a JSON object"),
        ("{}", "the body has no list `entry`"),
        (r#"{"entry":7}"#, "the body has no list `entry`"),
    ] {
        assert_eq!(parse(body.as_bytes()).unwrap_err().to_string(), reason);
    }
}

#[test]
fn a_name_cut_in_the_middle_of_a_character_costs_nothing_but_itself() {
    let body = include_str!("fixtures/mixed.json").replace("\"Minh\"", r#""Minh \ud83d""#);
    let parsed = read(&body);
    assert_eq!(parsed.messages.len(), 4);
    let name = parsed.messages[0].display_name.as_deref();
    assert_eq!(name, Some("Minh \u{fffd}"));
}
