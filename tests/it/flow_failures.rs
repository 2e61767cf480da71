//! A flow that breaks gives its conversation to a person, tells its author why, and stands in nobody's way.

use serde_json::{Value, json};
use sqlx::PgPool;
use tests::conversation::count;
use tests::flows::{asks, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const MAI: &str = "84901234567";

async fn failures(app: &TestApp) -> anyhow::Result<Vec<(String, String)>> {
    Ok(sqlx::query_as("select node_id, code from flow_failures order by id").fetch_all(&app.db).await?)
}

async fn handlers(app: &TestApp) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select handler from conversations order by handler").fetch_all(&app.db).await?)
}

fn in_circles() -> Value {
    let mut flow = on_word("loop", &[("a", "send_message", says("Round."))]);
    flow["nodes"] = json!([
        { "id": "a", "type": "set_attribute", "config": { "name": "n", "value": 1 } },
        { "id": "b", "type": "jump", "config": { "to": "a" } },
    ]);
    flow["edges"] = json!([{ "from": "a", "to": "b" }]);
    flow
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_that_goes_in_circles_is_stopped_and_others_go_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("circles", &in_circles()).await?;
    app.publish("hello", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    app.receives([from(MAI).says("loop"), from("84907654321").says("hi")]).await?;
    app.settle().await?;

    assert_eq!(failures(&app).await?.len(), 1);
    assert_eq!(failures(&app).await?[0].1, "too_many_nodes");
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(app.said_to("+84907654321"), ["Hi."]);
    let figures = app.figures(flow).await?;
    assert!(figures.iter().any(|(_, passage, _, total)| passage == "failed" && *total == 1), "{figures:?}");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_never_arrives_breaks_the_flow_it_is_of(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.persist().await?;
    app.step().await?;
    // The window shuts before it goes.
    sqlx::query("update conversations set last_inbound_at = now() - interval '2 days'").execute(&app.db).await?;
    app.settle().await?;

    assert_eq!(failures(&app).await?, [("name".to_owned(), "send_failed".to_owned())]);
    assert_eq!(handlers(&app).await?, ["human"]);
    assert_eq!(count(&app.db, "flow_sessions").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_that_does_not_read_is_set_aside_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(5).says("hi"), from("84907654321").seconds_ago(5).says("hi")]).await?;
    app.settle().await?;
    let spoil = "update flow_sessions set state = '\\x00ff' where contact_id = (
                     select contact_id from identities where value = $1)";
    sqlx::query(spoil).bind(MAI).execute(&app.db).await?;

    app.receives([from(MAI).says("Mai"), from("84907654321").says("Lan")]).await?;
    app.settle().await?;
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(app.said_to("+84907654321"), ["Your name?", "Thanks."]);
    assert_eq!(failures(&app).await?, [(String::new(), "session_unreadable".to_owned())]);
    for table in ["inbox", "flow_sessions"] {
        assert_eq!(count(&app.db, table).await?, 0, "{table}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_template_that_may_not_be_sent_breaks_the_flow_and_nothing_of_the_turn_is_said(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let template = json!({ "message": { "type": "template", "templateId": "018f0000-0000-7000-8000-000000000001" } });
    let nodes = [("hello", "send_message", says("Hello.")), ("news", "send_message", template)];
    app.publish("news", &on_word("news", &nodes)).await?;
    app.receives([from(MAI).says("news")]).await?;
    app.settle().await?;
    assert_eq!(failures(&app).await?, [("news".to_owned(), "template_missing".to_owned())]);
    assert_eq!(handlers(&app).await?, ["human"]);
    assert!(app.platform.received().is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_whose_rows_do_not_read_is_set_aside_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.publish("hello", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    let other = "206540352242922";
    app.connect(&tests::merchant::NewAccount { auto_reply: true, ..tests::merchant::NewAccount::whatsapp(other) })
        .await?;
    sqlx::query("update accounts set settings = '{\"greeting\": 7}' where external_id = $1")
        .bind(other)
        .execute(&app.db)
        .await?;
    app.receives([from(MAI).says("hi"), from("84907654321").to_number(other).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Hi."]);
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(count(&app.db, "inbox").await?, 0);
    app.stop().await
}
