//! The control API.

use axum::http::StatusCode;
use serde_json::{Value, json};
use simulator::Config;

use crate::scene::{CUSTOMER, NUMBER, REFERENCE, Scene, quick, text};

async fn get(scene: &Scene, path: &str) -> reqwest::Result<Value> {
    let url = format!("{}{path}", scene.simulator.url());
    scene.client.get(url).send().await?.json().await
}

#[tokio::test]
async fn an_inbound_message_is_posted_as_often_as_asked() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.receiver.answer_next([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]);
    let inbound = json!({
        "channel": "whatsapp",
        "account": NUMBER,
        "from": { "phone": CUSTOMER, "userId": "VN.1", "name": "Ánh" },
        "text": "Xin chào 👋",
        "id": "wamid.fixed",
        "timestamp": "2026-11-21T10:00:00Z",
        "times": 5,
    });

    let request = scene.post("/control/inbound", &inbound);
    let answer: Value = request.send().await?.error_for_status()?.json().await?;

    assert_eq!(answer["platformId"], "wamid.fixed");
    assert_eq!(answer["httpStatuses"], json!([200, 503, 200, 200, 200]));
    let webhooks = scene.receiver.webhooks();
    assert_eq!(webhooks.len(), 5);
    assert!(webhooks.iter().all(|w| w.is_signed && w.body == webhooks[0].body && w.body.is_ascii()));
    let value = webhooks[0].json()["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(value["messages"][0]["from"], CUSTOMER);
    assert_eq!(value["messages"][0]["timestamp"], "1795255200");
    assert_eq!(value["messages"][0]["text"]["body"], "Xin chào 👋");
    assert_eq!(value["contacts"][0]["profile"]["name"], "Ánh");
    assert_eq!(value["metadata"]["phone_number_id"], NUMBER);
    Ok(())
}

#[tokio::test]
async fn a_customer_without_any_address_cannot_write() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let inbound = json!({ "channel": "whatsapp", "account": NUMBER, "from": {}, "text": "hello" });
    let response = scene.post("/control/inbound", &inbound).send().await?;
    assert_eq!(response.status(), 422);
    assert!(scene.receiver.webhooks().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_raw_webhook_is_posted_byte_for_byte() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let path = "/api/v1/whatsapp/webhooks";
    let request = scene
        .client
        .post(format!("{}/control/webhook", scene.simulator.url()))
        .header("content-type", "application/json")
        .body(format!(r#"{{"path":"{path}","body":{{ "b":1,  "a":"\u00e4" }} }}"#));
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    assert_eq!(answer, json!({ "httpStatus": 200 }));

    let not_json = json!({ "path": path, "body": "not json" });
    scene.post("/control/webhook", &not_json).send().await?.error_for_status()?;
    let forged = json!({ "path": path, "body": {}, "signature": "sha256=00" });
    scene.post("/control/webhook", &forged).send().await?.error_for_status()?;

    let webhooks = scene.receiver.webhooks();
    assert_eq!(webhooks[0].body, r#"{ "b":1,  "a":"\u00e4" }"#);
    assert_eq!(webhooks[1].body, "not json");
    let signed: Vec<_> = webhooks.iter().map(|webhook| webhook.is_signed).collect();
    assert_eq!(signed, [true, true, false]);
    Ok(())
}

#[tokio::test]
async fn doubled_sends_are_counted_across_attempts() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.send(&text("hello")).await?.error_for_status()?;
    let mut second = text("hello");
    second["biz_opaque_callback_data"] = json!(REFERENCE.replace(":1", ":2"));
    scene.send(&second).await?.error_for_status()?;
    second["biz_opaque_callback_data"] = json!("loa:other:1");
    scene.send(&second).await?.error_for_status()?;

    let counts = get(&scene, "/control/counts").await?;

    assert_eq!(counts["received"], 3);
    assert_eq!(counts["uniqueReferences"], 2);
    assert_eq!(counts["duplicates"], 1);
    assert_eq!(counts["doubled"], json!([REFERENCE.trim_end_matches(":1")]));
    assert_eq!(counts["webhooks"]["pending"], 9);
    Ok(())
}

#[tokio::test]
async fn what_was_received_is_listed_by_recipient_and_reference() -> anyhow::Result<()> {
    let scene = Scene::of(Config { records: 2, ..quick() }).await?;
    for reference in ["loa:a:1", "loa:b:1", "loa:c:1"] {
        let mut body = text("hello");
        body["biz_opaque_callback_data"] = json!(reference);
        scene.send(&body).await?.error_for_status()?;
    }

    let of_b = get(&scene, "/control/messages?ref=b").await?;
    assert_eq!(of_b[0]["ref"], "loa:b:1");
    assert_eq!(of_b[0]["outcome"]["is"], "accepted");
    assert_eq!(of_b[0]["json"]["text"]["body"], "hello");
    assert!(of_b[0]["at"].is_i64());
    let to = get(&scene, &format!("/control/messages?to=%2B{CUSTOMER}&limit=1")).await?;
    assert_eq!(to.as_array().map(Vec::len), Some(1));
    assert_eq!(to[0]["ref"], "loa:c:1");
    assert_eq!(get(&scene, "/control/messages?ref=a").await?, json!([]));
    assert_eq!(get(&scene, "/control/counts").await?["forgotten"], 1);

    let url = format!("{}/control/messages", scene.simulator.url());
    scene.client.delete(url).send().await?.error_for_status()?;
    assert_eq!(get(&scene, "/control/messages").await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn behaviour_changes_field_by_field_at_run_time() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let change = json!({ "readAfterMs": null, "duplicates": 1.0 });
    let request = scene.post("/control/config", &change);
    let behaviour: Value = request.send().await?.error_for_status()?.json().await?;
    assert_eq!(behaviour["readAfterMs"], Value::Null);
    assert_eq!(behaviour["sentAfterMs"], 3_600_000);

    for wrong in [json!({ "colour": "red" }), json!({ "duplicates": 2 }), json!([])] {
        let response = scene.post("/control/config", &wrong).send().await?;
        assert_eq!(response.status(), 422, "{wrong}");
    }

    scene.send(&text("hello")).await?.error_for_status()?;
    let counts = scene.post("/control/flush", &json!({})).send().await?;
    let counts: Value = counts.error_for_status()?.json().await?;
    assert_eq!(counts["webhooks"]["pending"], 0);
    assert_eq!(scene.status_names(), ["sent", "sent", "delivered", "delivered"]);
    Ok(())
}
