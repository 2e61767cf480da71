//! Sends of which nobody knows whether they went: settled by a status, sent again where none can come any
//! more, or left to a person. Never twice.

use std::time::Duration;

use api::commands::{Doubts, settle_doubts};
use shared::domain::ids::MessageId;
use shared::domain::message::Author;
use shared::store::doubts::Grace;
use simulator::Fault;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

/// Two minutes, and a person at once.
const GRACE: Grace = Grace { before_resending: Duration::from_mins(2), before_asking: Duration::from_mins(30) };

/// A message that the platform did not take, and of which Loa does not know it.
async fn doubtful(app: &TestApp, author: Author) -> anyhow::Result<MessageId> {
    app.receives([from("84901234567").says("hello")]).await?;
    app.receives([from("84907654321").says("hello")]).await?;
    app.settle().await?;
    app.platform.fail_next(1, Fault::DropConnection);
    let id = app.queue(author, "did you get this?").await?;
    if author == Author::Campaign {
        sqlx::query("update outbox set priority = 9").execute(&app.db).await?;
    }
    app.wake_sender().await?;
    app.send().await?;
    assert_eq!(status(app, id).await?, "in_doubt");
    assert_eq!(count(&app.db, "doubts").await?, 1);
    Ok(id)
}

async fn status(app: &TestApp, id: MessageId) -> anyhow::Result<String> {
    Ok(messages(&app.db).await?.into_iter().find(|message| message.id == id.0).map(|it| it.status).unwrap_or_default())
}

/// The other customer is answered, and the statuses of that come: after `minutes` since the doubt.
async fn statuses_flow_after(app: &TestApp, minutes: i32) -> anyhow::Result<()> {
    let sql = "update doubts set since = since - make_interval(mins => $1)";
    sqlx::query(sql).bind(minutes).execute(&app.db).await?;
    sqlx::query(
        "update messages set attempted_at = attempted_at - make_interval(mins => $1) where status = 'in_doubt'",
    )
    .bind(minutes)
    .execute(&app.db)
    .await?;
    let (account, conversation, contact): (uuid::Uuid, uuid::Uuid, uuid::Uuid) =
        sqlx::query_as("select account_id, id, contact_id from conversations order by opened_at desc, id desc limit 1")
            .fetch_one(&app.db)
            .await?;
    app.queue_from(account.into(), conversation.into(), contact.into(), Author::Agent, "to another").await?;
    app.wake_sender().await?;
    app.settle().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_doubt_that_no_status_settles_is_sent_again_once_statuses_flow(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let id = doubtful(&app, Author::Agent).await?;
    statuses_flow_after(&app, 3).await?;

    // Janitors that race settle it once.
    let (one, two) = tokio::join!(app.settle_doubts(GRACE), app.settle_doubts(GRACE));
    one.and(two)?;
    assert_eq!(status(&app, id).await?, "in_doubt", "until its outcome is there");
    app.settle().await?;

    assert_eq!(status(&app, id).await?, "read");
    assert_eq!(app.platform.counts().requests.duplicates, 0);
    let requests = app.platform.received();
    let attempts: Vec<_> = requests.iter().filter_map(|request| request.reference.as_deref()).collect();
    assert!(attempts.contains(&format!("loa:{id}:2").as_str()), "attempts go on counting: {attempts:?}");
    assert_eq!(count(&app.db, "doubts").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_doubt_is_not_sent_again_within_its_grace(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    doubtful(&app, Author::Agent).await?;
    statuses_flow_after(&app, 1).await?;
    app.settle_doubts(GRACE).await?;
    assert_eq!((count(&app.db, "doubts").await?, count(&app.db, "outbox").await?), (1, 0));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_doubt_is_not_sent_again_while_no_status_came(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    doubtful(&app, Author::Agent).await?;
    sqlx::query("update doubts set since = since - interval '3 minutes'").execute(&app.db).await?;
    app.settle_doubts(GRACE).await?;
    assert_eq!((count(&app.db, "doubts").await?, count(&app.db, "outbox").await?), (1, 0));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_doubt_is_not_sent_again_once_its_conversation_went_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    doubtful(&app, Author::Agent).await?;
    app.queue(Author::Agent, "the next one").await?;
    statuses_flow_after(&app, 3).await?;
    app.settle_doubts(GRACE).await?;
    assert_eq!((count(&app.db, "doubts").await?, count(&app.db, "outbox").await?), (1, 0));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn marketing_is_never_sent_again_by_itself_and_waits_for_a_person(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let id = doubtful(&app, Author::Campaign).await?;
    statuses_flow_after(&app, 31).await?;
    app.settle_doubts(GRACE).await?;
    assert_eq!((count(&app.db, "doubts").await?, count(&app.db, "outbox").await?), (1, 0));

    let listed = settle_doubts(&app.context.pool, Doubts::List).await?;
    assert!(listed[0].contains(&id.to_string()) && !listed[0].contains("\"forAPersonSince\":null"), "{listed:?}");
    settle_doubts(&app.context.pool, Doubts::Resend { id }).await?;
    assert!(settle_doubts(&app.context.pool, Doubts::Resend { id }).await.is_err(), "it is settled");
    app.wake_sender().await?;
    app.settle().await?;
    assert_eq!(status(&app, id).await?, "read");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_person_may_give_a_doubt_up(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let id = doubtful(&app, Author::Agent).await?;
    settle_doubts(&app.context.pool, Doubts::GiveUp { id }).await?;
    assert_eq!(status(&app, id).await?, "failed");
    assert_eq!(count(&app.db, "doubts").await?, 0);
    assert_eq!(count(&app.db, "audit_entries").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_settles_a_doubt_at_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.platform.fail_next(1, Fault::AcceptThenDrop);
    let id = app.queue(Author::Agent, "did you get this?").await?;
    app.wake_sender().await?;
    app.send().await?;
    assert_eq!(count(&app.db, "doubts").await?, 1);
    app.settle().await?;
    assert_eq!(status(&app, id).await?, "read");
    assert_eq!(count(&app.db, "doubts").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_sender_that_died_leaves_a_doubt(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "did it go?").await?;
    sqlx::query(
        "update outbox set state = 'sending', attempt = 1, may_resend = true, lease_until = now() - interval '1 second'",
    )
    .execute(&app.db)
    .await?;
    app.sweep_outbox().await?;
    let (attempt, may_resend): (i32, bool) =
        sqlx::query_as("select attempt, may_resend from doubts").fetch_one(&app.db).await?;
    assert_eq!((attempt, may_resend), (1, true));
    app.stop().await
}
