//! Sending direct messages over the X API v2.

use reqwest::header::AUTHORIZATION;
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use simulator::{Channel, Config, Inbound};

use crate::scene::{Scene, later, quick};

const SIGNED: &str = "OAuth oauth_consumer_key=\"key\", oauth_nonce=\"n\", \
    oauth_signature=\"s%3D\", oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1\", \
    oauth_token=\"42-secretpart\", oauth_version=\"1.0\"";

fn request(scene: &Scene, text: &str) -> RequestBuilder {
    scene.post("/2/dm_conversations/with/1693649419/messages", &json!({ "text": text }))
}

async fn send(scene: &Scene, text: &str) -> reqwest::Result<Response> {
    request(scene, text).header(AUTHORIZATION, SIGNED).send().await
}

#[tokio::test]
async fn a_direct_message_is_created_echoed_and_read() -> anyhow::Result<()> {
    let scene = Scene::start().await?;

    let response = send(&scene, "you & <me>").await?;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-rate-limit-limit"], "15");
    assert_eq!(response.headers()["x-rate-limit-remaining"], "14");
    let answer: Value = response.json().await?;
    scene.simulator.flush().await;

    assert_eq!(answer["data"]["dm_conversation_id"], "42-1693649419");
    let id = &answer["data"]["dm_event_id"];
    let webhooks = scene.receiver.webhooks();
    assert_eq!(webhooks.len(), 2);
    assert!(webhooks.iter().all(|w| w.is_signed && w.path == "/api/v1/mkt-x/webhooks/twitter"));
    let echo = webhooks[0].json();
    assert_eq!(echo["for_user_id"], "42");
    assert_eq!(&echo["direct_message_events"][0]["id"], id);
    let create = &echo["direct_message_events"][0]["message_create"];
    assert_eq!(create["sender_id"], "42");
    assert_eq!(create["message_data"]["text"], "you &amp; &lt;me&gt;");
    let read = &webhooks[1].json()["direct_message_mark_read_events"][0];
    assert_eq!(&read["last_read_event_id"], id);
    let shown = format!("{:?}", scene.simulator.received()[0].headers);
    assert!(!shown.contains("secretpart"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn an_unsigned_or_too_long_message_is_refused() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    assert_eq!(request(&scene, "hi").send().await?.status(), 401);
    let bearer = request(&scene, "hi").bearer_auth("t").send().await?;
    assert_eq!(bearer.status(), 401);
    assert_eq!(send(&scene, &"a".repeat(10_001)).await?.status(), 400);
    assert_eq!(send(&scene, &"a".repeat(10_000)).await?.status(), 201);
    Ok(())
}

#[tokio::test]
async fn past_the_limit_a_user_waits_for_the_reset() -> anyhow::Result<()> {
    let scene = Scene::of(Config { x_sends: 2, behaviour: later(), ..quick() }).await?;
    assert_eq!(send(&scene, "1").await?.status(), 201);
    assert_eq!(send(&scene, "2").await?.status(), 201);
    let response = send(&scene, "3").await?;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["x-rate-limit-remaining"], "0");
    assert!(response.headers().contains_key("x-rate-limit-reset"));
    Ok(())
}

#[tokio::test]
async fn a_user_writes() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let inbound = Inbound::from_user(Channel::X, "42", "1693649419", "hello");

    let delivered = scene.simulator.inbound(inbound).await?;

    assert_eq!(delivered.http_status, Some(200));
    let event = scene.receiver.webhooks()[0].json()["direct_message_events"][0].clone();
    assert_eq!(event["id"], delivered.platform_id);
    assert_eq!(event["message_create"]["target"]["recipient_id"], "42");
    Ok(())
}
