//! Where flows do not speak: a person has the conversation, the account does not answer by itself, consent is withdrawn.

use serde_json::json;
use shared::broker::Queue;
use shared::domain::conversation::Handler;
use shared::domain::ids::ConversationId;
use shared::events::wake::WakeConversation;
use shared::store::conversations::handling;
use sqlx::PgPool;
use tests::conversation::count;
use tests::flows::{asks, chain, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const MAI: &str = "84901234567";

async fn started(pool: PgPool) -> anyhow::Result<TestApp> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(9).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Your name?"]);
    Ok(app)
}

async fn conversation(app: &TestApp) -> anyhow::Result<ConversationId> {
    let id: Uuid = sqlx::query_scalar("select id from conversations").fetch_one(&app.db).await?;
    Ok(id.into())
}

async fn hand_over(app: &TestApp, to: Handler) -> anyhow::Result<()> {
    let mut transaction = app.context.pool.begin().await?;
    handling::hand_over(&mut transaction, app.merchant.id, conversation(app).await?, to).await?;
    Ok(transaction.commit().await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_came_in_while_a_person_had_the_conversation_is_never_replayed(pool: PgPool) -> anyhow::Result<()> {
    let app = started(pool).await?;
    hand_over(&app, Handler::Human).await?;
    assert_eq!(count(&app.db, "flow_sessions").await?, 0, "the flow is over");
    app.receives([from(MAI).seconds_ago(5).says("hi")]).await?;
    app.settle().await?;
    hand_over(&app, Handler::Bot).await?;
    app.receives([from(MAI).seconds_ago(4).says("is anybody there?")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 1);

    app.receives([from(MAI).seconds_ago(1).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 2, "it begins with what is said from then on");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_was_waiting_when_a_person_took_over_counts_as_read(pool: PgPool) -> anyhow::Result<()> {
    let app = started(pool).await?;
    app.receives([from(MAI).seconds_ago(5).says("Mai")]).await?;
    app.persist().await?;
    // A person takes over by a way that leaves the row: the engine judges by itself.
    sqlx::query("update conversations set handler = 'human'").execute(&app.db).await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "inbox").await? + count(&app.db, "flow_sessions").await?, 0);
    assert_eq!(app.said_to("+84901234567").len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_account_that_does_not_answer_by_itself_is_silent_also_when_a_wait_is_over(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("pause", "wait", json!({ "duration": 60 })), ("later", "send_message", says("Still there?"))];
    app.publish("later", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(9).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "waits").await?, 1);
    sqlx::query("update accounts set auto_reply_enabled = false").execute(&app.db).await?;

    app.waits_are_over().await?;
    app.receives([from(MAI).seconds_ago(3).says("hi")]).await?;
    app.settle().await?;
    assert!(app.platform.received().is_empty());
    for table in ["inbox", "waits", "flow_events", "flow_sessions"] {
        assert_eq!(count(&app.db, table).await?, 0, "{table}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_word_that_withdraws_consent_ends_the_flow_and_starts_those_that_listen_to_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = started(pool).await?;
    let trigger = json!({ "type": "opt_out", "config": {} });
    app.publish("sorry", &chain(trigger, &[("sorry", "send_message", says("We are sorry."))])).await?;
    let any = json!({ "type": "keyword", "config": { "words": ["stop"] } });
    app.publish("stop", &chain(any, &[("stop", "send_message", says("Stop what?"))])).await?;

    app.receives([from(MAI).seconds_ago(2).says("STOP")]).await?;
    app.settle().await?;
    let said = app.said_to("+84901234567");
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said.contains(&"We are sorry.".to_owned()), "{said:?}");
    assert_eq!(count(&app.db, "flow_sessions").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_that_hands_over_says_its_last_words_and_nothing_more(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let hand_off = json!({ "message": "A colleague will be with you.", "note": "wants a refund" });
    let nodes = [("sorry", "send_message", says("Oh no.")), ("person", "handoff", hand_off)];
    app.publish("refunds", &on_word("refund", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(5).says("refund")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Oh no.", "A colleague will be with you."]);
    let handler: String = sqlx::query_scalar("select handler from conversations").fetch_one(&app.db).await?;
    assert_eq!(handler, "human");

    app.receives([from(MAI).seconds_ago(1).says("refund")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn who_is_taken_by_no_flow_is_greeted_once_and_told_once_that_nobody_is_there(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let settings = json!({
        "greeting": "Welcome!",
        "businessHours": { "enabled": true, "timezone": "UTC", "schedule": {}, "awayText": "Back tomorrow." },
    });
    sqlx::query("update accounts set settings = $1").bind(settings).execute(&app.db).await?;
    app.publish("names", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    for words in ["hello", "hello?", "hi"] {
        app.receives([from(MAI).says(words)]).await?;
        app.settle().await?;
    }
    assert_eq!(app.said_to("+84901234567"), ["Welcome!", "Back tomorrow.", "Hi."]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_that_was_closed_ends_its_flow(pool: PgPool) -> anyhow::Result<()> {
    let app = started(pool).await?;
    let id = conversation(&app).await?;
    let mut transaction = app.context.pool.begin().await?;
    handling::close(&mut transaction, app.merchant.id, id, Some("done")).await?;
    transaction.commit().await?;
    assert_eq!(count(&app.db, "flow_sessions").await?, 0);
    app.context.publisher().wake(Queue::Flow, [WakeConversation { conversation_id: id }]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567").len(), 1);
    app.stop().await
}
