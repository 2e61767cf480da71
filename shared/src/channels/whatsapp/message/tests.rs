use serde_json::{Number, json};

use super::*;
use crate::channels::whatsapp::webhook::parse;
use crate::domain::message::media::{Media, MediaSource};
use crate::domain::message::received::{FlowReply, Forwarded, PlatformFault, ReferredProduct, Tap, TapOf};
use crate::domain::message::{Content, Location, Said};

/// What each message of our own fixture is to be.
const TYPES: [(&str, &str); 31] = [
    ("text", "text"),
    ("image", "image"),
    ("video", "video"),
    ("audio", "audio"),
    ("voice", "audio"),
    ("document", "document"),
    ("sticker", "sticker"),
    ("lost", "video"),
    ("place", "location"),
    ("pin", "location"),
    ("cards", "contacts"),
    ("asked_card", "contacts"),
    ("button", "tap"),
    ("row", "tap"),
    ("form", "flow_reply"),
    ("call_permission", "unknown"),
    ("no_reply", "unknown"),
    ("template_button", "tap"),
    ("reaction", "reaction"),
    ("taken_off", "reaction"),
    ("order", "order"),
    ("welcome", "welcome"),
    ("poll", "unsupported"),
    ("old_unknown", "unsupported"),
    ("edit", "edit"),
    ("revoke", "revoke"),
    ("future", "unknown"),
    ("from_ad", "text"),
    ("number_changed", "system"),
    ("user_id_changed", "system"),
    ("identity_changed", "system"),
];

fn all() -> Parsed {
    parse(include_bytes!("../fixtures/types.json")).unwrap()
}

/// The message of our own fixture with this id.
fn told(id: &str) -> NewMessage {
    all().messages.into_iter().find(|message| message.platform_id == id).unwrap()
}

fn said(message: &Value) -> Content {
    content::content(message)
}

fn media(id: &str) -> Media {
    let content = told(id).content;
    content.media().unwrap().1.clone()
}

#[test]
fn every_type_becomes_its_content() {
    let parsed = all();
    let kinds: Vec<(&str, &str)> =
        parsed.messages.iter().map(|message| (message.platform_id.as_str(), message.content.kind())).collect();
    assert_eq!(kinds, TYPES);
    assert!(parsed.account.is_empty(), "{:?}", parsed.account);
}

#[test]
fn what_is_stored_of_a_message_reads_again() {
    for message in all().messages {
        let said = Said { content: message.content, surroundings: message.surroundings };
        let stored = serde_json::to_vec(&said).unwrap();
        assert_eq!(serde_json::from_slice::<Said>(&stored).unwrap(), said);
    }
}

#[test]
fn a_file_is_known_by_the_platforms_id_and_what_it_says_of_it() {
    let platform = |id: &str| Media {
        sha256: Some("aGFzaA==".to_owned()),
        ..Media::from(MediaSource::Platform { id: id.to_owned() })
    };
    let owned = |text: &str| Some(text.to_owned());
    assert_eq!(media("image"), Media { mime_type: owned("image/jpeg"), caption: owned("cái này"), ..platform("9001") });
    assert_eq!(media("audio"), Media { mime_type: owned("audio/mpeg"), ..platform("9003") });
    assert_eq!(media("voice"), Media { mime_type: owned("audio/ogg; codecs=opus"), voice: true, ..platform("9004") });
    assert_eq!(
        media("document"),
        Media {
            mime_type: owned("application/pdf"),
            caption: owned("invoice"),
            filename: owned("hóa đơn.pdf"),
            ..platform("9005")
        }
    );
    assert_eq!(media("sticker"), Media { mime_type: owned("image/webp"), animated: true, ..platform("9006") });
}

#[test]
fn a_file_that_the_platform_does_not_have_is_lost_for_a_reason() {
    let lost = media("lost");
    assert_eq!(lost.source, MediaSource::Lost);
    let fault = PlatformFault {
        code: 131_052,
        title: "Media download error".to_owned(),
        details: Some("Larger than 100 MB".to_owned()),
    };
    assert_eq!(lost.faults, [fault]);
    assert!(told("lost").surroundings.is_empty());

    let described = json!({"type": "image", "image": {"caption": "gone"}, "errors": [{"code": 131_052}]});
    assert_eq!(said(&described).text(), Some("gone"));
}

#[test]
fn a_place_may_have_a_name_and_figures_may_be_texts() {
    let text = |text: &str| Some(text.to_owned());
    let place = Location {
        latitude: 10.7769,
        longitude: 106.7009,
        name: text("Chợ Bến Thành"),
        address: text("Lê Lợi, Quận 1"),
        url: text("https://place.example"),
    };
    assert_eq!(told("place").content, Content::Location(place));
    let pin = Location { latitude: 10.5, longitude: 106.5, name: None, address: None, url: None };
    assert_eq!(told("pin").content, Content::Location(pin));
}

#[test]
fn cards_are_read_and_one_that_was_asked_for_says_so() {
    let Content::Contacts { cards, origin } = told("cards").content else { panic!() };
    assert_eq!((cards.len(), origin), (1, None));
    let card = serde_json::to_value(&cards[0]).unwrap();
    assert_eq!(card["name"]["formatted_name"], "Lan Trần");
    assert_eq!(card["phones"][0]["wa_id"], "84933333333");
    assert_eq!(card["emails"][0]["type"], "WORK");
    assert_eq!(card["urls"][0]["url"], "https://shop.example");
    assert_eq!(card["addresses"][0]["zip"], "70000");
    assert_eq!(card["org"]["title"], "Owner");
    assert_eq!(card["birthday"], "1990-02-03");

    let Content::Contacts { cards, origin } = told("asked_card").content else { panic!() };
    assert_eq!(origin.as_deref(), Some("contact_request"));
    assert_eq!(cards[0].name.formatted_name, "Minh Lê");
    assert!(cards[0].vcard.as_ref().unwrap().starts_with("BEGIN:VCARD"));
}

#[test]
fn what_was_tapped_is_told_by_what_we_named_it_and_what_the_customer_read() {
    let tap = |of, id: &str, title: &str, description: Option<&str>| {
        let description = description.map(str::to_owned);
        Content::Tap(Tap { of, id: id.to_owned(), title: title.to_owned(), description })
    };
    assert_eq!(told("button").content, tap(TapOf::Button, "yes", "Đồng ý", None));
    assert_eq!(told("button").reply_to.as_deref(), Some("wamid.Q1"));
    assert_eq!(told("row").content, tap(TapOf::List, "row-1", "Giao nhanh", Some("trong 2 giờ")));
    assert_eq!(told("template_button").content, tap(TapOf::TemplateButton, "STOP_OFFERS", "Stop", None));
    assert_eq!(told("template_button").content.text(), Some("Stop"));
}

#[test]
fn a_forms_answers_are_its_json_or_else_the_string_as_it_came() {
    let form = FlowReply {
        name: Some("flow".to_owned()),
        body: Some("Sent".to_owned()),
        response: json!({"flow_token": "t1", "size": "M"}),
    };
    assert_eq!(told("form").content, Content::FlowReply(form));

    let response = |answer: Value| {
        let reply = json!({"type": "interactive", "interactive":
            {"type": "nfm_reply", "nfm_reply": {"response_json": answer}}});
        match said(&reply) {
            Content::FlowReply(reply) => reply.response,
            other => panic!("{other:?}"),
        }
    };
    let too_deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    for odd in ["{\"cut\":", "", "[1]", "\"done\"", "5", "null", &too_deep] {
        assert_eq!(response(json!(odd)), json!(odd));
    }
    assert_eq!(response(json!({"size": "L"})), json!({"size": "L"}));
}

#[test]
fn a_reaction_names_its_message_and_without_an_emoji_is_taken_off() {
    let reaction =
        |emoji: Option<&str>| Content::Reaction { message_id: "wamid.Q3".to_owned(), emoji: emoji.map(str::to_owned) };
    assert_eq!(told("reaction").content, reaction(Some("👍")));
    assert_eq!(told("taken_off").content, reaction(None));
    assert_eq!(said(&json!({"type": "reaction", "reaction": {"message_id": "wamid.Q3"}})), reaction(None));
}

#[test]
fn a_baskets_figures_may_be_texts() {
    let Content::Order(order) = told("order").content else { panic!() };
    assert_eq!((order.catalog_id.as_str(), order.text.as_deref()), ("77", Some("please wrap it")));
    let figures: Vec<(Number, Number)> = order.items.into_iter().map(|item| (item.quantity, item.item_price)).collect();
    assert_eq!(figures, [(2.into(), Number::from_f64(3.5).unwrap()), (1.into(), 12.into())]);
}

#[test]
fn what_the_platform_cannot_hand_over_says_what_it_was_and_why() {
    let Content::Unsupported { kind, faults, raw } = told("poll").content else { panic!() };
    assert_eq!((kind.as_deref(), faults[0].code), (Some("poll"), 131_051));
    assert_eq!(raw["id"], "poll");
    let Content::Unsupported { kind, faults, .. } = told("old_unknown").content else { panic!() };
    assert_eq!((kind, faults[0].details.as_deref()), (None, Some("Not supported")));
}

#[test]
fn an_edit_says_what_the_message_is_now_and_a_revocation_that_it_is_no_more() {
    let Content::Edit { original, content: Some(content) } = told("edit").content else { panic!() };
    assert_eq!((original.as_str(), content.kind(), content.text()), ("wamid.Q4", "image", Some("đây mới đúng")));
    assert_eq!(told("edit").reply_to, None);
    assert_eq!(told("revoke").content, Content::Revoke { original: "wamid.Q4".to_owned() });
    let untold = json!({"type": "edit", "edit": {"original_message_id": "wamid.Q4"}});
    assert_eq!(said(&untold), Content::Edit { original: "wamid.Q4".to_owned(), content: None });
}

#[test]
fn what_stands_around_a_message_is_told_beside_it() {
    assert_eq!(told("text").surroundings.forwarded, Forwarded::Once);
    let around = told("from_ad").surroundings;
    assert_eq!(around.forwarded, Forwarded::Often);
    let product = ReferredProduct { catalog_id: "77".to_owned(), product_retailer_id: "tea".to_owned() };
    assert_eq!(around.product, Some(product));
    assert_eq!(around.faults[0].code, 131_060);
    let referral = around.referral.unwrap();
    assert_eq!(referral.source_type.as_deref(), Some("ad"));
    assert_eq!(referral.source_id.as_deref(), Some("120"));
    assert_eq!(referral.click_id.as_deref(), Some("click-1"));
    assert_eq!(referral.media_url.as_deref(), Some("https://img.example/1"));
}

#[test]
fn a_referral_may_stand_within_the_context() {
    let message = json!({"type": "text", "text": {"body": "hi"}, "context": {"referral": {"ctwa_clid": "click-2"}}});
    let around = surroundings::around(&message, &said(&message));
    assert_eq!(around.referral.unwrap().click_id.as_deref(), Some("click-2"));
}

#[test]
fn long_words_and_odd_characters_are_kept_as_they_are() {
    let long = format!("{}\0đ", "á".repeat(10_000));
    assert_eq!(said(&json!({"type": "text", "text": {"body": long}})), Content::text_of(long));
}

#[test]
fn a_name_for_a_column_has_no_nul() {
    let body = include_str!("../fixtures/types.json").replace("\"Minh\"", r#""Mi\u0000nh""#);
    let parsed = parse(body.as_bytes()).unwrap();
    assert_eq!(parsed.messages[0].display_name.as_deref(), Some("Minh"));
}
