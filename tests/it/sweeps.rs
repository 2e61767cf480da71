//! The janitor finds what was left behind.

use shared::broker::Queue;
use shared::domain::message::Author;
use shared::store::accounts::usage;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::merchant::NewAccount;
use tests::whatsapp::{NUMBER, from};
use tests::{MIGRATOR, TestApp};

async fn a_minute_passes(app: &TestApp, table: &'static str) -> anyhow::Result<()> {
    let sql = sqlx::AssertSqlSafe(format!("update {table} set created_at = created_at - interval '1 minute'"));
    sqlx::query(sql).execute(&app.db).await?;
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_whose_wake_was_lost_is_sent_all_the_same(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "nobody was woken").await?;
    app.settle().await?;
    assert_eq!(app.platform.received().len(), 0);

    a_minute_passes(&app, "outbox").await?;
    app.sweep_outbox().await?;
    app.settle().await?;

    assert_eq!(app.platform.received().len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_whose_sender_died_in_the_call_is_in_doubt_and_not_sent_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "did it go?").await?;
    sqlx::query("update outbox set state = 'sending', attempt = 1, lease_until = now() - interval '1 second'")
        .execute(&app.db)
        .await?;

    app.sweep_outbox().await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    assert_eq!(stored.last().map(|message| message.status.as_str()), Some("in_doubt"));
    assert_eq!(app.platform.received().len(), 0);
    assert_eq!(count(&app.db, "outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_whose_sender_died_before_the_call_is_sent_by_another(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "held, and not begun").await?;
    sqlx::query("update outbox set lease = gen_random_uuid(), lease_until = now() - interval '1 second'")
        .execute(&app.db)
        .await?;

    a_minute_passes(&app, "outbox").await?;
    app.sweep_outbox().await?;
    app.settle().await?;

    assert_eq!(app.platform.received().len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_that_the_flow_engine_was_not_told_of_is_told_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let answering = "206540352242922";
    app.connect(&NewAccount { auto_reply: true, ..NewAccount::whatsapp(answering) }).await?;
    app.receives([from("84901234567").to_number(answering).says("menu")]).await?;
    app.receives([from("84901234567").to_number(NUMBER).says("a silent number")]).await?;
    app.persist().await?;
    assert_eq!(count(&app.db, "inbox").await?, 1, "only the number that answers by itself has an inbox");
    assert_eq!(app.broker.waiting(Queue::Flow).await?.len(), 1, "the flow engine was woken");

    a_minute_passes(&app, "inbox").await?;
    app.sweep_inbox().await?;

    assert_eq!(app.broker.waiting(Queue::Flow).await?.len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_a_person_handles_is_not_handed_to_the_flow_engine(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&app.db).await?;
    app.receives([from("84901234567").says("first")]).await?;
    app.persist().await?;
    sqlx::query("update conversations set handler = 'human'").execute(&app.db).await?;
    app.receives([from("84901234567").says("second")]).await?;
    app.persist().await?;

    assert_eq!(count(&app.db, "inbox").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn partitions_are_made_ahead_and_once(pool: PgPool) -> anyhow::Result<()> {
    let mut conn = pool.acquire().await?;
    let made = shared::store::partitions::ensure(&mut conn, 5).await?;
    assert_eq!(made.len(), 2, "the schema made this month and three more");
    assert!(shared::store::partitions::ensure(&mut conn, 5).await?.is_empty());
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_waits_on_an_account_that_was_disconnected_is_cancelled_and_never_sent(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "too late").await?;
    app.sweep_disconnected().await?;
    assert_eq!(count(&app.db, "outbox").await?, 1, "it is connected");

    sqlx::query("update accounts set status = 'inactive', credentials = null").execute(&app.db).await?;
    app.sweep_disconnected().await?;
    assert_eq!(count(&app.db, "outbox").await?, 0);
    let statuses: Vec<String> = messages(&app.db).await?.into_iter().map(|message| message.status).collect();
    assert_eq!(statuses, ["delivered", "cancelled"]);
    sqlx::query("update accounts set status = 'active'").execute(&app.db).await?;
    app.wake_sender().await?;
    app.settle().await?;
    assert_eq!(app.platform.received().len(), 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_counts_of_an_account_are_those_of_its_rows(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("one"), from("84901234568").says("two")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").says("three")]).await?;
    app.settle().await?;
    app.answers("hello").await?;
    app.answers("once more").await?;
    let number = |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&app.db);
    let kept = number("select sum(messages)::bigint from message_counts").await?;
    assert_eq!(kept, number("select count(*) from messages").await?);
    assert_eq!(kept, 5);
    assert_eq!(number("select sum(sends)::bigint from send_counts").await?, 2);

    // A month later it is one row. No connection's process has a negative number.
    sqlx::query("update message_counts set month = month - interval '1 month'").execute(&app.db).await?;
    sqlx::query(
        "insert into message_counts (account_id, merchant_id, month, share, messages)
         select account_id, merchant_id, month, -1, 2 from message_counts limit 1",
    )
    .execute(&app.db)
    .await?;
    let mut conn = app.context.pool.acquire().await?;
    usage::fold_months(&mut conn, 100).await?;
    assert_eq!(count(&app.db, "message_counts").await?, 1);
    assert_eq!(number("select sum(messages)::bigint from message_counts").await?, 7);
    app.stop().await
}
