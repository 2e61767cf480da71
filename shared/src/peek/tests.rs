use std::time::{Duration, Instant};

use super::*;

fn kinds(channel: Channel, body: &str) -> String {
    peek(Some(channel), body.as_bytes()).kinds.to_string()
}

fn whatsapp(value: &str) -> String {
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{value}}}]}}]}}"#
    );
    kinds(Channel::WhatsApp, &body)
}

fn messenger(event: &str) -> String {
    let body = format!(
        r#"{{"object":"page","entry":[{{"id":"1","time":1,"messaging":[{{"sender":{{"id":"2"}},"recipient":{{"id":"1"}},"timestamp":1,{event}}}]}}]}}"#
    );
    kinds(Channel::Messenger, &body)
}

#[test]
fn the_object_names_the_channel_wherever_it_stands() {
    for (object, expected) in [
        ("whatsapp_business_account", Channel::WhatsApp),
        ("page", Channel::Messenger),
        ("instagram", Channel::Messenger),
    ] {
        for body in [format!(r#"{{"object":"{object}","entry":[]}}"#), format!(r#"{{"entry":[],"object":"{object}"}}"#)]
        {
            for path in [None, Some(Channel::WhatsApp), Some(Channel::Messenger)] {
                assert_eq!(peek(path, body.as_bytes()).channel, expected, "{body}");
            }
            let on_x = peek(Some(Channel::X), body.as_bytes());
            assert_eq!(on_x.channel, Channel::X);
        }
    }
}

#[test]
fn a_body_nobody_can_place_is_the_paths_and_unknown() {
    for body in ["", "{", "[]", "7", "\u{fffd}", r#"{"object":7}"#, r#"{"entry":[]}"#] {
        for (path, expected) in
            [(None, Channel::WhatsApp), (Some(Channel::Messenger), Channel::Messenger), (Some(Channel::X), Channel::X)]
        {
            let peeked = peek(path, body.as_bytes());
            assert_eq!(peeked.channel, expected, "{body}");
        }
        assert!(peek(None, body.as_bytes()).kinds.is_unknown(), "{body}");
    }
}

#[test]
fn whatsapp_is_told_by_what_the_changes_hold() {
    let message = r#"{"id":"a","timestamp":"1","from":"2","type":"text"}"#;
    for (value, expected) in [
        (format!(r#"{{"metadata":{{}},"messages":[{message}]}}"#), "messages"),
        (r#"{"message_echoes":[{"id":"a","timestamp":"1","from":"2","to":"3"}]}"#.to_owned(), "messages"),
        (r#"{"statuses":[{"id":"a"}]}"#.to_owned(), "statuses"),
        (format!(r#"{{"messages":[{message}],"statuses":[{{}}]}}"#), "messages.statuses"),
        (r#"{"event":"APPROVED"}"#.to_owned(), "account"),
        (r#"{"errors":[{"code":1}]}"#.to_owned(), "account"),
        (format!(r#"{{"messages":[{message}],"errors":[{{}}]}}"#), "messages.account"),
        (r#"{"messages":[{"id":"a"}]}"#.to_owned(), "messages.account"),
        (r#"{"messages":[]}"#.to_owned(), "account"),
        ("7".to_owned(), "account"),
    ] {
        assert_eq!(whatsapp(&value), expected, "{value}");
    }
}

#[test]
fn a_copy_of_what_somebody_else_answers_is_news_of_the_account() {
    let body = r#"{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{"id":"a","timestamp":"1","from":"2"}]},"field":"standby"}]}]}"#;
    assert_eq!(kinds(Channel::WhatsApp, body), "account");
    let body = r#"{"object":"page","entry":[{"id":"1","standby":[{"message":{}}]}]}"#;
    assert_eq!(kinds(Channel::Messenger, body), "account");
}

#[test]
fn messenger_is_told_by_what_the_events_are() {
    for (event, expected) in [
        (r#""message":{"mid":"m","text":"hi"}"#, "messages"),
        (r#""message":{"mid":"m","is_echo":true}"#, "messages.statuses"),
        (r#""postback":{}"#, "messages"),
        (r#""reaction":{}"#, "messages"),
        (r#""message_edit":{}"#, "messages"),
        (r#""optin":{}"#, "messages"),
        (r#""referral":{}"#, "messages"),
        (r#""delivery":{}"#, "statuses"),
        (r#""read":{}"#, "statuses"),
        (r#""pass_thread_control":{}"#, "account"),
        (r#""something_new":{}"#, "account"),
    ] {
        assert_eq!(messenger(event), expected, "{event}");
    }
}

#[test]
fn x_is_told_by_its_families() {
    let event =
        r#"{"id":"1","created_timestamp":"1","message_create":{"sender_id":"1","target":{"recipient_id":"2"}}}"#;
    for (body, expected) in [
        (format!(r#"{{"for_user_id":"1","direct_message_events":[{event}],"users":{{}}}}"#), "messages"),
        (
            format!(r#"{{"data":{{"event_type":"dm.received","payload":{{"direct_message_events":[{event}]}}}}}}"#),
            "messages",
        ),
        (r#"{"data":{"event_type":"chat.received","payload":{"encoded_event":"A"}}}"#.to_owned(), "messages.account"),
        (r#"{"for_user_id":"1","direct_message_mark_read_events":[{}]}"#.to_owned(), "statuses"),
        (r#"{"user_event":{"revoke":{}}}"#.to_owned(), "account"),
        (r#"{"for_user_id":"1","follow_events":[{}]}"#.to_owned(), "account"),
    ] {
        assert_eq!(kinds(Channel::X, &body), expected, "{body}");
    }
}

#[test]
fn many_entries_are_all_looked_at() {
    let account = r#"{"id":"1","changes":[{"field":"account_update","value":{"event":"X"}}]}"#;
    let status = r#"{"id":"1","changes":[{"field":"messages","value":{"statuses":[{}]}}]}"#;
    let message =
        r#"{"id":"1","changes":[{"field":"messages","value":{"messages":[{"id":"a","timestamp":"1","from":"2"}]}}]}"#;
    let mut entries = vec![account; 998];
    entries.extend([status, message]);
    let body = format!(r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#, entries.join(","));
    assert_eq!(kinds(Channel::WhatsApp, &body), "messages.statuses.account");
}

#[test]
fn deep_and_huge_bodies_are_looked_at_in_no_time() {
    const SIZE: usize = 3 << 20;
    let deep = "[".repeat(SIZE);
    let deep_object = format!(r#"{{"entry":{}"#, r#"{"a":"#.repeat(SIZE / 5));
    let wide = format!(r#"{{"object":"page","entry":[{{"id":"1","messaging":[{}{{}}]}}]}}"#, "{},".repeat(SIZE / 3));
    let text = format!(r#"{{"object":"page","entry":[{{"id":"{}"}}]}}"#, "x".repeat(SIZE));
    let began = Instant::now();
    for body in [deep, deep_object, wide, text] {
        for path in [None, Some(Channel::Messenger), Some(Channel::X)] {
            peek(path, body.as_bytes());
        }
    }
    // Twelve looks at 3 MiB, without optimisation: far off still means that no look is quadratic.
    assert!(began.elapsed() < Duration::from_secs(20));
}
