//! Statuses: whatever their order, a message ends where it belongs.

use serde_json::Value;
use shared::channels::contract::OutboundRef;
use shared::domain::message::Author;
use shared::domain::status::MessageStatus;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::whatsapp::{NUMBER, from, status, wamid};
use tests::{MIGRATOR, TestApp};

async fn status_of_the_answer(app: &TestApp) -> anyhow::Result<String> {
    let stored = messages(&app.db).await?;
    let answer = stored.into_iter().find(|message| message.direction == "outbound");
    Ok(answer.map(|message| message.status).unwrap_or_default())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_answer_is_sent_delivered_and_read(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.answers("hello yourself").await?;

    assert_eq!(status_of_the_answer(&app).await?, "read");
    let times: (bool, bool, bool, Option<Value>) = sqlx::query_as(
        "select accepted_at is not null, delivered_at is not null, read_at is not null, pricing
         from messages where direction = 'outbound'",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!((times.0, times.1, times.2), (true, true, true));
    assert!(times.3.is_some(), "the platform's price is kept");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn shuffled_and_doubled_statuses_end_at_the_highest(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let answer = app.queue(Author::Agent, "hello yourself").await?;
    app.wake_sender().await?;
    app.send().await?;
    let stored = messages(&app.db).await?;
    let sent = stored.iter().find(|message| message.id == answer.0).expect("the answer is there");
    let platform_id = sent.platform_id.clone().expect("it was accepted");

    for word in ["read", "sent", "delivered", "failed", "delivered", "sent"] {
        app.receives([status(NUMBER, &platform_id, word, None)]).await?;
        app.track().await?;
    }
    assert_eq!(status_of_the_answer(&app).await?, "read");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_that_overtakes_the_answer_of_the_platform_finds_its_message(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let queued = app.queue(Author::Agent, "not yet recorded").await?;
    let ours = OutboundRef { message_id: queued, attempt: 1 }.to_string();
    let platform_id = wamid();

    app.receives([status(NUMBER, &platform_id, "delivered", Some(&ours))]).await?;
    app.settle().await?;

    assert_eq!(status_of_the_answer(&app).await?, "delivered");
    let known: Option<String> =
        sqlx::query_scalar("select platform_id from messages where direction = 'outbound'").fetch_one(&app.db).await?;
    assert_eq!(known, Some(platform_id));
    assert_eq!(count(&app.db, "outbox").await?, 0, "what the platform has is not sent again");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_of_a_message_that_another_tool_sent_is_kept_as_an_orphan(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (theirs, reference) = (wamid(), Some("order-4711"));
    app.receives([status(NUMBER, &theirs, "delivered", reference)]).await?;
    app.receives([status(NUMBER, &theirs, "delivered", reference)]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "orphan_statuses").await?, 1);
    assert_eq!(count(&app.db, "messages").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_failure_that_the_platform_tells_later_fails_the_message_with_its_reason(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.platform.fail_next(1, simulator::Fault::FailLater { code: 131_026 });
    app.answers("you will not get this").await?;

    let stored = messages(&app.db).await?;
    let answer = stored.iter().find(|message| message.direction == "outbound").expect("it is there");
    assert_eq!(answer.status, "failed");
    assert_eq!(answer.error.as_ref().expect("a reason")["code"], 131_026);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_ladder_of_the_rows_is_the_ladder_of_the_code(pool: PgPool) -> anyhow::Result<()> {
    let rows: Vec<String> =
        sqlx::query_scalar("select unnest(enum_range(null::message_status))::text").fetch_all(&pool).await?;
    let code = MessageStatus::ALL.map(MessageStatus::as_str);
    assert_eq!(rows, code);
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_moment_that_is_told_late_is_kept_all_the_same(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let queued = app.queue(Author::Agent, "its sender dies before the record").await?;
    let ours = OutboundRef { message_id: queued, attempt: 1 }.to_string();
    let platform_id = wamid();

    for word in ["read", "delivered", "sent"] {
        app.receives([status(NUMBER, &platform_id, word, Some(&ours))]).await?;
        app.track().await?;
    }

    let known: (bool, bool, bool) = sqlx::query_as(
        "select accepted_at is not null, delivered_at is not null, read_at is not null
         from messages where direction = 'outbound'",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(known, (true, true, true));
    app.stop().await
}
