use std::time::{Duration, Instant};

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::broker::Queue;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::status::MessageStatus;
use shared::domain::user::UserRole;
use shared::events::wake::WakeAccount;
use shared::store::messages::outcome::{self, Accepted};
use sqlx::PgPool;
use tests::api::TestApi;

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_message_is_queued_once_with_its_audit_and_a_wake_up(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let body = json!({ "type": "text", "content": "Your order is ready", "reference": "order-12" });

    let started = Instant::now();
    let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
    assert!(started.elapsed() >= Duration::from_secs(3), "nobody sends: the answer waits for its limit");
    let message = answer.data()?;
    assert_eq!(message["status"], "queued");
    assert_eq!(message["waMessageId"], Value::Null);
    assert_eq!((&message["content"], &message["author"]), (&json!("Your order is ready"), &json!("agent")));
    assert_eq!(message["reference"], "order-12");

    assert_eq!(app.count("select count(*) from messages").await?, 1);
    assert_eq!(app.count("select count(*) from outbox where state = 'waiting' and priority = 0").await?, 1);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'message.sent'").await?, 1);
    let sealed: Vec<u8> = sqlx::query_scalar("select content from messages").fetch_one(&app.pool).await?;
    assert!(!sealed.windows(5).any(|bytes| bytes == b"order"));

    let conversation = app.get(&format!("/api/v1/whatsapp/conversations/{}", thread.id), &owner).await?;
    let conversation = conversation.data()?;
    assert_eq!((&conversation["handler"], &conversation["unreadCount"]), (&json!("human"), &json!(0)));
    assert_eq!(conversation["lastMessageText"], "Your order is ready");
    assert_eq!(conversation["messages"].as_array().unwrap().len(), 1);

    let woken = app.broker.waiting(Queue::Outbound).await?;
    let woken: Vec<WakeAccount> =
        woken.iter().map(|wake| serde_json::from_slice(&wake.data)).collect::<Result<_, _>>()?;
    assert_eq!(woken, [WakeAccount { account_id: thread.account_id }]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_answer_carries_the_platforms_id_as_soon_as_it_is_known(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let sender_pool = app.pool.clone();
    let sender = async move {
        loop {
            let mut conn = sender_pool.acquire().await?;
            let queued: Option<uuid::Uuid> =
                sqlx::query_scalar("select message_id from outbox").fetch_optional(&mut *conn).await?;
            if let Some(id) = queued {
                let now = clock::now();
                let taken = Accepted {
                    message_id: id.into(),
                    platform_id: "wamid.sent".to_owned(),
                    status: MessageStatus::Sent,
                    attempted_at: now,
                };
                outcome::accepted(&mut conn, &[taken], now).await?;
                return anyhow::Ok(());
            }
            tokio::task::yield_now().await;
        }
    };
    let (path, body) = (TestApi::messages_path(thread), TestApi::text("hello"));
    let (answer, sent) = tokio::join!(app.post(&path, &owner, &body), sender);
    sent?;
    let answer = answer?;
    assert_eq!(answer.data()?["status"], "sent");
    assert_eq!(answer.data()?["waMessageId"], "wamid.sent");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn sends_that_wait_for_their_outcome_leave_the_connections_to_others(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (path, body) = (TestApi::messages_path(thread), TestApi::text("hello"));
    let sends = futures::future::join_all((0..20).map(|_| app.post(&path, &owner, &body)));
    let others = async {
        while app.count("select count(*) from outbox").await? < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // From here on, to look for an outcome takes for ever.
        let mut slow = app.pool.begin().await?;
        sqlx::query("lock table messages in access exclusive mode").execute(&mut *slow).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let asked = Instant::now();
        let answer = app.get("/api/v1/whatsapp/accounts", &owner).await?;
        assert_eq!((answer.status.as_u16(), asked.elapsed() < Duration::from_secs(2)), (200, true));
        slow.rollback().await?;
        anyhow::Ok(())
    };
    let (answers, others) = tokio::join!(sends, others);
    others?;
    for answer in answers {
        assert_eq!(answer?.data()?["status"], "queued");
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_text_over_the_limit_is_refused_naming_field_and_limit_before_anything_is_queued(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let answer = app.post(&TestApi::messages_path(thread), &owner, &TestApi::text(&"ế".repeat(4097))).await?;
    assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"));
    let (field, message) = answer.problem();
    assert_eq!(field, "content");
    assert!(message.contains("4096") && message.contains("4097"), "{message}");
    assert_eq!(app.count("select count(*) from messages").await?, 0);
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_a_message_may_not_hold_is_named(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let wrong = [
        (json!({ "type": "text", "content": "a", "colour": "red" }), "colour"),
        (json!({ "type": "text" }), "content"),
        (json!({ "type": "text", "content": 7 }), "content"),
        (json!({ "type": "text", "content": "  " }), "content"),
        (json!({ "type": "hologram", "content": "a" }), "type"),
        (json!({ "type": "text", "content": "a", "attachments": [{ "type": "image" }] }), "attachments[0]"),
        (json!({ "type": "text", "content": "a", "location": {} }), "location"),
        (json!({ "type": "text", "content": "a", "reference": "" }), "reference"),
        (json!({ "type": "text", "content": "a", "replyTo": "wamid.unheard-of" }), "replyTo"),
    ];
    for (body, field) in wrong {
        let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
        assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"), "{body}");
        assert_eq!(answer.problem().0, field, "{body}");
    }
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn after_a_day_of_silence_only_a_template_may_go(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let thread = app.thread(&owner, account, "84901234567", clock::now() - TimeDelta::hours(25)).await?;
    let answer = app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("hello")).await?;
    assert_eq!(answer.failure()?, (409, "WINDOW_CLOSED"));
    assert!(answer.body["error"].as_str().unwrap().contains("template"));
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_template_goes_after_a_day_of_silence_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let thread = app.thread(&owner, account, "84901234567", clock::now() - TimeDelta::hours(25)).await?;
    let template = json!({ "type": "template", "template": { "name": "order_update", "language": "vi",
        "body": [{ "kind": "text", "text": "An" }] } });
    let answer = app.post(&TestApi::messages_path(thread), &owner, &template).await?;
    let message = answer.data()?;
    assert_eq!((&message["type"], &message["content"]), (&json!("template"), &Value::Null));
    assert_eq!(message["payload"], template["template"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn several_files_are_several_messages_of_which_the_first_is_the_answer(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 1).await?;
    let body = json!({ "type": "image", "content": "Teas", "replyTo": "wamid.0", "attachments": [
        { "url": "https://shop.example/1.jpg" }, { "platformId": "77", "caption": "Black" }] });
    let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
    let sent = answer.data()?;
    assert_eq!((&sent["content"], &sent["replyTo"]), (&json!("Teas"), &json!("wamid.0")));
    assert_eq!(sent["attachments"][0]["url"], "https://shop.example/1.jpg");
    let messages = sent["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["id"], sent["id"]);
    assert_eq!((&messages[1]["content"], &messages[1]["replyTo"]), (&json!("Black"), &Value::Null));
    assert_eq!(messages[1]["attachments"][0]["platformId"], "77");
    assert_eq!(app.count("select count(*) from outbox").await?, 2);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'message.sent'").await?, 2);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn every_wrong_field_is_listed_with_its_limit_and_value(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let body = json!({ "type": "interactive", "interactive": { "body": "b", "footer": "f".repeat(61), "action": {
        "type": "buttons", "buttons": [{ "id": "a", "title": "This title is too long" }] } } });
    let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
    assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"));
    let footer = "is 61 characters long, at most 60: \"ffffffffffffffffffffffff…\"";
    let title = "is 22 characters long, at most 20: \"This title is too long\"";
    let expected = json!([
        { "field": "interactive.footer", "message": footer },
        { "field": "interactive.action.buttons[0].title", "message": title },
    ]);
    assert_eq!(answer.body["details"], expected);
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_closed_conversation_and_a_disconnected_account_take_no_message(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (path, body) = (TestApi::messages_path(thread), TestApi::text("hello"));
    sqlx::query("update accounts set status = 'inactive'").execute(&app.pool).await?;
    assert_eq!(app.post(&path, &owner, &body).await?.failure()?, (409, "CONFLICT"));
    sqlx::query("update accounts set status = 'active'").execute(&app.pool).await?;
    sqlx::query("update conversations set status = 'closed'").execute(&app.pool).await?;
    assert_eq!(app.post(&path, &owner, &body).await?.failure()?, (409, "CONFLICT"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_reply_names_the_message_it_answers_by_our_id_or_the_platforms(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 1).await?;
    let id: uuid::Uuid = sqlx::query_scalar("select id from messages").fetch_one(&app.pool).await?;
    for given in [id.to_string(), "wamid.0".to_owned()] {
        let body = json!({ "type": "text", "content": "yes", "replyTo": given });
        let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
        assert_eq!(answer.data()?["replyTo"], "wamid.0");
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn whoever_only_reads_sends_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let viewer = app.colleague(&owner, UserRole::Viewer).await?;
    let answer = app.post(&TestApi::messages_path(thread), &viewer, &TestApi::text("hello")).await?;
    assert_eq!(answer.failure()?, (403, "FORBIDDEN"));
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}
