//! What a status does besides moving its message: it settles, prices and teaches.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::channels::contract::OutboundRef;
use shared::domain::message::Author;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::news::add;
use tests::whatsapp::{NUMBER, from, from_user, status, wamid};
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

/// A status of our answer as the platform tells it, with more fields than [`status`] gives.
fn told(platform_id: &str, word: &str, more: &Value) -> Value {
    let mut change = status(NUMBER, platform_id, word, None);
    add(&mut change["value"]["statuses"][0], more);
    change
}

async fn answered(app: &TestApp) -> anyhow::Result<String> {
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "hello yourself").await?;
    app.wake_sender().await?;
    app.send().await?;
    let stored = messages(&app.db).await?;
    let sent = stored.iter().find(|message| message.direction == "outbound").expect("the answer is there");
    Ok(sent.platform_id.clone().expect("it was accepted"))
}

async fn outbound<T>(app: &TestApp, column: &str) -> anyhow::Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    let sql = sqlx::AssertSqlSafe(format!("select {column} from messages where direction = 'outbound'"));
    Ok(sqlx::query_scalar(sql).fetch_one(&app.db).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_price_and_the_end_of_a_free_entry_point_are_kept_in_any_order(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    // Never sent, so that the platform tells nothing of its own.
    let answer = app.queue(Author::Agent, "hello yourself").await?;
    let ours = OutboundRef { message_id: answer, attempt: 1 }.to_string();
    let platform_id = wamid();
    let price = json!({ "pricing_model": "PMP", "type": "free_entry_point", "category": "referral_conversion" });
    let ends = json!({ "id": "c1", "expiration_timestamp": "1763300000", "origin": { "type": "referral_conversion" } });
    let no_end = json!({ "id": "c1", "origin": { "type": "referral_conversion" } });
    let sent = told(
        &platform_id,
        "sent",
        &json!({ "pricing": price, "conversation": ends, "biz_opaque_callback_data": ours }),
    );
    let delivered = told(
        &platform_id,
        "delivered",
        &json!({ "pricing": price, "conversation": no_end, "biz_opaque_callback_data": ours }),
    );
    let played = told(&platform_id, "played", &json!({ "biz_opaque_callback_data": ours }));
    for change in [&delivered, &sent, &played, &delivered] {
        app.receives([change.clone()]).await?;
        app.track().await?;
    }
    let mut whole = price.clone();
    whole["conversation"] = ends;
    assert_eq!(outbound::<Value>(&app, "pricing").await?, whole);
    assert_eq!(outbound::<String>(&app, "status::text").await?, "played");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_reason_of_a_failure_is_kept(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let platform_id = answered(&app).await?;
    let errors = json!([{ "code": 131_049, "title": "first" }, { "code": 131_026, "title": "second" }]);
    app.receives([told(&platform_id, "failed", &json!({ "errors": errors }))]).await?;
    app.track().await?;
    let error: Value = outbound(&app, "error").await?;
    assert_eq!((&error["code"], &error["others"][0]["code"]), (&json!(131_049), &json!(131_026)));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_lets_a_conversation_go_on_whose_sender_has_died(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let first = app.queue(Author::Agent, "its sender dies in the call").await?;
    app.queue(Author::Agent, "and this one waits behind it").await?;
    sqlx::query(
        "update outbox set state = 'sending', attempt = 1, lease = message_id, lease_until = now() + interval '1 min'
         where message_id = $1",
    )
    .bind(first.0)
    .execute(&app.db)
    .await?;
    sqlx::query(
        "insert into doubts (message_id, merchant_id, account_id, conversation_id, attempt, priority, may_resend)
         select message_id, merchant_id, account_id, conversation_id, 1, 0, true from outbox where message_id = $1",
    )
    .bind(first.0)
    .execute(&app.db)
    .await?;

    let ours = OutboundRef { message_id: first, attempt: 1 }.to_string();
    app.receives([status(NUMBER, &wamid(), "sent", Some(&ours))]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "outbox").await?, 0, "nobody but the status woke the sender for the second");
    assert_eq!(count(&app.db, "doubts").await?, 0);
    let sent: Vec<String> =
        sqlx::query_scalar("select status::text from messages where direction = 'outbound' order by id")
            .fetch_all(&app.db)
            .await?;
    assert_eq!(sent, ["sent", "read"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_of_an_earlier_attempt_does_not_stop_a_later_one(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let answer = app.queue(Author::Agent, "tried again a day later").await?;
    sqlx::query("update outbox set attempt = 2").execute(&app.db).await?;
    let ours = OutboundRef { message_id: answer, attempt: 1 }.to_string();
    app.receives([status(NUMBER, &wamid(), "failed", Some(&ours))]).await?;
    app.track().await?;
    assert_eq!(count(&app.db, "outbox").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn it_is_known_how_far_the_statuses_of_an_account_have_come(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([status(NUMBER, &wamid(), "sent", None), status(NUMBER, &wamid(), "sent", None)]).await?;
    app.track().await?;
    let of_first: DateTime<Utc> = sqlx::query_scalar("select received_at from status_flow").fetch_one(&app.db).await?;
    app.receives([status(NUMBER, &wamid(), "sent", None)]).await?;
    app.track().await?;
    let flow: (DateTime<Utc>, DateTime<Utc>) =
        sqlx::query_as("select received_at, applied_at from status_flow").fetch_one(&app.db).await?;
    assert!(flow.0 > of_first, "the newest stands");
    assert!(flow.1 >= flow.0, "it was applied after it was received");
    app.stop().await
}

fn naming(platform_id: &str, user_id: &str) -> Value {
    told(platform_id, "delivered", &json!({ "recipient_id": "84901234567", "recipient_user_id": user_id }))
}

async fn user_ids(app: &TestApp) -> anyhow::Result<Vec<(String, Uuid)>> {
    Ok(sqlx::query_as("select value, contact_id from identities where kind = 'bsuid' order by value")
        .fetch_all(&app.db)
        .await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_status_teaches_the_user_id_of_a_customer_known_by_number(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let platform_id = answered(&app).await?;
    app.receives([naming(&platform_id, "VN.5550001"), naming(&platform_id, "VN.5550001")]).await?;
    app.track().await?;
    assert_eq!(user_ids(&app).await?.len(), 1);

    app.receives([from_user("VN.5550001").says("the same, by the id alone")]).await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "contacts").await?, 1);

    // Another id beside the same number is somebody else, or not to be told apart from somebody else.
    app.receives([naming(&platform_id, "VN.9990009")]).await?;
    app.track().await?;
    assert_eq!(user_ids(&app).await?.len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_user_id_that_leads_elsewhere_stays_there(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let platform_id = answered(&app).await?;
    app.receives([from_user("VN.5550001").says("somebody else, as far as is known")]).await?;
    app.settle().await?;
    let before = user_ids(&app).await?;
    app.receives([naming(&platform_id, "VN.5550001")]).await?;
    app.track().await?;
    assert_eq!(user_ids(&app).await?, before);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_status_of_an_orphan_makes_nobody(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([naming(&wamid(), "VN.5550001")]).await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "orphan_statuses").await?, 1);
    assert_eq!(count(&app.db, "contacts").await?, 0);
    assert_eq!(count(&app.db, "identities").await?, 0);
    app.stop().await
}
