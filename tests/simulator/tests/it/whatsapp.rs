//! Sending over the WhatsApp Cloud API.

use serde_json::{Value, json};
use simulator::{Config, Outcome};

use crate::scene::{CUSTOMER, NUMBER, REFERENCE, Scene, quick, text};

#[tokio::test]
async fn a_text_is_accepted_with_a_wamid_and_recorded() -> anyhow::Result<()> {
    let scene = Scene::start().await?;

    let response = scene.send(&text("Xin chào")).await?;

    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await?;
    assert_eq!(answer["contacts"][0]["input"], format!("+{CUSTOMER}"));
    assert_eq!(answer["contacts"][0]["wa_id"], CUSTOMER);
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert!(wamid.starts_with("wamid."));

    let received = scene.simulator.received_to(&format!("+{CUSTOMER}"));
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].outcome, Outcome::Accepted);
    assert_eq!(received[0].platform_id.as_deref(), Some(wamid));
    assert_eq!(received[0].reference.as_deref(), Some(REFERENCE));
    assert_eq!(received[0].json(), text("Xin chào"));
    assert_eq!(received[0].path, format!("/v25.0/{NUMBER}/messages"));
    let shown = format!("{:?}", received[0].headers);
    assert!(shown.contains("Bearer [redacted]") && !shown.contains("token"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn a_customer_without_a_phone_number_is_answered_with_the_user_id() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mut body = text("hello");
    body["recipient"] = json!("US.13491208655302741918");
    body.as_object_mut().unwrap().remove("to");

    let answer: Value = scene.send(&body).await?.json().await?;
    scene.simulator.flush().await;

    assert_eq!(answer["contacts"][0]["user_id"], "US.13491208655302741918");
    assert_eq!(scene.statuses()[0]["recipient_user_id"], "US.13491208655302741918");
    assert_eq!(scene.statuses()[0].get("recipient_id"), None);
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_send_is_said_in_metas_form() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let with = |field: &str, value: Value| {
        let mut body = text("hello");
        body[field] = value;
        body
    };
    let without = |field: &str| {
        let mut body = text("hello");
        body.as_object_mut().unwrap().remove(field);
        body
    };
    let cases = [
        (100, without("to")),
        (100, without("text")),
        (100, with("colour", json!("red"))),
        (100, with("text", json!({ "body": "a", "colour": "red" }))),
        (100, with("text", json!({ "body": "a".repeat(4097) }))),
        (100, with("biz_opaque_callback_data", json!("a".repeat(513)))),
        (131_008, with("text", json!({ "body": "" }))),
        (131_009, with("to", json!("not a number"))),
        (131_051, with("type", json!("hologram"))),
    ];
    for (code, body) in cases {
        let response = scene.send(&body).await?;
        assert_eq!(response.status(), 400, "{body}");
        let error = response.json::<Value>().await?["error"].clone();
        assert_eq!(error["code"], code, "{body} {error}");
        assert_eq!(error["type"], "OAuthException");
        assert_eq!(error["error_data"]["messaging_product"], "whatsapp");
        assert!(error["error_data"]["details"].is_string());
        assert!(error["fbtrace_id"].is_string());
    }
    assert_eq!(scene.simulator.counts().requests.accepted, 0);
    Ok(())
}

#[tokio::test]
async fn the_longest_text_and_reference_are_accepted() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mut body = text(&"ễ".repeat(4096));
    body["biz_opaque_callback_data"] = json!("a".repeat(512));
    assert_eq!(scene.send(&body).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn only_known_tokens_and_numbers_are_accepted_where_some_are_given() -> anyhow::Result<()> {
    let scene = Scene::of(Config {
        access_tokens: vec!["right".into()],
        numbers: vec![format!("{NUMBER}:102290129340398:+84 28 7300 0000").parse()?],
        ..quick()
    })
    .await?;
    let path = format!("/{NUMBER}/messages");
    for (token, path, status, code) in [("wrong", path.as_str(), 401, 190), ("right", "/v25.0/1/messages", 400, 100)] {
        let request = scene.post(path, &text("hello")).bearer_auth(token);
        let response = request.send().await?;
        assert_eq!(response.status(), status);
        assert_eq!(response.json::<Value>().await?["error"]["code"], code);
    }
    let mut nameless = text("hello");
    nameless.as_object_mut().unwrap().remove("messaging_product");
    let request = scene.post(&path, &nameless).bearer_auth("right");
    let answer: Value = request.send().await?.json().await?;
    assert!(answer["error"]["message"].as_str().unwrap().contains("messaging_product"));
    let unsigned = scene.post(&path, &text("hello")).send().await?;
    assert_eq!(unsigned.status(), 401);
    let right = scene.post(&path, &text("hello")).bearer_auth("right");
    assert_eq!(right.send().await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_read_mark_is_taken_and_is_no_message() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mark = json!({
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.x",
        "typing_indicator": { "type": "text" },
    });

    let answer: Value = scene.send(&mark).await?.json().await?;

    assert_eq!(answer, json!({ "success": true }));
    let counts = scene.simulator.counts();
    assert_eq!((counts.requests.marks, counts.requests.accepted), (1, 0));
    assert_eq!(counts.webhooks.pending, 0);
    Ok(())
}

#[tokio::test]
async fn a_number_describes_itself_and_an_app_subscribes() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let url = format!("{}/v25.0/{NUMBER}?fields=quality_rating", scene.simulator.url());
    let number: Value = scene.client.get(url).bearer_auth("t").send().await?.json().await?;
    assert_eq!(number, json!({ "id": NUMBER, "quality_rating": "GREEN" }));

    let request = scene.post("/v25.0/102290129340398/subscribed_apps", &json!({}));
    let answer: Value = request.bearer_auth("t").send().await?.json().await?;
    assert_eq!(answer, json!({ "success": true }));
    Ok(())
}
