use serde_json::json;

use super::*;
use crate::channels::contract::{NewMessage, Parsed};
use crate::channels::messenger::webhook::parse;
use crate::domain::message::media::MediaSource;

fn all() -> Parsed {
    parse(include_bytes!("fixtures/kinds.json")).unwrap()
}

/// The message of our own fixture with this id.
fn told(id: &str) -> NewMessage {
    all().messages.into_iter().find(|message| message.platform_id == id).unwrap()
}

/// The one message of our own fixture whose kind is this.
fn only(kind: &str) -> NewMessage {
    let mut of_kind = all().messages.into_iter().filter(|message| message.content.kind() == kind);
    let only = of_kind.next().unwrap();
    assert_eq!(of_kind.count(), 0);
    only
}

fn tapped(of: TapOf, id: &str, title: &str) -> Content {
    tap(of, Some(id), Some(title))
}

#[test]
fn every_kind_of_event_becomes_its_content() {
    let kinds: Vec<String> = all()
        .messages
        .iter()
        .map(|message| {
            let name = message.platform_id.split_once(':').map_or(message.platform_id.as_str(), |(kind, _)| kind);
            format!("{name} {}", message.content.kind())
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "m_text text",
            "m_quick tap",
            "m_phone tap",
            "m_post tap",
            "m_image image",
            "m_video video",
            "m_audio audio",
            "m_file document",
            "m_sticker sticker",
            "m_old_sticker sticker",
            "m_place location",
            "m_many text",
            "m_many#2 image",
            "m_many#3 unknown",
            "m_link text",
            "m_shared text",
            "m_shared#2 unknown",
            "message revoke",
            "m_poll unsupported",
            "reaction reaction",
            "reaction reaction",
            "message_edit edit",
            "referral welcome",
            "m_story text",
            "optin unknown",
            "m_echo text",
            "m_echo#2 image",
            "m_empty unknown",
        ]
    );
    assert!(all().account.is_empty());
}

#[test]
fn a_file_is_a_link() {
    let content = told("m_file").content;
    let (_, media) = content.media().unwrap();
    assert_eq!(media.source, MediaSource::Link { url: "https://cdn.example/1.pdf".to_owned() });
}

#[test]
fn a_place_has_its_degrees() {
    let Content::Location(place) = told("m_place").content else { panic!() };
    assert_eq!((place.latitude.to_string(), place.longitude.to_string()), ("10.7769".into(), "106.7009".into()));
}

#[test]
fn what_was_tapped_is_told_by_its_payload_and_what_the_customer_read() {
    assert_eq!(told("m_quick").content, tapped(TapOf::QuickReply, "SAYS_YES", "Yes"));
    assert_eq!(told("m_phone").content, tapped(TapOf::QuickReply, "+84911111111", "+84911111111"));
    assert_eq!(told("m_post").content, tapped(TapOf::Postback, "GET_STARTED", "Start"));
}

#[test]
fn each_part_of_a_message_is_one_of_the_same_moment() {
    let parts: Vec<NewMessage> =
        all().messages.into_iter().filter(|message| message.platform_id.starts_with("m_many")).collect();
    let [words, image, reel] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(words.content.text(), Some("these two"));
    assert_eq!((image.sent_at, reel.sent_at), (words.sent_at, words.sent_at));
    let Content::Unknown { kind, reason, raw } = &reel.content else { panic!("{reel:?}") };
    assert_eq!(kind, "reel");
    assert_eq!(reason.as_deref(), Some("`message.attachments[1].type` names something that Loa has no content for"));
    assert_eq!(raw["payload"]["url"], "https://cdn.example/4");
}

#[test]
fn a_preview_of_a_link_in_the_words_is_no_part_and_a_shared_link_is_one() {
    assert_eq!(told("m_link").content.text(), Some("look at https://shop.example/tea"));
    let Content::Unknown { raw, .. } = told("m_shared#2").content else { panic!() };
    assert_eq!(raw["url"], "https://shop.example/post/1");
}

#[test]
fn a_message_taken_back_is_named_and_does_not_bear_its_name() {
    let revoke = only("revoke");
    assert_eq!(revoke.content, Content::Revoke { original: "m_text".to_owned() });
    assert_ne!(revoke.platform_id, "m_text");
}

#[test]
fn a_reaction_is_put_on_and_taken_off() {
    let reactions: Vec<Content> =
        all().messages.into_iter().map(|message| message.content).filter(|of| of.kind() == "reaction").collect();
    let reaction =
        |emoji: Option<&str>| Content::Reaction { message_id: "m_9".to_owned(), emoji: emoji.map(str::to_owned) };
    assert_eq!(reactions, [reaction(Some("❤")), reaction(None)]);
    let nameless = json!({"reaction": {"mid": "m_9", "action": "react", "reaction": "love"}});
    assert_eq!(contents("reaction", &nameless), [reaction(Some("love"))]);
}

#[test]
fn an_edit_says_what_the_message_is_now() {
    let Content::Edit { original, content: Some(content) } = only("edit").content else { panic!() };
    assert_eq!((original.as_str(), content.text()), ("m_text", Some("Còn hàng xanh không?")));
}

#[test]
fn what_led_the_customer_here_is_told_wherever_it_stands() {
    let referral = |message: NewMessage| message.surroundings.referral.unwrap();
    let link = referral(told("m_post"));
    assert_eq!((link.reference.as_deref(), link.source_type.as_deref()), (Some("flyer-7"), Some("SHORTLINK")));
    let ad = referral(only("welcome"));
    assert_eq!((ad.reference.as_deref(), ad.source_id.as_deref()), (Some("flyer-8"), Some("120")));
    assert_eq!((ad.headline.as_deref(), ad.media_url.as_deref()), (Some("Tea"), Some("https://img.example/1")));
    let story = referral(told("m_story"));
    assert_eq!((story.source_type.as_deref(), story.source_id.as_deref()), (Some("story"), Some("s1")));
    assert!(told("m_text").surroundings.is_empty());
}

#[test]
fn the_echo_of_our_own_send_is_ours_in_every_part_and_settles_it_once() {
    let echo = [told("m_echo"), told("m_echo#2")];
    assert!(echo.iter().all(|part| part.outbound_ref.is_some()));
    assert_eq!(all().statuses.len(), 1);
}

#[test]
fn what_does_not_read_says_which_field_is_wrong() {
    for (kind, event, name, reason) in [
        ("message", json!({"message": {}}), "untyped", "`message` holds neither words nor attachments"),
        ("message", json!({"message": {"is_deleted": true}}), "is_deleted", "`message.mid` is missing"),
        (
            "message",
            json!({"message": {"attachments": [{"type": "image", "payload": {"sticker_id": 7}}]}}),
            "image",
            "`message.attachments[0].payload.url` is missing",
        ),
        ("message", json!({"message": {"attachments": [7]}}), "attachment", "`message.attachments[0].type` is missing"),
        ("message", json!({"message": {"attachments": {}}}), "attachments", "`message.attachments` is no list"),
        ("postback", json!({"postback": {}}), "postback", "`postback.payload` is missing"),
        (
            "reaction",
            json!({"reaction": {"mid": "m", "action": "stare"}}),
            "reaction",
            "`reaction.action` is neither `react` nor `unreact`",
        ),
        ("message_edit", json!({"message_edit": {"text": "a"}}), "message_edit", "`message_edit.mid` is missing"),
        ("optin", json!({"optin": {}}), "optin", "`optin` is something that Loa has no content for"),
    ] {
        let [Content::Unknown { kind: read, reason: said, .. }] = &contents(kind, &event)[..] else {
            panic!("{event}");
        };
        assert_eq!((read.as_str(), said.as_deref()), (name, Some(reason)));
    }
}
