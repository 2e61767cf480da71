//! Flows wait: as rows that any janitor makes events of, and for as long as was said.

use serde_json::json;
use sqlx::PgPool;
use tests::conversation::count;
use tests::flows::{asks, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const MAI: &str = "84901234567";

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_wait_is_heard_when_it_is_over_and_not_before(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes =
        [("pause", "wait", json!({ "duration": 86_400 })), ("later", "send_message", says("A day has passed."))];
    app.publish("later", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    app.fire_waits().await?;
    app.settle().await?;
    assert!(app.platform.received().is_empty());

    app.waits_are_over().await?;
    app.fire_waits().await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["A day has passed."]);
    assert_eq!(count(&app.db, "waits").await? + count(&app.db, "flow_sessions").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_wait_whose_wake_was_lost_is_heard_all_the_same(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("pause", "wait", json!({ "duration": 60 })), ("later", "send_message", says("Later."))];
    app.publish("later", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    app.waits_are_over().await?;
    app.broker.waiting(shared::broker::Queue::Flow).await?;
    assert_eq!(count(&app.db, "flow_events").await?, 1);

    sqlx::query("update flow_events set created_at = created_at - interval '1 minute'").execute(&app.db).await?;
    app.sweep_inbox().await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Later."]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_time_to_answer_begins_when_the_question_was_sent(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let mut question = asks("Your name?", "name");
    question["timeout"] = json!(60);
    let mut flow = on_word("hi", &[("name", "ask", question), ("done", "send_message", says("Thanks."))]);
    let late = json!({ "id": "late", "type": "send_message", "config": says("Never mind.") });
    flow["nodes"].as_array_mut().unwrap().push(late);
    let edges = flow["edges"].as_array_mut().unwrap();
    edges.push(json!({ "from": "name", "outlet": "timed_out", "to": "late" }));
    edges.push(json!({ "from": "late", "to": "over" }));
    app.publish("names", &flow).await?;

    app.receives([from(MAI).seconds_ago(5).says("hi")]).await?;
    app.persist().await?;
    app.step().await?;
    assert_eq!(count(&app.db, "waits").await?, 0, "the question is queued, and not sent");
    app.settle().await?;
    assert_eq!(count(&app.db, "waits").await?, 1);

    app.waits_are_over().await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Your name?", "Never mind."]);

    // An answer in time: the wait is forgotten.
    app.receives([from(MAI).seconds_ago(4).says("hi")]).await?;
    app.settle().await?;
    app.receives([from(MAI).seconds_ago(3).says("Mai")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").last().map(String::as_str), Some("Thanks."));
    assert_eq!(count(&app.db, "waits").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_that_nobody_moves_is_over_after_a_week(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    let flow = app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(5).says("hi")]).await?;
    app.settle().await?;
    let days: f64 =
        sqlx::query_scalar("select extract(epoch from expires_at - now())::float8 / 86400 from flow_sessions")
            .fetch_one(&app.db)
            .await?;
    assert!((6.9..=7.1).contains(&days), "{days}");

    sqlx::query("update flow_sessions set expires_at = now() - interval '1 second'").execute(&app.db).await?;
    app.sweep_inbox().await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "flow_sessions").await?, 0);
    let figures = app.figures(flow).await?;
    assert!(figures.iter().any(|(_, passage, _, total)| passage == "expired" && *total == 1), "{figures:?}");

    app.receives([from(MAI).says("Mai")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Your name?"], "the answer came too late to be one");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_with_a_delay_waits_and_only_what_the_flow_says_behind_it_waits_too(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let mut slow = says("Thinking ...");
    slow["delay"] = json!(3600);
    let nodes = [
        ("now", "send_message", says("One moment.")),
        ("slow", "send_message", slow),
        ("end", "send_message", says("Done.")),
    ];
    app.publish("slow", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["One moment."]);
    app.answers("A person meanwhile.").await?;

    sqlx::query(
        "update outbox set not_before = now() - interval '1 second', delayed_until = now() - interval '1 second'",
    )
    .execute(&app.db)
    .await?;
    app.wake_sender().await?;
    app.settle().await?;
    let said = app.said_to("+84901234567");
    assert_eq!(said, ["One moment.", "A person meanwhile.", "Thinking ...", "Done."]);
    app.stop().await
}
