use super::*;
use crate::channels::contract::StatusTarget;
use crate::domain::message::Direction;
use crate::domain::status::MessageStatus;

fn account_activity() -> Parsed {
    parse(include_bytes!("fixtures/account_activity.json")).unwrap()
}

#[test]
fn a_message_is_read_as_its_writer_typed_it() {
    let parsed = account_activity();
    let message = &parsed.messages[0];
    assert_eq!(message.content.text(), Some("5 > 3 && 2 < 4"));
    assert_eq!(message.account, "9001");
    assert_eq!(message.identities[0].value, "9002");
    assert_eq!(message.display_name.as_deref(), Some("Tom"));
    assert_eq!(message.username.as_deref(), Some("tom_x"));
    assert_eq!(message.sent_at.timestamp_millis(), 1_763_000_000_001);
}

#[test]
fn what_the_account_said_elsewhere_is_outbound() {
    let message = &account_activity().messages[1];
    assert_eq!(message.direction, Direction::Outbound);
    assert_eq!(message.identities[0].value, "9002");
    assert_eq!(message.platform_id, "1900000000000000002");
}

#[test]
fn a_message_that_does_not_read_is_kept() {
    let parsed = account_activity();
    assert_eq!(parsed.messages.len(), 4);
    assert_eq!(parsed.account.len(), 1);
    assert_eq!(parsed.account[0].field, "unreadable_message");
    assert_eq!(parsed.account[0].value["id"], "1900000000000000004");
}

#[test]
fn the_successors_shape_says_the_same() {
    let parsed = parse(include_bytes!("fixtures/activity.json")).unwrap();
    let message = &parsed.messages[0];
    assert_eq!(message.account, "9001");
    assert_eq!(message.direction, Direction::Inbound);
    assert_eq!(message.display_name.as_deref(), Some("Tom"));
    assert_eq!(message.username.as_deref(), Some("tom_x"));
}

#[test]
fn a_customers_reading_counts_and_the_accounts_own_is_kept() {
    let parsed = parse(include_bytes!("fixtures/read.json")).unwrap();
    let [last, up_to] = &parsed.statuses[..] else {
        panic!("{:?}", parsed.statuses);
    };
    assert_eq!(
        last.target,
        StatusTarget::Message { platform_id: "1900000000000000002".to_owned(), outbound_ref: None }
    );
    assert!(matches!(&up_to.target, StatusTarget::UpTo { contact, .. } if contact.value == "9002"));
    assert_eq!(up_to.status, MessageStatus::Read);
    assert_eq!(parsed.account.len(), 1);
}

#[test]
fn what_cannot_be_read_yet_is_kept_under_its_name() {
    for (body, subject, field) in [
        (include_str!("fixtures/encrypted.json"), "9001", "chat.received"),
        (include_str!("fixtures/revoked.json"), "9001", "user_event"),
        (r#"{"for_user_id":"1","follow_events":[{}]}"#, "1", "follow_events"),
    ] {
        let parsed = parse(body.as_bytes()).unwrap();
        assert_eq!(parsed.account.len(), 1, "{body}");
        assert_eq!(parsed.account[0].subject, subject);
        assert_eq!(parsed.account[0].field, field);
    }
}

#[test]
fn an_empty_body_says_nothing() {
    assert!(parse(b"{}").unwrap().is_empty());
    assert!(parse(br#"{"for_user_id":"1","users":{}}"#).unwrap().is_empty());
}
