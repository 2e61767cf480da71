//! A webhook becomes rows: each message once, whatever comes with it.

use serde_json::json;
use sqlx::PgPool;
use tests::conversation::{conversations, count, messages};
use tests::merchant::NewAccount;
use tests::whatsapp::{self, from, from_user, status, wamid};
use tests::{MIGRATOR, TestApp};

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_text_is_stored_with_its_contact_and_conversation(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;

    app.receives([from("84901234567").says("Xin chào")]).await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    let [message] = &stored[..] else { panic!("expected one message, found {stored:?}") };
    assert_eq!((message.direction.as_str(), message.kind.as_str()), ("inbound", "text"));
    let content = message.content(&app.context.pool, &app.context.keyring).await?;
    assert_eq!(content.text(), Some("Xin chào"));

    let threads = conversations(&app.db).await?;
    let [thread] = &threads[..] else { panic!("expected one conversation, found {threads:?}") };
    assert_eq!((thread.status.as_str(), thread.message_count, thread.unread_count), ("open", 1, 1));
    let name: Option<String> = sqlx::query_scalar("select display_name from contacts").fetch_one(&app.db).await?;
    assert_eq!(name.as_deref(), Some("Nguyễn Văn A"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_webhook_posted_five_times_is_stored_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let webhook = whatsapp::webhook([from("84901234567").says("once")]);

    for _ in 0..5 {
        assert_eq!(app.post(&webhook).await?, 200);
    }
    app.settle().await?;

    assert_eq!(count(&app.db, "messages").await?, 1);
    assert_eq!(conversations(&app.db).await?[0].message_count, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_comes_again_after_its_thread_was_closed_opens_no_other(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let webhook = whatsapp::webhook([from("84901234567").says("once")]);
    app.post(&webhook).await?;
    app.settle().await?;
    sqlx::query("update conversations set status = 'closed', closed_at = now()").execute(&app.db).await?;

    app.post(&webhook).await?;
    app.settle().await?;

    assert_eq!(conversations(&app.db).await?.len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn one_webhook_of_everything_leaves_each_part(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let second = "206540352242922";
    app.connect(&NewAccount::whatsapp(second)).await?;
    app.receives([from("84901234567").says("first")]).await?;
    app.settle().await?;
    let sent = app.queue(shared::domain::message::Author::Agent, "an answer").await?;
    app.wake_sender().await?;
    app.send().await?;
    let platform_id = messages(&app.db)
        .await?
        .into_iter()
        .find(|message| message.id == sent.0)
        .and_then(|message| message.platform_id)
        .expect("the answer was accepted");

    let everything = whatsapp::entries([
        whatsapp::entry(
            whatsapp::WABA,
            [
                from("84901234567").says("one"),
                status(whatsapp::NUMBER, &platform_id, "delivered", None),
                from("84907654321").says("two"),
            ],
        ),
        whatsapp::entry(
            "302290129340398",
            [
                from("84901234567").to_number(second).says("three"),
                from_user("VN.13491208655302741918").to_number(second).says("four"),
                from("84901234567").sends(&json!({ "id": wamid(), "type": "sticker", "sticker": { "id": "77" } })),
            ],
        ),
    ]);
    assert_eq!(app.post(&everything).await?, 200);
    app.persist().await?;
    app.track().await?;

    let stored = messages(&app.db).await?;
    let inbound: Vec<&str> =
        stored.iter().filter(|message| message.direction == "inbound").map(|message| message.kind.as_str()).collect();
    assert_eq!(inbound.len(), 6);
    assert_eq!(inbound.iter().filter(|kind| **kind == "sticker").count(), 1);
    let answer = stored.iter().find(|message| message.id == sent.0).expect("the answer is there");
    // The platform's own news may have come in before: after some seconds it says that the answer was read.
    assert!(["delivered", "read"].contains(&answer.status.as_str()), "{}", answer.status);
    // Two people on the first number, the first of them and one without a phone number on the second.
    assert_eq!(conversations(&app.db).await?.len(), 4);
    assert_eq!(count(&app.db, "contacts").await?, 3);
    assert_eq!(count(&app.db, "unclaimed_events").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn counters_equal_a_count_over_the_rows(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    for round in 0..3 {
        for customer in ["84901234567", "84907654321"] {
            let webhook = whatsapp::webhook([from(customer).seconds_ago(60 * round).says("again")]);
            app.post(&webhook).await?;
            app.post(&webhook).await?;
        }
    }
    app.settle().await?;
    app.answers("to the first of them").await?;

    let wrong: i64 = sqlx::query_scalar(
        "select count(*) from conversations c
         where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)
            or c.unread_count <> (select count(*) from messages m where m.conversation_id = c.id
                                  and m.direction = 'inbound')
            or c.last_message_at <> (select max(m.written_at) from messages m where m.conversation_id = c.id)",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(wrong, 0);
    assert_eq!(count(&app.db, "messages").await?, 7);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_time_that_no_partition_holds_is_parked_alone_with_its_reason(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let year = 365 * 24 * 3600;
    app.receives([from("84901234567").says("before")]).await?;
    app.receives([from("84901234567").seconds_ago(-year).says("from next year")]).await?;
    app.receives([from("84901234567").says("after")]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "messages").await?, 2);
    let reasons = app.broker.reasons(shared::broker::Queue::Persist).await?;
    let [reason] = &reasons[..] else { panic!("expected one dead letter, found {reasons:?}") };
    assert!(reason.contains("bad_timestamp"), "{reason}");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_thousand_webhooks_posted_twice_in_any_order_leave_a_row_each(pool: PgPool) -> anyhow::Result<()> {
    use rand::seq::SliceRandom;

    let app = TestApp::start(pool).await?;
    let customers: Vec<String> = (0..50).map(|n| format!("849012345{n:02}")).collect();
    let webhooks = (0..1_000).map(|n| whatsapp::webhook([from(&customers[n % 50]).says(&format!("number {n}"))]));
    let mut posts: Vec<_> = webhooks.flat_map(|webhook| [webhook.clone(), webhook]).collect();
    posts.shuffle(&mut rand::rng());

    for together in posts.chunks(32) {
        let answers = futures::future::join_all(together.iter().map(|webhook| app.post(webhook))).await;
        for answer in answers {
            assert_eq!(answer?, 200);
        }
    }
    app.settle().await?;

    assert_eq!(count(&app.db, "messages").await?, 1_000);
    assert_eq!(count(&app.db, "contacts").await?, 50);
    assert_eq!(conversations(&app.db).await?.iter().map(|thread| thread.message_count).sum::<i64>(), 1_000);
    app.stop().await
}
