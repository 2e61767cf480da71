//! What comes back after a send.

use std::collections::HashSet;

use axum::http::StatusCode;
use serde_json::json;
use simulator::{Behaviour, Config, Delay, Inbound, Probability};
use tokio::task::JoinSet;

use crate::scene::{CUSTOMER, NUMBER, REFERENCE, Scene, eventually, later, quick, text};

#[tokio::test]
async fn statuses_arrive_by_themselves_signed_and_with_our_field() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour {
        sent_after_ms: Delay::millis(1),
        delivered_after_ms: Delay::millis(40),
        read_after_ms: Delay::millis(80),
        ..Behaviour::default()
    })
    .await?;

    scene.send(&text("hello")).await?.error_for_status()?;

    assert!(eventually(|| scene.statuses().len() == 3).await);
    let mut names = scene.status_names();
    names.sort();
    assert_eq!(names, ["delivered", "read", "sent"]);
    for status in scene.statuses() {
        assert_eq!(status["biz_opaque_callback_data"], REFERENCE);
        assert_eq!(status["recipient_id"], CUSTOMER);
        let priced = status["status"] != "read";
        assert_eq!(status["pricing"]["category"] == "service", priced);
    }
    for webhook in scene.receiver.webhooks() {
        assert!(webhook.is_signed);
        assert_eq!(webhook.path, "/api/v1/whatsapp/webhooks");
    }
    Ok(())
}

#[tokio::test]
async fn a_flush_delivers_everything_in_order() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for _ in 0..5 {
        scene.send(&text("hello")).await?.error_for_status()?;
    }
    assert_eq!(scene.simulator.counts().webhooks.pending, 15);

    scene.simulator.flush().await;

    let names = scene.status_names();
    assert_eq!(names[..5], ["sent"; 5]);
    assert_eq!(names[5..10], ["delivered"; 5]);
    assert_eq!(names[10..], ["read"; 5]);
    assert_eq!(scene.simulator.counts().webhooks.pending, 0);
    Ok(())
}

#[tokio::test]
async fn every_status_comes_twice_where_duplicates_are_certain() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { duplicates: Probability::ALWAYS, ..later() }).await?;
    scene.send(&text("hello")).await?.error_for_status()?;

    scene.simulator.flush().await;

    let names = scene.status_names();
    assert_eq!(names, ["sent", "sent", "delivered", "delivered", "read", "read"]);
    let statuses = scene.statuses();
    assert_eq!(statuses[0], statuses[1]);
    Ok(())
}

#[tokio::test]
async fn statuses_come_out_of_order_where_reordering_is_certain() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { reordering: Probability::ALWAYS, ..later() }).await?;
    scene.send(&text("hello")).await?.error_for_status()?;

    scene.simulator.flush().await;

    let mut names = scene.status_names();
    assert_ne!(names, ["sent", "delivered", "read"]);
    names.sort();
    assert_eq!(names, ["delivered", "read", "sent"]);
    Ok(())
}

#[tokio::test]
async fn statuses_share_a_post_where_batching_is_certain() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { batching: Probability::ALWAYS, ..later() }).await?;
    scene.send(&text("hello")).await?.error_for_status()?;
    let other = scene.post("/v25.0/107/messages", &text("hello"));
    other.bearer_auth("token").send().await?.error_for_status()?;

    scene.simulator.flush().await;

    assert_eq!(scene.receiver.webhooks().len(), 1);
    assert_eq!(scene.statuses().len(), 6);
    let body = scene.receiver.webhooks()[0].json();
    assert_eq!(body["entry"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_webhook_is_posted_again_until_it_is_answered_200() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.send(&text("hello")).await?.error_for_status()?;
    scene.receiver.answer_next([StatusCode::SERVICE_UNAVAILABLE, StatusCode::ACCEPTED]);

    scene.simulator.flush().await;

    let mut names = scene.status_names();
    names.sort();
    names.dedup();
    assert_eq!(names, ["delivered", "read", "sent"]);
    let webhooks = scene.simulator.counts().webhooks;
    assert_eq!(webhooks.posted, [("200", 3), ("202", 1), ("503", 1)].map(|(k, v)| (k.to_owned(), v)).into());
    assert_eq!((webhooks.given_up, webhooks.pending), (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_is_never_received_is_given_up() -> anyhow::Result<()> {
    let scene =
        Scene::with(Behaviour { read_after_ms: Delay::NEVER, delivered_after_ms: Delay::NEVER, ..later() }).await?;
    scene.send(&text("hello")).await?.error_for_status()?;
    scene.receiver.answer_next([StatusCode::INTERNAL_SERVER_ERROR; 3]);

    scene.simulator.flush().await;

    let webhooks = scene.simulator.counts().webhooks;
    assert_eq!(webhooks.posted["500"], 3);
    assert_eq!((webhooks.given_up, webhooks.pending), (1, 0));
    Ok(())
}

#[tokio::test]
async fn what_is_too_much_is_dropped_and_counted() -> anyhow::Result<()> {
    let scene = Scene::of(Config { pending: 2, behaviour: later(), ..quick() }).await?;
    scene.send(&text("hello")).await?.error_for_status()?;
    let webhooks = scene.simulator.counts().webhooks;
    assert_eq!((webhooks.pending, webhooks.dropped), (2, 1));
    Ok(())
}

#[tokio::test]
async fn outside_the_window_a_text_fails_later_where_that_is_enforced() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { enforce_window: true, ..later() }).await?;

    assert_eq!(scene.send(&text("too late")).await?.status(), 200);
    scene.simulator.flush().await;
    assert_eq!(scene.status_names(), ["failed"]);
    let failed = &scene.statuses()[0];
    assert_eq!(failed["errors"][0]["code"], 131_047);
    assert_eq!(failed["biz_opaque_callback_data"], json!(REFERENCE));

    let inbound = Inbound::whatsapp(NUMBER, CUSTOMER, "hello?");
    scene.simulator.inbound(inbound).await?;
    scene.send(&text("in time")).await?.error_for_status()?;
    scene.simulator.flush().await;
    assert_eq!(scene.status_names(), ["failed", "sent", "delivered", "read"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_at_once_get_each_status_though_the_target_stumbles() -> anyhow::Result<()> {
    let scene = Scene::of(Config {
        attempts: 20,
        behaviour: Behaviour {
            sent_after_ms: Delay::millis(1),
            delivered_after_ms: Delay::millis(2),
            read_after_ms: Delay::millis(3),
            jitter: Probability::ALWAYS,
            batching: Probability::try_from(0.5)?,
            ..Behaviour::default()
        },
        ..quick()
    })
    .await?;
    scene.receiver.answer_next([StatusCode::SERVICE_UNAVAILABLE; 50]);

    let mut sends = JoinSet::new();
    for _ in 0..300 {
        let request = scene.post("/v25.0/1/messages", &text("hello"));
        sends.spawn(request.bearer_auth("token").send());
    }
    while let Some(sent) = sends.join_next().await {
        sent??.error_for_status()?;
    }
    scene.simulator.flush().await;

    assert!(eventually(|| scene.simulator.counts().webhooks.pending == 0).await);
    let told: HashSet<_> =
        scene.statuses().iter().map(|status| format!("{} {}", status["id"], status["status"])).collect();
    assert_eq!(told.len(), 900);
    assert_eq!(scene.simulator.counts().webhooks.given_up, 0);
    Ok(())
}
