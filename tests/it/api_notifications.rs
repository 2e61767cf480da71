//! Notifications: where an order stands, when an appointment is.

use chrono::{DateTime, TimeDelta, Utc};
use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser, Thread};

const ORDER: &str = "/api/v1/whatsapp/notifications/order-status";
const APPOINTMENT: &str = "/api/v1/whatsapp/notifications/appointment-reminder";
const TEXTS: &str = "/api/v1/whatsapp/notifications/texts";
const PHONE: &str = "84901234567";

/// A customer of a number whose business account is 1001.
async fn customer(app: &TestApi, owner: &TestUser, wrote: DateTime<Utc>, locale: &str) -> anyhow::Result<Thread> {
    let account = app.account(owner, Channel::WhatsApp, "2002").await?;
    let thread = app.thread(owner, account, PHONE, wrote).await?;
    sqlx::query("update contacts set locale = $1").bind(locale).execute(&app.pool).await?;
    Ok(thread)
}

async fn template(app: &TestApi, owner: &TestUser, name: &str, language: &str, body: &str) -> anyhow::Result<()> {
    let components = json!([{ "type": "BODY", "text": body }]);
    sqlx::query(
        "insert into templates (id, merchant_id, business_id, name, language, status, components)
         values (gen_random_uuid(), $1, '1001', $2, $3, 'APPROVED', $4)",
    )
    .bind(owner.merchant_id.0)
    .bind(name)
    .bind(language)
    .bind(components)
    .execute(&app.pool)
    .await?;
    Ok(())
}

fn order(status: &str) -> Value {
    json!({ "to": "+84 90 123 4567", "reference": "12345", "status": status })
}

fn fields(answer: &Answer) -> Vec<&str> {
    answer.body["details"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect()
}

fn yesterday() -> DateTime<Utc> {
    clock::now() - TimeDelta::hours(25)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn outside_the_window_the_template_in_the_customers_language_carries_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = customer(&app, &owner, yesterday(), "vi_VN").await?;
    template(&app, &owner, "order_status_update", "en", "Order {{1}}: {{2}}").await?;
    template(&app, &owner, "order_status_update", "vi", "Đơn {{1}}: {{2}}").await?;
    let answer = app.post(ORDER, &owner, &order("ready_for_pickup")).await?;
    let message = answer.data()?;
    assert_eq!(
        (&message["type"], &message["author"], &message["reference"]),
        (&json!("template"), &json!("api"), &json!("12345"))
    );
    let expected = json!({ "name": "order_status_update", "language": "vi", "body": [
        { "kind": "text", "text": "12345" },
        { "kind": "text", "text": "thiết bị của bạn đã sẵn sàng, mời bạn đến nhận trong giờ mở cửa." }
    ] });
    assert_eq!(message["payload"], expected);
    assert_eq!(message["conversationId"], thread.id.to_string());
    let shown = app.get(&format!("/api/v1/whatsapp/conversations/{}", thread.id), &owner).await?;
    assert_eq!(shown.data()?["handler"], "bot", "nobody took the conversation over");
    let found = app.get("/api/v1/whatsapp/messages?reference=12345", &owner).await?;
    assert_eq!(found.data()?[0]["id"], message["id"]);
    assert_eq!(app.count("select count(*) from outbox where priority = 5").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn inside_the_window_words_go_where_there_is_no_template(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    customer(&app, &owner, clock::now(), "zh-CN").await?;
    let said = app.post(ORDER, &owner, &order("received")).await?;
    assert_eq!(said.data()?["content"], "订单 #12345：我们已收到您的维修订单，正在安排技术员。");
    let mut english = order("in_progress");
    english["language"] = json!("en");
    let said = app.post(ORDER, &owner, &english).await?;
    assert_eq!(said.data()?["content"], "Order #12345: your device is being repaired. We will keep you posted.");
    let body = json!({ "to": PHONE, "date": "5 May, 10:00", "device": "Pixel 9", "language": "en" });
    let said = app.post(APPOINTMENT, &owner, &body).await?;
    assert_eq!(said.data()?["content"], "Reminder: your appointment for Pixel 9 is on 5 May, 10:00.");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn outside_the_window_without_a_template_nothing_goes(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    customer(&app, &owner, yesterday(), "vi").await?;
    let closed = app.post(ORDER, &owner, &order("completed")).await?;
    assert_eq!(closed.failure()?, (409, "WINDOW_CLOSED"));
    assert!(closed.body["error"].as_str().unwrap().contains("template"));
    // One in English is better than none.
    template(&app, &owner, "order_status_update", "en_US", "Order {{1}}: {{2}}").await?;
    let told = app.post(ORDER, &owner, &order("completed")).await?;
    assert_eq!(told.data()?["payload"]["body"][1]["text"], "the repair is done. Please come and collect your device.");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_number_that_is_new_becomes_a_contact_and_gets_a_template(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.account(&owner, Channel::WhatsApp, "2002").await?;
    template(&app, &owner, "appointment_reminder", "en", "See you {{1}} with your {{2}}").await?;
    let body = json!({ "to": "+84909999999", "appointmentDate": "5 May", "deviceModel": "Pixel 9", "technician": "t-7",
                       "reference": "77" });
    let told = app.post(APPOINTMENT, &owner, &body).await?;
    assert_eq!(
        told.data()?["payload"]["body"],
        json!([{ "kind": "text", "text": "5 May" }, { "kind": "text", "text": "Pixel 9" }])
    );
    assert_eq!(
        app.count("select count(*) from contacts where source = 'api' and last_interaction_at is null").await?,
        1
    );
    assert_eq!(app.count("select count(*) from conversations where status = 'open'").await?, 1);
    let of_technician = app.get("/api/v1/whatsapp/messages?technician=t-7&reference=77", &owner).await?;
    assert_eq!(of_technician.data()?.as_array().unwrap().len(), 1);
    // Another for the same number goes into the same conversation.
    app.post(APPOINTMENT, &owner, &body).await?.data()?;
    assert_eq!(app.count("select count(*) from conversations").await?, 1);
    assert_eq!(app.count("select count(*) from contacts").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_is_wrong_is_named_an_unknown_status_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    customer(&app, &owner, clock::now(), "vi").await?;
    let unknown = app.post(ORDER, &owner, &order("exploded")).await?;
    assert_eq!(unknown.failure()?, (422, "VALIDATION_ERROR"));
    let (field, message) = unknown.problem();
    assert_eq!(field, "status");
    assert!(message.contains("ready_for_pickup") && message.contains("exploded"), "{message}");
    let body = json!({ "language": "tlh", "accountId": "x", "variables": { "a": [] } });
    assert_eq!(
        fields(&app.post(ORDER, &owner, &body).await?),
        ["to", "reference", "status", "language", "accountId", "variables.a"]
    );
    for to in ["12", "nobody@shop.example", "018f0000-0000-7000-8000-000000000000"] {
        let mut body = order("received");
        body["to"] = json!(to);
        assert_eq!(fields(&app.post(ORDER, &owner, &body).await?), ["to"], "{to}");
    }
    template(&app, &owner, "order_status_update", "vi", "{{1}} {{2}} {{3}}").await?;
    assert_eq!(fields(&app.post(ORDER, &owner, &order("received")).await?), ["variables.3"]);
    let mut given = order("received");
    given["variables"] = json!({ "3": 12 });
    assert_eq!(app.post(ORDER, &owner, &given).await?.data()?["payload"]["body"][2]["text"], "12");
    let viewer = app.colleague(&owner, UserRole::Viewer).await?;
    assert_eq!(app.post(ORDER, &viewer, &order("received")).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn who_withdrew_consent_to_news_of_orders_is_told_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = customer(&app, &owner, clock::now(), "vi").await?;
    sqlx::query(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, at)
         values (gen_random_uuid(), $1, $2, 'utility', false, 'api', now())",
    )
    .bind(owner.merchant_id.0)
    .bind(thread.contact_id.0)
    .execute(&app.pool)
    .await?;
    assert_eq!(app.post(ORDER, &owner, &order("received")).await?.failure()?, (409, "NO_CONSENT"));
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_merchant_writes_its_own_words_and_goes_back_to_loas(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    customer(&app, &owner, clock::now(), "vi").await?;
    let loas = app.get(TEXTS, &owner).await?;
    assert_eq!(loas.data()?["orderStatus"].as_object().unwrap().len(), 4);
    assert_eq!(loas.data()?["appointmentReminder"].as_object().unwrap().len(), 3);

    let own = json!({ "orderStatus": { "received": { "vi": "cảm ơn {{name}}, mã {{ticket}}." } } });
    let put = app.ask(Method::PUT, TEXTS, Some(&owner), Some(&own)).await?;
    assert_eq!(put.data()?["orderStatus"]["received"]["vi"], "cảm ơn {{name}}, mã {{ticket}}.");
    assert_eq!(put.data()?["orderStatus"]["received"]["en"], loas.data()?["orderStatus"]["received"]["en"]);
    assert_eq!(fields(&app.post(ORDER, &owner, &order("received")).await?), ["variables.ticket"]);
    let mut body = order("received");
    body["variables"] = json!({ "ticket": "T-1" });
    assert_eq!(app.post(ORDER, &owner, &body).await?.data()?["content"], "Đơn hàng #12345: cảm ơn An, mã T-1.");

    let wrong = json!({ "orderStatus": { "lost": {}, "received": { "de": "nein", "en": "a\nb" } } });
    let refused = app.ask(Method::PUT, TEXTS, Some(&owner), Some(&wrong)).await?;
    assert_eq!(fields(&refused), ["orderStatus.lost", "orderStatus.received.de", "orderStatus.received.en"]);
    let back = json!({ "orderStatus": { "received": { "vi": null } } });
    let put = app.ask(Method::PUT, TEXTS, Some(&owner), Some(&back)).await?;
    assert_eq!(put.data()?, loas.data()?);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'notification_texts.changed'").await?, 2);
    let stranger = app.merchant().await?;
    assert_eq!(app.get(TEXTS, &stranger).await?.data()?, loas.data()?);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn another_merchants_account_and_contact_are_told_nothing_by_us(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let thread = customer(&app, &owner, clock::now(), "vi").await?;
    let none = app.post(ORDER, &stranger, &order("received")).await?;
    assert_eq!(none.failure()?, (409, "CONFLICT"), "the shop has no account");
    app.account(&stranger, Channel::WhatsApp, "2003").await?;
    for (field, value) in [("accountId", thread.account_id.to_string()), ("to", thread.contact_id.to_string())] {
        let mut body = order("received");
        body[field] = json!(value);
        assert_eq!(fields(&app.post(ORDER, &stranger, &body).await?), [field]);
    }
    app.stop().await
}
