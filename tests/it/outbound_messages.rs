//! A queued message goes out: in order, once, and not where it may not.

use serde_json::json;
use shared::domain::message::Author;
use simulator::Fault;
use sqlx::PgPool;
use tests::conversation::{Stored, count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

async fn answers(app: &TestApp) -> anyhow::Result<Vec<Stored>> {
    Ok(messages(&app.db).await?.into_iter().filter(|message| message.direction == "outbound").collect())
}

async fn someone_wrote(pool: PgPool) -> anyhow::Result<TestApp> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    Ok(app)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_platform_gets_the_request_it_documents(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let id = app.answers("Chào bạn").await?;

    let sent = app.platform.received();
    let [request] = &sent[..] else { panic!("expected one request, found {}", sent.len()) };
    assert_eq!(request.path, format!("/v25.0/{}/messages", tests::whatsapp::NUMBER));
    assert_eq!(
        request.json(),
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+84901234567",
            "type": "text",
            "text": { "body": "Chào bạn", "preview_url": false },
            "biz_opaque_callback_data": format!("loa:{id}:1"),
        })
    );
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn messages_of_one_conversation_leave_in_order(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    for n in 0..10 {
        app.queue(Author::Agent, &format!("number {n}")).await?;
    }
    app.wake_sender().await?;
    app.settle().await?;

    let sent: Vec<String> = app
        .platform
        .received()
        .iter()
        .map(|request| request.json()["text"]["body"].as_str().unwrap_or_default().to_owned())
        .collect();
    let expected: Vec<String> = (0..10).map(|n| format!("number {n}")).collect();
    assert_eq!(sent, expected);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_whose_answer_was_lost_is_in_doubt_until_its_status_settles_it(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.platform.fail_next(1, Fault::AcceptThenDrop);
    app.queue(Author::Agent, "did you get this?").await?;
    app.wake_sender().await?;
    app.send().await?;
    assert_eq!(answers(&app).await?[0].status, "in_doubt");

    app.settle().await?;
    assert_eq!(answers(&app).await?[0].status, "read");
    assert_eq!(app.platform.received().len(), 1, "it is never sent twice");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_platform_asks_to_wait_with_is_tried_again(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.platform.fail_next(1, Fault::code(131_016));
    app.answers("try again").await?;
    assert_eq!(answers(&app).await?[0].status, "sending");
    assert_eq!(count(&app.db, "outbox").await?, 1);

    sqlx::query("update send_holds set until = now() - interval '1 second'").execute(&app.db).await?;
    sqlx::query("update outbox set not_before = now() - interval '1 second'").execute(&app.db).await?;
    app.sweep_outbox().await?;
    app.settle().await?;
    assert_eq!(answers(&app).await?[0].status, "read");
    let attempts: Vec<bool> = app
        .platform
        .received()
        .iter()
        .map(|request| request.json()["biz_opaque_callback_data"].as_str().unwrap_or("").ends_with(":2"))
        .collect();
    assert_eq!(attempts, [false, true]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_will_never_go_fails_with_the_platforms_reason(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.platform.fail_next(1, Fault::code(131_009));
    app.answers("refused").await?;

    let answer = &answers(&app).await?[0];
    assert_eq!(answer.status, "failed");
    assert_eq!(answer.error.as_ref().expect("a reason")["code"], 131_009);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_expired_token_stops_the_account_and_loses_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.platform.fail_next(2, Fault::code(190));
    app.queue(Author::Agent, "this one finds out").await?;
    app.answers("wait for a new token").await?;

    let status: String = sqlx::query_scalar("select status from accounts").fetch_one(&app.db).await?;
    assert_eq!(status, "error");
    assert_eq!(count(&app.db, "outbox").await?, 2);
    assert_eq!(app.platform.received().len(), 1, "one refusal is enough to stop");

    app.platform.clear_faults();
    sqlx::query("update accounts set status = 'active'").execute(&app.db).await?;
    sqlx::query("update outbox set not_before = now() - interval '1 second'").execute(&app.db).await?;
    app.sweep_outbox().await?;
    app.settle().await?;
    assert_eq!(answers(&app).await?[0].status, "read");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_window_that_closed_while_the_message_waited_stops_it(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.queue(Author::Agent, "too late").await?;
    sqlx::query("update conversations set last_inbound_at = now() - interval '25 hours'").execute(&app.db).await?;
    app.wake_sender().await?;
    app.settle().await?;

    let answer = &answers(&app).await?[0];
    assert_eq!(answer.status, "failed");
    assert_eq!(answer.error.as_ref().expect("a reason")["code"], "WINDOW_CLOSED");
    assert_eq!(app.platform.received().len(), 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_bot_is_silent_once_a_person_has_the_conversation(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    app.queue(Author::Flow, "from the bot").await?;
    app.queue(Author::Agent, "from a person").await?;
    sqlx::query("update conversations set handler = 'human'").execute(&app.db).await?;
    app.wake_sender().await?;
    app.settle().await?;

    let statuses: Vec<String> = answers(&app).await?.into_iter().map(|message| message.status).collect();
    assert_eq!(statuses, ["cancelled", "read"]);
    app.stop().await
}
