//! Flows answer what customers write: in order, once, however often somebody is woken for it.

use serde_json::json;
use shared::broker::Queue;
use shared::events::wake::WakeConversation;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::flows::{asks, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const MAI: &str = "84901234567";

async fn wake_all(app: &TestApp) -> anyhow::Result<()> {
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from conversations").fetch_all(&app.db).await?;
    let wakes = ids.into_iter().map(|id| WakeConversation { conversation_id: id.into() });
    Ok(app.context.publisher().wake(Queue::Flow, wakes).await?)
}

fn two_questions() -> serde_json::Value {
    on_word(
        "order",
        &[
            ("hello", "send_message", says("Hello {{ contact.name | default('you') }}!")),
            ("name", "ask", asks("Your name?", "name")),
            ("size", "ask", asks("Which size, {{ variables.name }}?", "size")),
            ("done", "send_message", says("{{ variables.size }} for {{ variables.name }}.")),
            ("end", "end", json!({})),
        ],
    )
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_word_starts_a_flow_and_each_answer_moves_it_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("orders", &two_questions()).await?;

    app.receives([from(MAI).seconds_ago(3).says("Órder")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Hello Nguyễn Văn A!", "Your name?"]);
    assert_eq!(count(&app.db, "flow_sessions").await?, 1);

    // Both answers in one webhook, the later one first.
    app.receives([from(MAI).seconds_ago(1).says("large"), from(MAI).seconds_ago(2).says("Mai")]).await?;
    app.settle().await?;
    let said = app.said_to("+84901234567");
    assert_eq!(said[2..], ["Which size, Mai?", "large for Mai."]);
    for table in ["flow_sessions", "inbox", "outbox", "flow_events", "waits"] {
        assert_eq!(count(&app.db, table).await?, 0, "{table}");
    }

    let figures = app.figures(flow).await?;
    let of = |node: &str, passage: &str| {
        figures.iter().filter(|(n, p, _, _)| (n.as_str(), p.as_str()) == (node, passage)).map(|row| row.3).sum::<i64>()
    };
    assert_eq!([of("", "started"), of("", "completed"), of("name", "entered"), of("done", "left")], [1, 1, 1, 1]);
    let thread: Vec<String> = messages(&app.db).await?.into_iter().map(|message| message.author).collect();
    assert_eq!(thread, ["contact", "contact", "contact", "flow", "flow", "flow", "flow"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn whoever_is_woken_for_nothing_does_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.publish("orders", &two_questions()).await?;
    let said = from(MAI).says("order");
    app.receives([said.clone()]).await?;
    app.settle().await?;
    let state: Vec<u8> = sqlx::query_scalar("select state from flow_sessions").fetch_one(&app.db).await?;

    app.receives([said]).await?;
    wake_all(&app).await?;
    wake_all(&app).await?;
    app.settle().await?;

    assert_eq!(app.said_to("+84901234567").len(), 2);
    let after: Vec<u8> = sqlx::query_scalar("select state from flow_sessions").fetch_one(&app.db).await?;
    assert_eq!(state, after);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn several_engines_ask_every_question_once_and_use_every_answer_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("orders", &two_questions()).await?;
    let customers: Vec<String> = (0..20).map(|number| format!("849012345{number:02}")).collect();
    for (seconds, words) in [(30, "order"), (20, "Mai"), (10, "large")] {
        let said = customers.iter().map(|phone| from(phone).seconds_ago(seconds).says(words));
        app.receives(said).await?;
        app.persist().await?;
        for _ in 0..3 {
            wake_all(&app).await?;
        }
        app.step_with(4).await?;
    }

    let asked: Vec<(Uuid, i64)> =
        sqlx::query_as("select conversation_id, count(*) from messages where author = 'flow' group by conversation_id")
            .fetch_all(&app.db)
            .await?;
    assert_eq!(asked.len(), 20);
    assert!(asked.iter().all(|(_, messages)| *messages == 4), "{asked:?}");
    let figures = app.figures(flow).await?;
    let completed = figures.iter().find(|(node, passage, _, _)| node.is_empty() && passage == "completed");
    assert_eq!(completed.map(|row| row.3), Some(20));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_an_engine_left_that_died_before_it_woke_anybody_is_found(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.publish("orders", &two_questions()).await?;
    app.receives([from(MAI).says("order")]).await?;
    app.persist().await?;
    // The wake for the flow is lost, and afterwards the one for the sender.
    app.broker.waiting(Queue::Flow).await?;
    assert_eq!(app.step().await?, 0);
    sqlx::query("update inbox set created_at = created_at - interval '1 minute'").execute(&app.db).await?;
    app.sweep_inbox().await?;
    app.step().await?;
    app.broker.waiting(Queue::Outbound).await?;
    app.settle().await?;
    assert!(app.platform.received().is_empty());

    sqlx::query("update outbox set created_at = created_at - interval '1 minute', not_before = not_before - interval '1 minute'")
        .execute(&app.db)
        .await?;
    app.sweep_outbox().await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_goes_on_with_the_version_that_it_began_with(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("orders", &two_questions()).await?;
    app.receives([from(MAI).seconds_ago(3).says("order")]).await?;
    app.settle().await?;
    let other = on_word("order", &[("only", "send_message", says("We are closed."))]);
    app.publish_version(flow, 2, &other).await?;

    app.receives([from(MAI).seconds_ago(2).says("Mai"), from("84907654321").says("order")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").last().map(String::as_str), Some("Which size, Mai?"));
    assert_eq!(app.said_to("+84907654321"), ["We are closed."]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_reaction_an_edit_and_the_platforms_news_start_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let any = json!({ "type": "keyword", "config": { "match": "regex", "words": ["."] } });
    app.publish("echo", &tests::flows::chain(any, &[("only", "send_message", says("Yes?"))])).await?;
    app.receives([from(MAI).says_as("wamid.first", "hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 1);

    app.receives([from(MAI).reacts_to("wamid.first", Some("👍")), from(MAI).edits("wamid.first", "hello")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 1);
    app.stop().await
}
