//! Sending over the Messenger Send API.

use serde_json::{Value, json};
use simulator::{Behaviour, Channel, Inbound};

use crate::scene::{REFERENCE, Scene, later};

const PAGE: &str = "1234565432";
const PSID: &str = "987654321432";

fn text(body: &str) -> Value {
    json!({
        "recipient": { "id": PSID },
        "messaging_type": "RESPONSE",
        "message": { "text": body, "metadata": REFERENCE },
    })
}

#[tokio::test]
async fn a_text_is_echoed_delivered_and_read() -> anyhow::Result<()> {
    let scene = Scene::start().await?;

    let request = scene.post(&format!("/v25.0/{PAGE}/messages?access_token=t"), &text("hi"));
    let answer: Value = request.send().await?.error_for_status()?.json().await?;
    scene.simulator.flush().await;

    assert_eq!(answer["recipient_id"], PSID);
    let mid = answer["message_id"].as_str().unwrap();
    assert!(mid.starts_with("m_"));
    let webhooks = scene.receiver.webhooks();
    assert!(webhooks.iter().all(|w| w.is_signed && w.path == "/api/v1/webhooks/facebook"));
    let events: Vec<_> = webhooks.iter().map(|webhook| webhook.json()["entry"][0]["messaging"][0].clone()).collect();
    assert_eq!(events.len(), 3);
    assert_eq!(events[0]["message"]["is_echo"], true);
    assert_eq!(events[0]["message"]["mid"], mid);
    assert_eq!(events[0]["message"]["metadata"], REFERENCE);
    assert_eq!(events[0]["sender"]["id"], PAGE);
    assert_eq!(events[1]["delivery"]["mids"][0], mid);
    assert!(events[1]["delivery"]["watermark"].is_i64());
    assert!(events[2]["read"]["watermark"].is_i64());
    assert_eq!(events[2]["sender"]["id"], PSID);
    // A token in the query is a credential too.
    assert!(!scene.simulator.received()[0].path.contains("access_token"));
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_with_a_send_is_refused() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mut retired_tag = text("hi");
    retired_tag["messaging_type"] = json!("MESSAGE_TAG");
    retired_tag["tag"] = json!("ACCOUNT_UPDATE");
    let mut unknown = text("hi");
    unknown["colour"] = json!("red");
    for body in [text(&"a".repeat(2001)), text(""), retired_tag, unknown, json!({})] {
        let request = scene.post(&format!("/{PAGE}/messages"), &body).bearer_auth("t");
        let response = request.send().await?;
        assert_eq!(response.status(), 400, "{body}");
        let error = response.json::<Value>().await?["error"].clone();
        assert_eq!(error["code"], 100);
        assert_eq!(error.get("error_data"), None);
    }
    Ok(())
}

#[tokio::test]
async fn outside_the_window_a_text_is_refused_at_once_where_that_is_enforced() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { enforce_window: true, ..later() }).await?;
    let path = format!("/{PAGE}/messages");

    let refused = scene.post(&path, &text("hi")).bearer_auth("t").send().await?;
    assert_eq!(refused.status(), 403);
    let error = refused.json::<Value>().await?["error"].clone();
    assert_eq!((&error["code"], &error["error_subcode"]), (&json!(10), &json!(2_018_278)));

    let inbound = Inbound::from_user(Channel::Messenger, PAGE, PSID, "hello");
    let delivered = scene.simulator.inbound(inbound).await?;
    let event = scene.receiver.webhooks()[0].json()["entry"][0]["messaging"][0].clone();
    assert_eq!(event["message"]["mid"], delivered.platform_id);
    let accepted = scene.post(&path, &text("hi")).bearer_auth("t").send().await?;
    assert_eq!(accepted.status(), 200);
    Ok(())
}
