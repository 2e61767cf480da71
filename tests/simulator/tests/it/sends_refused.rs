//! What breaks a rule is refused, and the parameter named.

use serde_json::{Value, json};
use simulator::{Config, validate_whatsapp_send};

use crate::scene::{CUSTOMER, NUMBER, Scene, interactive, message, quick, text};

const INVALID: i64 = 100;
const MISSING: i64 = 131_008;
const WRONG: i64 = 131_009;

fn chars(count: usize) -> String {
    "a".repeat(count)
}

/// Each with its code and the parameter that its details name.
async fn each_is_refused(cases: Vec<(i64, &str, Value)>) -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for (code, names, body) in cases {
        let response = scene.send(&body).await?;
        assert_eq!(response.status(), 400, "{body}");
        let error = response.json::<Value>().await?["error"].clone();
        assert_eq!(error["code"], code, "{body} {error}");
        let details = error["error_data"]["details"].as_str().unwrap_or_default();
        assert!(details.contains(names), "{details} does not name {names}");
        assert_eq!(validate_whatsapp_send(&body).map_err(|wrong| wrong.code), Err(code));
    }
    assert_eq!(scene.simulator.counts().requests.accepted, 0);
    Ok(())
}

#[tokio::test]
async fn files_are_named_by_an_id_or_a_link() -> anyhow::Result<()> {
    let both = json!({ "id": "1", "link": "https://a.example/a" });
    each_is_refused(vec![
        (INVALID, "image['id']", message("image", &both)),
        (MISSING, "sticker.id", message("sticker", &json!({}))),
        (WRONG, "video.link", message("video", &json!({ "link": "ftp://a.example/a" }))),
        (INVALID, "image['caption']", message("image", &json!({ "id": "1", "caption": chars(1025) }))),
        (INVALID, "caption", message("audio", &json!({ "id": "1", "caption": "c" }))),
        (INVALID, "caption", message("sticker", &json!({ "id": "1", "caption": "c" }))),
        (INVALID, "filename", message("image", &json!({ "id": "1", "filename": "c" }))),
        (INVALID, "audio['voice']", message("audio", &json!({ "id": "1", "voice": "yes" }))),
        (INVALID, "image", json!({ "messaging_product": "whatsapp", "to": CUSTOMER, "type": "image" })),
    ])
    .await
}

#[tokio::test]
async fn places_cards_and_reactions_hold_what_they_must() -> anyhow::Result<()> {
    let name = json!({ "formatted_name": "Anh", "last_name": "N" });
    each_is_refused(vec![
        (WRONG, "location.latitude", message("location", &json!({ "latitude": 90.1, "longitude": 0 }))),
        (MISSING, "location.longitude", message("location", &json!({ "latitude": 1 }))),
        (WRONG, "contacts", message("contacts", &json!(vec![json!({ "name": name }); 258]))),
        (WRONG, "contacts", message("contacts", &json!([]))),
        (MISSING, "contacts[0].name.first_name", message("contacts", &json!([{ "name": { "formatted_name": "A" } }]))),
        (WRONG, "contacts[0].birthday", message("contacts", &json!([{ "name": name, "birthday": "1.2.2000" }]))),
        (MISSING, "reaction.message_id", message("reaction", &json!({ "emoji": "👍" }))),
        (MISSING, "reaction.emoji", message("reaction", &json!({ "message_id": "m" }))),
        (WRONG, "reaction.emoji", message("reaction", &json!({ "message_id": "m", "emoji": "ok" }))),
    ])
    .await
}

#[tokio::test]
async fn buttons_and_lists_keep_their_limits() -> anyhow::Result<()> {
    let reply = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let button = |buttons: Value| interactive("button", &json!({ "buttons": buttons }), &json!({}));
    let with = |parts: Value| interactive("button", &json!({ "buttons": [reply("1", "a")] }), &parts);
    let list = |rows: Value| interactive("list", &json!({ "button": "b", "sections": [{ "rows": rows }] }), &json!({}));
    let row = |id: usize| json!({ "id": id.to_string(), "title": "t" });
    let rows = |from: usize, to: usize| (from..to).map(row).collect::<Vec<_>>();
    let sections = |sections: Value| interactive("list", &json!({ "button": "b", "sections": sections }), &json!({}));
    each_is_refused(vec![
        (WRONG, "interactive.type", interactive("hologram", &json!({}), &json!({}))),
        (WRONG, "action.buttons", button(json!([]))),
        (WRONG, "action.buttons", button(json!([reply("1", "a"), reply("2", "b"), reply("3", "c"), reply("4", "d")]))),
        (WRONG, "buttons[0].reply.title", button(json!([reply("1", &chars(21))]))),
        (WRONG, "buttons[0].reply.id", button(json!([reply(&chars(257), "a")]))),
        (WRONG, "buttons[1].reply.title", button(json!([reply("1", "a"), reply("2", "a")]))),
        (WRONG, "interactive.body.text", with(json!({ "body": { "text": chars(1025) } }))),
        (MISSING, "interactive.body", with(json!({ "body": null }))),
        (WRONG, "interactive.footer.text", with(json!({ "footer": { "text": chars(61) } }))),
        (WRONG, "interactive.header.text", with(json!({ "header": { "type": "text", "text": chars(61) } }))),
        (WRONG, "interactive.header.type", with(json!({ "header": { "type": "sticker", "sticker": { "id": "1" } } }))),
        (WRONG, "sections[0].rows", list(json!(rows(0, 11)))),
        (
            WRONG,
            "action.sections",
            sections(json!([{ "title": "a", "rows": rows(0, 6) }, { "title": "b", "rows": rows(6, 12) }])),
        ),
        (MISSING, "sections[0].title", sections(json!([{ "rows": rows(0, 1) }, { "rows": rows(1, 2) }]))),
        (WRONG, "rows[0].title", list(json!([{ "id": "1", "title": chars(25) }]))),
        (WRONG, "rows[0].description", list(json!([{ "id": "1", "title": "t", "description": chars(73) }]))),
        (WRONG, "rows[0].id", list(json!([{ "id": chars(201), "title": "t" }]))),
        (WRONG, "rows[1].id", list(json!([row(1), row(1)]))),
    ])
    .await
}

#[tokio::test]
async fn the_other_interactive_messages_keep_their_limits() -> anyhow::Result<()> {
    let link =
        |label: &str, url: &str| json!({ "name": "cta_url", "parameters": { "display_text": label, "url": url } });
    let card = |index: usize, kind: &str| {
        json!({ "card_index": index, "header": { "type": kind, kind: { "id": "1" } },
        "action": link("a", "https://a.example") })
    };
    let carousel = |cards: Value| interactive("carousel", &json!({ "cards": cards }), &json!({}));
    let flow =
        |parameters: Value| interactive("flow", &json!({ "name": "flow", "parameters": parameters }), &json!({}));
    let items = vec![json!({ "product_retailer_id": "1" }); 16];
    let products = json!({ "catalog_id": "1", "sections": [
        { "title": "a", "product_items": items }, { "title": "b", "product_items": items }] });
    let header = json!({ "header": { "type": "text", "text": "h" } });
    let footer = json!({ "footer": { "text": "f" } });
    each_is_refused(vec![
        (WRONG, "display_text", interactive("cta_url", &link(&chars(21), "https://a.example"), &json!({}))),
        (WRONG, "parameters.url", interactive("cta_url", &link("a", "a.example"), &json!({}))),
        (INVALID, "footer", interactive("location_request_message", &json!({ "name": "send_location" }), &footer)),
        (WRONG, "cards", carousel(json!([card(0, "image")]))),
        (WRONG, "cards", carousel(json!((0..11).map(|n| card(n, "image")).collect::<Vec<_>>()))),
        (WRONG, "cards[1].card_index", carousel(json!([card(0, "image"), card(2, "image")]))),
        (WRONG, "cards[1].header", carousel(json!([card(0, "image"), card(1, "video")]))),
        (WRONG, "cards[0].header.type", carousel(json!([card(0, "document"), card(1, "document")]))),
        (MISSING, "flow_id or flow_name", flow(json!({ "flow_message_version": "3", "flow_cta": "a" }))),
        (MISSING, "flow_cta", flow(json!({ "flow_message_version": "3", "flow_id": "1" }))),
        (MISSING, "flow_message_version", flow(json!({ "flow_cta": "a", "flow_id": "1" }))),
        (WRONG, "action.sections", interactive("product_list", &products, &header)),
        (MISSING, "interactive.header", interactive("product_list", &products, &json!({}))),
        (MISSING, "catalog_id", interactive("product", &json!({ "product_retailer_id": "1" }), &json!({}))),
    ])
    .await
}

#[tokio::test]
async fn nobody_writes_to_oneself() -> anyhow::Result<()> {
    let numbers = vec![format!("{NUMBER}:102290129340398:+{CUSTOMER}").parse()?];
    let scene = Scene::of(Config { numbers, ..quick() }).await?;
    let error: Value = scene.send(&text("hello")).await?.json().await?;
    assert_eq!(error["error"]["code"], 131_021);
    Ok(())
}
