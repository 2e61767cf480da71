//! What follows from failures that a status tells, after the platform had taken the message.

use shared::domain::clock;
use shared::domain::ids::MessageId;
use shared::domain::message::{Author, Content};
use shared::store::messages::queue::{self, NewOutbound};
use simulator::Fault;
use sqlx::PgPool;
use tests::conversation::messages;
use tests::threads::{Thread, queue_text, send, statuses, threads};
use tests::{MIGRATOR, TestApp};
use workers::send::late::{self, LateFailure};

/// Queues a template into a thread.
async fn queue_template(app: &TestApp, thread: &Thread, name: &str) -> anyhow::Result<MessageId> {
    let id = MessageId::new();
    let template = serde_json::json!({ "type": "template", "name": name, "language": "vi" });
    let content: Content = serde_json::from_value(template)?;
    let mut transaction = app.context.pool.begin().await?;
    let keys = app.context.keyring.of(&mut transaction, app.merchant.id).await?;
    let message = NewOutbound {
        id,
        merchant_id: app.merchant.id,
        account_id: thread.0.into(),
        conversation_id: thread.1.into(),
        contact_id: thread.2.into(),
        author: Author::System,
        author_user_id: None,
        content: &content,
        reply_to: None,
        reference: None,
        priority: 5,
        not_before: None,
        trace: None,
        at: clock::now(),
    };
    queue::queue(&mut transaction, &keys, &message).await?;
    transaction.commit().await?;
    Ok(id)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nothing_more_goes_of_a_template_that_the_platform_paused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 2).await?;
    let failed = queue_template(&app, &threads[0], "order_ready").await?;
    sqlx::query("delete from outbox").execute(&app.db).await?;
    let error = serde_json::json!({
        "code": 132_015, "title": "Template is Paused", "remedy": { "do": "pause", "scope": "campaign" },
    });
    let failure = LateFailure::read(failed, Some(error)).expect("it reads");
    let mut conn = app.context.pool.acquire().await?;
    late::of_late_failures(&mut conn, &app.context.keyring, &[failure], clock::now()).await?;
    drop(conn);
    let held: String = sqlx::query_scalar("select subject from send_holds").fetch_one(&app.db).await?;
    assert_eq!(held, format!("{}/order_ready/vi", tests::whatsapp::WABA), "it has no row yet");

    let stopped = queue_template(&app, &threads[1], "order_ready").await?;
    send(&app).await?;
    let stored = messages(&app.db).await?;
    let stopped = stored.iter().find(|message| message.id == stopped.0).expect("it is there");
    assert_eq!(stopped.error.as_ref().expect("a reason")["code"], "TEMPLATE_HELD");
    assert_eq!(app.platform.received().len(), 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_marketing_limit_that_a_status_tells_is_tried_again_after_a_day(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 1).await?;
    app.platform.fail_next(1, Fault::FailLater { code: 131_049 });
    queue_text(&app, &threads[0], Author::Agent, "an offer").await?;
    send(&app).await?;
    app.platform.flush().await;
    app.track().await?;
    assert_eq!(statuses(&app).await?, ["failed"]);

    sqlx::query("update outbox set not_before = not_before - interval '1 day 3 hours'").execute(&app.db).await?;
    app.sweep_outbox().await?;
    app.settle().await?;
    assert_eq!(statuses(&app).await?, ["read"]);
    let attempts = app.platform.received().iter().filter_map(|request| request.reference.clone()).collect::<Vec<_>>();
    assert!(attempts[1].ends_with(":2"), "{attempts:?}");
    app.stop().await
}
