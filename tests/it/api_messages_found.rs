//! Messages found by what they are about, taken back, sent once more, reacted to; and how much may be sent.

use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::{TestApi, Thread};
use uuid::Uuid;

const MESSAGES: &str = "/api/v1/whatsapp/messages";

async fn ids(app: &TestApi, user: &tests::api::TestUser, query: &str) -> anyhow::Result<Vec<String>> {
    let answer = app.get(&format!("{MESSAGES}?{query}"), user).await?;
    Ok(answer.data()?.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect())
}

async fn refer(app: &TestApi, thread: Thread, refs: Value) -> anyhow::Result<()> {
    sqlx::query("update conversations set refs = refs || $2 where id = $1")
        .bind(thread.id.0)
        .bind(refs)
        .execute(&app.pool)
        .await?;
    Ok(())
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn messages_are_found_by_order_technician_and_phone_the_latest_first(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let first = app.whatsapp_thread(&owner).await?;
    let second = app.thread(&owner, first.account_id, "84909999999", clock::now()).await?;
    let send = |thread, reference: &'static str| {
        let body = json!({ "type": "text", "content": reference, "reference": reference });
        let (app, owner) = (&app, &owner);
        async move {
            let answer = app.post(&TestApi::messages_path(thread), owner, &body).await?;
            anyhow::Ok(answer.data()?["id"].as_str().unwrap().to_owned())
        }
    };
    let (one, two) = (send(first, "order-1").await?, send(second, "order-2").await?);
    app.messages(&owner, first, 2).await?;

    assert_eq!(ids(&app, &owner, "reference=order-1").await?, std::slice::from_ref(&one));
    assert_eq!(ids(&app, &owner, &format!("technician={}", owner.id)).await?, [two.clone(), one.clone()]);
    let of_phone = ids(&app, &owner, "phone=%2B84901234567").await?;
    assert_eq!((of_phone.len(), &of_phone[0]), (3, &one));
    assert_eq!(ids(&app, &owner, "phone=84909999999&reference=order-1").await?, Vec::<String>::new());

    // A conversation that names the order is the order's, with all that the customer says in it.
    refer(&app, first, json!({ "order": "order-9", "technician": "t-7" })).await?;
    assert_eq!(ids(&app, &owner, "reference=order-9").await?, of_phone);
    assert_eq!(ids(&app, &owner, "technician=t-7").await?, of_phone);
    assert_eq!(ids(&app, &owner, "technician=t-7&reference=order-1").await?, [one]);
    // What it named before still finds it.
    refer(&app, first, json!({ "order": "order-10" })).await?;
    assert_eq!(ids(&app, &owner, "reference=order-9&phone=84901234567").await?, of_phone);

    let page = app.get(&format!("{MESSAGES}?reference=order-10&take=2"), &owner).await?;
    assert_eq!((page.data()?.as_array().unwrap().len(), &page.body["pagination"]["total"]), (2, &json!(3)));
    let cursor = page.body["pagination"]["nextCursor"].as_str().unwrap();
    assert_eq!(ids(&app, &owner, &format!("reference=order-10&cursor={cursor}")).await?, of_phone[2..]);

    let stranger = app.merchant().await?;
    for query in ["reference=order-10", "technician=t-7", "phone=84901234567"] {
        assert_eq!(ids(&app, &stranger, query).await?, Vec::<String>::new());
    }
    let nothing = app.get(MESSAGES, &owner).await?;
    assert_eq!((nothing.failure()?, nothing.problem().0), ((422, "VALIDATION_ERROR"), "reference"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn one_message_is_looked_at_and_taken_back_while_it_waits(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let sent = app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("hello")).await?;
    let path = format!("{MESSAGES}/{}", sent.data()?["id"].as_str().unwrap());
    assert_eq!(app.get(&path, &owner).await?.data()?["content"], "hello");
    let stranger = app.merchant().await?;
    assert_eq!(app.get(&path, &stranger).await?.failure()?, (404, "NOT_FOUND"));
    let elsewhere = path.replace("/whatsapp/", "/channels/x/");
    assert_eq!(app.get(&elsewhere, &owner).await?.failure()?, (404, "NOT_FOUND"));

    let retried = app.ask(Method::POST, &format!("{path}/retry"), Some(&owner), None).await?;
    assert_eq!(retried.data()?["id"], sent.data()?["id"], "it only goes sooner");
    let cancelled = app.ask(Method::POST, &format!("{path}/cancel"), Some(&owner), None).await?;
    assert_eq!(cancelled.data()?["status"], "cancelled");
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    let again = app.ask(Method::POST, &format!("{path}/cancel"), Some(&owner), None).await?;
    assert_eq!(again.failure()?, (409, "CONFLICT"));
    assert_eq!(app.count("select count(*) from audit_entries where action = 'message.cancelled'").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_message_that_failed_goes_once_more_as_another(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let body = json!({ "type": "text", "content": "hello", "reference": "order-1" });
    let sent = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
    sqlx::query("update messages set status = 'failed'").execute(&app.pool).await?;
    sqlx::query("delete from outbox").execute(&app.pool).await?;
    let path = format!("{MESSAGES}/{}/retry", sent.data()?["id"].as_str().unwrap());
    let again = app.ask(Method::POST, &path, Some(&owner), None).await?;
    assert_ne!(again.data()?["id"], sent.data()?["id"]);
    assert_eq!((&again.data()?["content"], &again.data()?["reference"]), (&json!("hello"), &json!("order-1")));
    assert_eq!(app.count("select count(*) from outbox").await?, 1);

    sqlx::query("update messages set status = 'in_doubt' where status = 'failed'").execute(&app.pool).await?;
    let doubtful = app.ask(Method::POST, &path, Some(&owner), None).await?;
    assert_eq!(doubtful.failure()?, (409, "CONFLICT"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_emoji_is_put_on_a_message_and_taken_off(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 1).await?;
    let id: Uuid = sqlx::query_scalar("select id from messages").fetch_one(&app.pool).await?;
    let path = format!("{MESSAGES}/{id}/reaction");
    let put = app.post(&path, &owner, &json!({ "emoji": "👍" })).await?;
    assert_eq!(put.data()?["type"], "reaction");
    assert_eq!(put.data()?["payload"], json!({ "messageId": "wamid.0", "emoji": "👍" }));
    let off = app.ask(Method::DELETE, &path, Some(&owner), None).await?;
    assert_eq!(off.data()?["type"], "reaction");
    let wrong = app.post(&path, &owner, &json!({ "emoji": "good" })).await?;
    assert_eq!((wrong.failure()?, wrong.problem().0), ((422, "VALIDATION_ERROR"), "emoji"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_send_that_is_queued_is_never_answered_as_a_failure(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let reader = app.pool.clone();
    let breaking = async move {
        while sqlx::query_scalar::<_, i64>("select count(*) from outbox").fetch_one(&reader).await? == 0 {
            tokio::task::yield_now().await;
        }
        // From here on the API may not even read the message that it queued.
        sqlx::query("revoke select on messages from loa_api").execute(&reader).await?;
        anyhow::Ok(())
    };
    let (path, body) = (TestApi::messages_path(thread), TestApi::text("hello"));
    let (answer, broken) = tokio::join!(app.post(&path, &owner, &body), breaking);
    broken?;
    let answer = answer?;
    assert_eq!((&answer.data()?["status"], &answer.data()?["waMessageId"]), (&json!("queued"), &Value::Null));
    assert_eq!(
        (&answer.data()?["content"], &answer.data()?["messages"][0]["content"]),
        (&json!("hello"), &json!("hello"))
    );
    assert_eq!(app.count("select count(*) from outbox").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn x_takes_500_messages_of_an_account_in_24_hours(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::X, "42").await?;
    let thread = app.thread(&owner, account, "84901234567", clock::now()).await?;
    let path = format!("/api/v1/channels/x/conversations/{}/messages", thread.id);
    app.post(&path, &owner, &TestApi::text("one")).await?.data()?;
    sqlx::query("update send_counts set sends = 500").execute(&app.pool).await?;
    assert_eq!(app.post(&path, &owner, &TestApi::text("501")).await?.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    sqlx::query("update send_counts set hour = hour - interval '25 hours'").execute(&app.pool).await?;
    app.post(&path, &owner, &TestApi::text("another day")).await?.data()?;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_merchant_with_10_000_unsent_messages_waits(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let thread = app.whatsapp_thread(&owner).await?;
    let account = app.account(&other, Channel::WhatsApp, "2003").await?;
    let theirs = app.thread(&other, account, "84901234567", clock::now()).await?;
    sqlx::query(
        "insert into outbox (message_id, merchant_id, account_id, conversation_id, priority)
         select gen_random_uuid(), $1, $2, gen_random_uuid(), 5 from generate_series(1, 10000)",
    )
    .bind(owner.merchant_id.0)
    .bind(thread.account_id.0)
    .execute(&app.pool)
    .await?;
    let full = app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("hello")).await?;
    assert_eq!(full.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    // Nobody else is slowed, and campaigns do not count.
    app.post(&TestApi::messages_path(theirs), &other, &TestApi::text("hello")).await?.data()?;
    sqlx::query("update outbox set priority = 9 where account_id = $1")
        .bind(thread.account_id.0)
        .execute(&app.pool)
        .await?;
    app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("hello")).await?.data()?;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_documents_message_with_files_is_several_messages(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let body = json!({
        "content": "Đơn hàng #12345 của bạn đã được gửi đi!",
        "type": "text",
        "attachments": [{ "type": "image", "url": "https://example.com/tracking.png" }]
    });
    let answer = app.post(&TestApi::messages_path(thread), &owner, &body).await?;
    let sent = answer.data()?;
    assert_eq!((&sent["type"], &sent["content"]), (&json!("text"), &body["content"]));
    let kinds: Vec<&Value> = sent["messages"].as_array().unwrap().iter().map(|one| &one["type"]).collect();
    assert_eq!(kinds, [&json!("text"), &json!("image")]);
    app.stop().await
}
