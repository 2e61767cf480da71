//! Everything that can be sent is taken as it stands, at its limits too.

use serde_json::{Value, json};
use simulator::validate_whatsapp_send;

use crate::scene::{Scene, interactive, message};

fn reply(number: usize) -> Value {
    json!({ "type": "reply", "reply": { "id": number.to_string().repeat(256), "title": format!("{number:020}") } })
}

fn rows(first: usize, count: usize) -> Vec<Value> {
    (first..first + count)
        .map(|row| json!({ "id": format!("{row:0200}"), "title": "t".repeat(24), "description": "d".repeat(72) }))
        .collect()
}

fn card(index: usize, action: &Value) -> Value {
    let header = json!({ "type": "image", "image": { "link": "https://shop.example/a.jpg" } });
    json!({ "card_index": index, "type": "cta_url", "header": header, "body": { "text": "b".repeat(160) }, "action": action })
}

fn messages() -> Vec<Value> {
    let link =
        json!({ "name": "cta_url", "parameters": { "display_text": "Look", "url": "https://shop.example/?a=1" } });
    let replies = json!({ "buttons": [{ "type": "quick_reply", "quick_reply": { "id": "1", "title": "More" } }] });
    let caption = "c".repeat(1024);
    let contact = json!({ "name": { "formatted_name": "Anh", "first_name": "Anh" }, "birthday": "2000-02-29",
        "phones": [{ "phone": "+84 901", "type": "WORK", "wa_id": "84901" }], "org": { "company": "Shop" } });
    let products = |count: usize| vec![json!({ "product_retailer_id": "sku" }); count];
    let section = |title: &str, count: usize| json!({ "title": title, "product_items": products(count) });
    let flow = json!({ "name": "flow", "parameters": { "flow_message_version": "3", "flow_name": "book", "flow_cta": "Book",
        "flow_token": "t", "flow_action": "navigate", "flow_action_payload": { "screen": "DAY", "data": { "a": 1 } } } });
    let header =
        |kind: &str| json!({ "header": { "type": kind, kind: { "id": "1" } }, "footer": { "text": "f".repeat(60) } });
    vec![
        message("text", &json!({ "body": "ễ".repeat(4096), "preview_url": true })),
        message("image", &json!({ "id": "1", "caption": caption })),
        message("video", &json!({ "link": "https://shop.example/a.mp4", "caption": caption })),
        message("audio", &json!({ "id": "1", "voice": true })),
        message("document", &json!({ "id": "1", "caption": caption, "filename": "a.pdf" })),
        message("sticker", &json!({ "link": "http://shop.example/a.webp" })),
        message("location", &json!({ "latitude": -90, "longitude": "180.0", "name": "Shop", "address": "Street 1" })),
        message("contacts", &json!(vec![contact; 257])),
        message("reaction", &json!({ "message_id": "wamid.x", "emoji": "👩\u{200d}👩\u{200d}👧" })),
        message("reaction", &json!({ "message_id": "wamid.x", "emoji": "" })),
        interactive("button", &json!({ "buttons": [reply(1), reply(2), reply(3)] }), &header("image")),
        interactive("BUTTON", &json!({ "buttons": [reply(1)] }), &json!({ "body": { "text": "b".repeat(1024) } })),
        interactive(
            "list",
            &json!({ "button": "b".repeat(20), "sections": [
                { "title": "s".repeat(24), "rows": rows(0, 5) }, { "title": "two", "rows": rows(5, 5) }] }),
            &json!({ "body": { "text": "b".repeat(4096) }, "header": { "type": "text", "text": "h".repeat(60) } }),
        ),
        interactive("list", &json!({ "button": "Open", "sections": [{ "rows": rows(0, 10) }] }), &json!({})),
        interactive("cta_url", &link, &header("video")),
        interactive("location_request_message", &json!({ "name": "send_location" }), &json!({})),
        interactive("carousel", &json!({ "cards": (0..10).map(|n| card(n, &link)).collect::<Vec<_>>() }), &json!({})),
        interactive("carousel", &json!({ "cards": [card(0, &replies), card(1, &replies)] }), &json!({})),
        interactive("flow", &flow, &header("document")),
        interactive("product", &json!({ "catalog_id": "1", "product_retailer_id": "sku" }), &json!({ "body": null })),
        interactive(
            "product_list",
            &json!({ "catalog_id": "1", "sections": [section("One", 15), section("Two", 15)] }),
            &json!({ "header": { "type": "text", "text": "Ours" } }),
        ),
        interactive("catalog_message", &json!({ "name": "catalog_message" }), &json!({})),
    ]
}

#[tokio::test]
async fn every_type_is_taken_at_its_limits() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for body in messages() {
        let response = scene.send(&body).await?;
        let (status, answer) = (response.status(), response.text().await?);
        assert_eq!(status, 200, "{answer} {}", body["type"]);
        assert_eq!(validate_whatsapp_send(&body), Ok(()));
    }
    scene.simulator.flush().await;
    assert_eq!(scene.statuses().len(), 3 * messages().len());
    Ok(())
}

#[tokio::test]
async fn a_reply_and_a_customer_without_a_number_are_taken() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mut body = message("text", &json!({ "body": "hello" }));
    body["context"] = json!({ "message_id": "wamid.x" });
    body["recipient"] = json!("VN.1");
    let answer: Value = scene.send(&body).await?.error_for_status()?.json().await?;
    assert!(answer["contacts"][0]["wa_id"].is_string(), "the number wins");
    body.as_object_mut().unwrap().remove("to");
    let answer: Value = scene.send(&body).await?.error_for_status()?.json().await?;
    assert_eq!(answer["contacts"][0]["user_id"], "VN.1");
    Ok(())
}
