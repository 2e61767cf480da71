//! Customers who are known, hide, stop, do not answer; and how much may be sent to strangers.

use serde_json::{Value, json};
use simulator::{Behaviour, Delay, Fault, Inbound, Limit, PersonChange, Sender};

use crate::scene::{CUSTOMER, NUMBER, Scene, later, message, text};

fn customer() -> PersonChange {
    PersonChange { address: CUSTOMER.to_owned(), ..PersonChange::default() }
}

fn template(name: &str, to: &str) -> Value {
    let mut body = message("template", &json!({ "name": name, "language": { "code": "en_US" } }));
    body["to"] = json!(to);
    body
}

fn marketing() -> Value {
    template("weekly_news", CUSTOMER)
}

#[tokio::test]
async fn who_cannot_be_reached_or_wants_no_marketing_gets_nothing() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let put = json!({ "waba": format!("9{NUMBER}"), "name": "weekly_news", "language": "en_US",
        "category": "MARKETING", "components": [{ "type": "BODY", "text": "News" }] });
    scene.post("/control/templates", &put).send().await?.error_for_status()?;
    let stop = |kind: &str| Inbound { kind: Some(kind.to_owned()), ..Inbound::whatsapp(NUMBER, CUSTOMER, "") };

    scene.simulator.inbound(stop("stopMarketing")).await?;
    scene.send(&marketing()).await?.error_for_status()?;
    scene.send(&template("hello_world", CUSTOMER)).await?.error_for_status()?;
    scene.simulator.flush().await;
    let failed: Vec<_> = scene.statuses().into_iter().filter(|status| status["status"] == "failed").collect();
    assert_eq!(failed.len(), 1, "utility still goes");
    assert_eq!(failed[0]["errors"][0]["code"], 131_050);

    scene.simulator.inbound(stop("resumeMarketing")).await?;
    scene.simulator.change_person(&PersonChange { unreachable: Some(true), ..customer() });
    scene.send(&marketing()).await?.error_for_status()?;
    scene.simulator.flush().await;
    assert_eq!(scene.statuses().last().map(|status| status["errors"][0]["code"].clone()), Some(json!(131_026)));
    Ok(())
}

#[tokio::test]
async fn a_customer_with_a_user_name_shows_no_number() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let from = Sender {
        phone: Some(CUSTOMER.to_owned()),
        user_id: Some("VN.1".to_owned()),
        name: None,
        username: Some("anh".to_owned()),
    };
    scene.simulator.inbound(Inbound { from, ..Inbound::whatsapp(NUMBER, CUSTOMER, "hi") }).await?;
    let answer: Value = scene.send(&text("hello")).await?.json().await?;
    assert_eq!(answer["contacts"][0]["wa_id"], CUSTOMER);
    assert_eq!(answer["contacts"][0]["user_id"], "VN.1");

    scene.simulator.change_person(&PersonChange { hides_phone: Some(true), never_reads: Some(true), ..customer() });
    let answer: Value = scene.send(&text("hello")).await?.json().await?;
    scene.simulator.flush().await;

    assert_eq!(answer["contacts"][0].get("wa_id"), None);
    let of_second: Vec<_> =
        scene.statuses().into_iter().filter(|status| status["id"] == answer["messages"][0]["id"]).collect();
    assert_eq!(of_second.len(), 2, "sent and delivered, never read");
    for status in of_second {
        assert_eq!(status.get("recipient_id"), None);
        assert_eq!(status["recipient_user_id"], "VN.1");
    }
    Ok(())
}

#[tokio::test]
async fn a_voice_message_is_played() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { played_after_ms: Delay::millis(20_000_000), ..later() }).await?;
    scene.send(&message("audio", &json!({ "id": "1", "voice": true }))).await?.error_for_status()?;
    scene.send(&text("no voice")).await?.error_for_status()?;
    scene.simulator.flush().await;
    assert_eq!(scene.status_names().iter().filter(|name| *name == "played").count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_template_is_held_back_then_goes_or_is_dropped() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for (released, names) in [(true, &["sent", "delivered", "read"][..]), (false, &["failed"][..])] {
        scene.simulator.fail_next(1, Fault::HoldForQuality { millis: 10, released });
        let answer: Value = scene.send(&template("hello_world", CUSTOMER)).await?.json().await?;
        assert_eq!(answer["messages"][0]["message_status"], "held_for_quality_assessment");
        let before = scene.statuses().len();
        scene.simulator.flush().await;
        assert_eq!(scene.status_names()[before..], *names);
    }
    assert_eq!(scene.statuses().last().map(|status| status["errors"][0]["code"].clone()), Some(json!(132_015)));
    let order = json!({ "holdForQuality": { "millis": 5, "released": true } });
    assert_eq!(scene.post("/control/errors", &order).send().await?.status(), 204);
    Ok(())
}

#[tokio::test]
async fn only_so_many_strangers_are_addressed() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { tier: Limit::of(2), ..later() }).await?;
    let mut statuses = Vec::new();
    for to in ["84901000001", "84901000002", "84901000001", "84901000003"] {
        statuses.push(scene.send(&template("hello_world", to)).await?.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 200, 400]);
    assert_eq!(scene.simulator.counts().requests.refused_with[&131_048], 1);
    scene.simulator.inbound(Inbound::whatsapp(NUMBER, "84901000003", "hi")).await?;
    assert_eq!(scene.send(&template("hello_world", "84901000003")).await?.status(), 200, "who wrote is no stranger");
    Ok(())
}
