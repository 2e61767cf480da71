use super::*;
use crate::channels::contract::StatusTarget;
use crate::domain::identity::Identity;
use crate::domain::message::Direction;
use crate::domain::status::MessageStatus;

fn mixed() -> Parsed {
    parse(include_bytes!("fixtures/mixed.json")).unwrap()
}

fn odd() -> Parsed {
    parse(include_bytes!("fixtures/odd.json")).unwrap()
}

#[test]
fn what_a_customer_does_and_what_the_page_says_is_read_in_order() {
    let parsed = mixed();
    let kinds: Vec<(&str, Direction)> =
        parsed.messages.iter().map(|message| (message.content.kind(), message.direction)).collect();
    assert_eq!(
        kinds,
        [
            ("text", Direction::Inbound),
            ("image", Direction::Inbound),
            ("tap", Direction::Inbound),
            ("text", Direction::Outbound),
            ("text", Direction::Outbound),
            ("reaction", Direction::Inbound),
        ]
    );
    assert_eq!(parsed.messages[0].reply_to.as_deref(), Some("m_0"));
    assert!(parsed.account.is_empty());
}

#[test]
fn identifiers_may_be_numbers() {
    let parsed = mixed();
    assert_eq!(parsed.messages[1].identities[0].value, "400000000000002");
    assert_eq!(parsed.messages[1].account, "300000000000001");
}

#[test]
fn an_event_without_an_identifier_is_named_the_same_each_time() {
    let (first, again) = (mixed(), mixed());
    let name = &first.messages[2].platform_id;
    assert!(name.starts_with("postback:"), "{name}");
    assert_eq!(name, &again.messages[2].platform_id);
}

#[test]
fn an_event_without_a_time_has_its_entrys() {
    let parsed = mixed();
    assert_eq!(parsed.messages[5].sent_at.timestamp_millis(), 1_763_000_000_009);
    assert_eq!(parsed.messages[5].reply_to, None);
}

#[test]
fn the_echo_of_our_own_send_settles_it() {
    let parsed = mixed();
    let own = parsed.messages[3].outbound_ref;
    assert!(own.is_some());
    assert_eq!(parsed.messages[4].outbound_ref, None);
    let settled = StatusTarget::Message { platform_id: "m_3".to_owned(), outbound_ref: own };
    assert_eq!(parsed.statuses[0].target, settled);
    assert_eq!(parsed.statuses[0].status, MessageStatus::Sent);
    for echo in &parsed.messages[3..5] {
        assert_eq!(echo.identities[0].value, "400000000000001");
    }
}

#[test]
fn deliveries_name_messages_and_a_moment() {
    let parsed = mixed();
    let [_, first, second, delivered, seen] = &parsed.statuses[..] else {
        panic!("{:?}", parsed.statuses);
    };
    for (status, mid) in [(first, "m_3"), (second, "m_4")] {
        let target = StatusTarget::Message { platform_id: mid.to_owned(), outbound_ref: None };
        assert_eq!(status.target, target);
        assert_eq!(status.status, MessageStatus::Delivered);
    }
    for (status, millis, word) in
        [(delivered, 1_763_000_000_006, MessageStatus::Delivered), (seen, 1_763_000_000_007, MessageStatus::Read)]
    {
        let StatusTarget::UpTo { contact, watermark } = &status.target else {
            panic!("{status:?}");
        };
        assert_eq!(Some(contact), Identity::psid("400000000000001").as_ref());
        assert_eq!(watermark.timestamp_millis(), millis);
        assert_eq!(status.status, word);
    }
}

#[test]
fn what_does_not_read_and_what_is_anothers_is_kept() {
    let parsed = odd();
    let kept: Vec<&str> = parsed.account.iter().map(|update| update.field.as_str()).collect();
    assert_eq!(
        kept,
        [
            "event",
            "optin",
            "policy-enforcement",
            "unreadable_status",
            "message",
            "event",
            "standby",
            "comments",
            "entry",
        ]
    );
    assert_eq!(parsed.messages.len(), 1);
    assert_eq!(parsed.messages[0].content.kind(), "tap");
    assert_eq!(parsed.statuses[0].target, StatusTarget::Message { platform_id: "m_5".to_owned(), outbound_ref: None });
}
