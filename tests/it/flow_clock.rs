//! Flows that listen to the clock.

use serde_json::json;
use sqlx::PgPool;
use tests::flows::{chain, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const MAI: &str = "84901234567";

async fn minutes_pass(app: &TestApp, minutes: i32) -> anyhow::Result<()> {
    for sql in [
        "update conversations set last_message_at = last_message_at - make_interval(mins => $1),
                last_inbound_at = last_inbound_at - make_interval(mins => $1)",
        "update flow_reminders set at = at - make_interval(mins => $1)",
        "update flow_rounds set up_to = up_to - make_interval(mins => $1)",
    ] {
        sqlx::query(sql).bind(minutes).execute(&app.db).await?;
    }
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn who_does_not_answer_is_reminded_once_until_they_write(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let trigger = json!({ "type": "no_reply", "config": { "after": 600 } });
    app.publish("remind", &chain(trigger, &[("say", "send_message", says("Still there?"))])).await?;
    app.publish("hello", &on_word("hi", &[("say", "send_message", says("Hi. What can we do?"))])).await?;
    app.clock_strikes().await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    for _ in 0..4 {
        minutes_pass(&app, 6).await?;
        app.clock_strikes().await?;
        app.settle().await?;
    }
    assert_eq!(app.said_to("+84901234567"), ["Hi. What can we do?", "Still there?"]);

    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    minutes_pass(&app, 11).await?;
    app.clock_strikes().await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 4);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_hour_that_comes_starts_a_flow_for_whom_its_condition_holds(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let audience = json!({ "field": "tags", "operator": "contains", "value": "vip" });
    let trigger = json!({ "type": "schedule", "config": { "at": "09:00", "timezone": "UTC", "audience": audience } });
    let flow = app.publish("morning", &chain(trigger, &[("say", "send_message", says("Good morning!"))])).await?;
    app.receives([from(MAI).says("hello"), from("84907654321").says("hello")]).await?;
    app.settle().await?;
    let tag = "update contacts set tags = '{vip}' where id = (select contact_id from identities where value = $1)";
    sqlx::query(tag).bind(MAI).execute(&app.db).await?;
    app.clock_strikes().await?;
    app.settle().await?;
    assert!(app.platform.received().is_empty(), "it was published after the hour");

    // The hour comes now, by the janitor's book: the round stands a moment before the last nine o'clock, and the
    // janitor is not late.
    let at = shared::domain::clock::now().format("%H:%M").to_string();
    let moved = "update flow_versions set document = jsonb_set(document, '{triggers,0,config,at}', to_jsonb($2::text))
                 where flow_id = $1";
    sqlx::query(moved).bind(flow.0).bind(&at).execute(&app.db).await?;
    sqlx::query("update flow_rounds set up_to = now() - interval '1 hour'").execute(&app.db).await?;
    for _ in 0..3 {
        app.clock_strikes().await?;
        app.settle().await?;
    }
    assert_eq!(app.said_to("+84901234567"), ["Good morning!"]);
    assert!(app.said_to("+84907654321").is_empty());
    app.stop().await
}
