use crate::channels::contract::NewMessage;
use crate::channels::x::webhook::parse;
use crate::domain::message::Content;
use crate::domain::message::media::{Media, MediaSource};
use crate::domain::message::received::{Tap, TapOf};

fn all() -> Vec<NewMessage> {
    parse(include_bytes!("fixtures/attachments.json")).unwrap().messages
}

/// The content of our own fixture's message with this id.
fn said(id: &str) -> Content {
    all().into_iter().find(|message| message.platform_id == id).unwrap().content
}

fn media(url: &str) -> Media {
    Media::from(MediaSource::Link { url: url.to_owned() })
}

#[test]
fn every_message_becomes_its_contents() {
    let read = all();
    let kinds: Vec<(&str, &str)> =
        read.iter().map(|message| (message.platform_id.as_str(), message.content.kind())).collect();
    assert_eq!(
        kinds,
        [
            ("1", "image"),
            ("2", "video"),
            ("3", "video"),
            ("4", "text"),
            ("4#2", "location"),
            ("5", "tap"),
            ("6", "text"),
            ("6#2", "unknown"),
            ("7", "text"),
            ("7#2", "unknown"),
            ("8", "unknown"),
        ]
    );
}

#[test]
fn words_under_a_picture_are_its_caption_without_the_link_to_it() {
    let caption = Some("tea & cups".to_owned());
    assert_eq!(said("1"), Content::Image(Media { caption, ..media("https://ton.example/1.jpg") }));
}

#[test]
fn of_a_film_the_best_file_is_taken() {
    let mp4 = |url| Media { mime_type: Some("video/mp4".to_owned()), ..media(url) };
    assert_eq!(said("2"), Content::Video(mp4("https://ton.example/large.mp4")));
    assert_eq!(said("3"), Content::Video(mp4("https://ton.example/gif.mp4")));
}

#[test]
fn a_place_stands_beside_the_words() {
    assert_eq!(said("4").text(), Some("here https://t.co/map"));
    let Content::Location(place) = said("4#2") else { panic!() };
    assert_eq!((place.latitude.to_string(), place.longitude.to_string()), ("10.7769".into(), "106.7009".into()));
}

#[test]
fn what_was_tapped_is_told_by_what_we_named_it() {
    let tap = Tap { of: TapOf::QuickReply, id: "says-yes".to_owned(), title: "Yes".to_owned(), description: None };
    assert_eq!(said("5"), Content::Tap(tap));
}

#[test]
fn what_does_not_read_says_which_field_is_wrong_and_costs_no_words() {
    assert_eq!(said("6").text(), Some("what is this"));
    for (id, kind, why) in [
        ("6#2", "hologram", "`attachment.type` names something that Loa has no content for"),
        ("7#2", "location", "`attachment.location.shared_coordinate` is missing"),
        ("8", "untyped", "`message_create.message_data` holds neither words nor an attachment"),
    ] {
        let Content::Unknown { kind: read, reason, .. } = said(id) else { panic!("{id}") };
        assert_eq!((read.as_str(), reason.as_deref()), (kind, Some(why)));
    }
}
