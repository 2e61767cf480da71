//! Errors made to order.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::{Fault, Match, Outcome, Rule};

use crate::scene::{CUSTOMER, Scene, eventually, text};

#[tokio::test]
async fn an_ordered_code_comes_in_metas_form_as_often_as_asked() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for (code, status) in [(131_056, 400), (190, 401), (131_000, 500), (132_001, 404)] {
        scene.simulator.fail_next(2, Fault::code(code));
        for _ in 0..2 {
            let response = scene.send(&text("hello")).await?;
            assert_eq!(response.status(), status);
            let body: Value = response.json().await?;
            assert_eq!(body["error"]["code"], code);
        }
        assert_eq!(scene.send(&text("hello")).await?.status(), 200);
    }
    Ok(())
}

#[tokio::test]
async fn only_matching_sends_meet_the_fault() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let matching = |to: &str| Match { to: Some(to.to_owned()), ..Match::default() };
    scene.simulator.fail(Rule { matching: matching("1"), fault: Fault::code(131_026), times: 1 });
    assert_eq!(scene.send(&text("hello")).await?.status(), 200);
    scene.simulator.fail(Rule { matching: matching(CUSTOMER), fault: Fault::code(131_026), times: 1 });
    assert_eq!(scene.send(&text("hello")).await?.status(), 400);
    Ok(())
}

#[tokio::test]
async fn a_dropped_connection_takes_nothing() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.fail_next(1, Fault::DropConnection);

    let error = scene.send(&text("hello")).await.unwrap_err();

    assert!(!error.is_timeout() && !error.is_status(), "{error:?}");
    assert_eq!(scene.simulator.received()[0].outcome, Outcome::Dropped);
    assert_eq!(scene.simulator.counts().webhooks.pending, 0);
    Ok(())
}

#[tokio::test]
async fn a_message_whose_answer_was_lost_gets_its_statuses() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.fail_next(1, Fault::AcceptThenDrop);

    assert!(scene.send(&text("hello")).await.is_err());
    scene.simulator.flush().await;

    assert_eq!(scene.status_names(), ["sent", "delivered", "read"]);
    assert_eq!(scene.simulator.received()[0].outcome, Outcome::AnswerLost);
    Ok(())
}

#[tokio::test]
async fn a_message_can_be_taken_long_before_its_answer() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.fail_next(1, Fault::AcceptThenHang { millis: 300 });

    let asked = std::time::Instant::now();
    let hello = text("hello");
    let (answer, taken_first) = tokio::join!(scene.send(&hello), async {
        let taken = eventually(|| scene.simulator.counts().requests.accepted == 1).await;
        taken && asked.elapsed() < Duration::from_millis(300)
    });

    assert!(taken_first);
    assert_eq!(answer?.status(), 200);
    assert!(asked.elapsed() >= Duration::from_millis(300));
    scene.simulator.flush().await;
    assert_eq!(scene.status_names(), ["sent", "delivered", "read"]);
    Ok(())
}

#[tokio::test]
async fn a_hanging_platform_makes_the_sender_time_out() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.fail_next(1, Fault::Hang { millis: 60_000 });

    let request =
        scene.post("/v25.0/1/messages", &text("hello")).bearer_auth("token").timeout(Duration::from_millis(200));

    assert!(request.send().await.unwrap_err().is_timeout());
    let hung = || scene.simulator.received().first().map(|r| r.outcome) == Some(Outcome::Hung);
    assert!(eventually(hung).await);
    Ok(())
}

#[tokio::test]
async fn a_page_of_html_and_a_failed_status_can_be_ordered() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.fail_next(1, Fault::Html { http_status: 502 });
    scene.simulator.fail_next(1, Fault::FailLater { code: 131_026 });

    let page = scene.send(&text("hello")).await?;
    assert_eq!(page.status(), 502);
    assert!(page.text().await?.starts_with("<!DOCTYPE html>"));

    assert_eq!(scene.send(&text("hello")).await?.status(), 200);
    scene.simulator.flush().await;
    assert_eq!(scene.status_names(), ["failed"]);
    assert_eq!(scene.statuses()[0]["errors"][0]["code"], 131_026);
    Ok(())
}

#[tokio::test]
async fn faults_are_ordered_and_forgotten_over_http() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for order in [
        json!({ "code": 130_429, "times": 5 }),
        json!({ "match": { "account": "106540352242922" }, "httpStatus": 503 }),
        json!({ "html": true }),
        json!({ "hang": 5 }),
        json!({ "dropConnection": true }),
        json!({ "acceptThenDrop": true }),
        json!({ "acceptThenHang": 5 }),
    ] {
        let response = scene.post("/control/errors", &order).send().await?;
        assert_eq!(response.status(), 204, "{order}");
    }
    assert_eq!(scene.send(&text("hello")).await?.status(), 400);
    let url = format!("{}/control/errors", scene.simulator.url());
    scene.client.delete(url).send().await?.error_for_status()?;
    assert_eq!(scene.send(&text("hello")).await?.status(), 200);

    for order in [json!({}), json!({ "code": 1, "html": true }), json!({ "httpStatus": 200 })] {
        let response = scene.post("/control/errors", &order).send().await?;
        assert_eq!(response.status(), 422, "{order}");
    }
    Ok(())
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_hang() -> anyhow::Result<()> {
    let Scene { simulator, client, .. } = Scene::start().await?;
    simulator.fail_next(1, Fault::Hang { millis: 60_000 });
    let request =
        client.post(format!("{}/v25.0/1/messages", simulator.url())).bearer_auth("token").json(&text("hello"));

    let stop = async {
        assert!(eventually(|| !simulator.received().is_empty()).await);
        simulator.stop().await;
    };
    let (answer, ()) = tokio::join!(request.send(), stop);

    assert!(!answer.unwrap_err().is_timeout());
    Ok(())
}
