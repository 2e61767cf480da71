//! What a merchant sets for an account, its numbers and limits, and the shops that accounts belong to.

use std::time::Duration;

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::user::UserRole;
use shared::store::accounts::statistics;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser, as_worker};

const ACCOUNTS: &str = "/api/v1/whatsapp/accounts";
const SHOPS: &str = "/api/v1/shops";

async fn put(app: &TestApi, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
    app.ask(Method::PUT, path, Some(user), Some(body)).await
}

fn fields(answer: &Answer) -> Vec<&str> {
    answer.body["details"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn settings_are_taken_in_the_documents_shape_and_an_account_is_put_back_as_it_was_got(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let path = format!("{ACCOUNTS}/{id}");
    let body = json!({
        "autoReplyEnabled": true,
        "businessHours": {
            "enabled": true,
            "timezone": "Asia/Ho_Chi_Minh",
            "schedule": {
                "monday": { "start": "09:00", "end": "18:00" },
                "tuesday": { "start": "09:00", "end": "18:00" }
            }
        }
    });
    let answer = put(&app, &path, &owner, &body).await?;
    let account = answer.data()?;
    assert_eq!(account["autoReplyEnabled"], true);
    assert_eq!(account["businessHours"]["schedule"], body["businessHours"]["schedule"]);

    let got = app.get(&path, &owner).await?;
    let mut again = got.data()?.clone();
    again["greeting"] = json!("Xin chào!");
    again["businessHours"]["awayText"] = json!("We are back at nine.");
    again["businessHours"]["handOffOutside"] = json!(false);
    let answer = put(&app, &path, &owner, &again).await?;
    assert_eq!(
        (&answer.data()?["greeting"], &answer.data()?["displayName"]),
        (&json!("Xin chào!"), &again["displayName"])
    );
    assert_eq!(answer.data()?["businessHours"]["handOffOutside"], false);
    let answer = put(&app, &path, &owner, &json!({ "greeting": null, "businessHours": null })).await?;
    assert_eq!((&answer.data()?["greeting"], &answer.data()?["businessHours"]), (&Value::Null, &Value::Null));
    assert_eq!(app.count("select count(*) from audit_entries where action = 'account.changed'").await?, 3);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn everything_that_is_wrong_with_settings_is_told_at_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let path = format!("{ACCOUNTS}/{id}");
    let body = json!({
        "displayName": "",
        "businessHours": { "timezone": "Asia/Atlantis", "schedule": {
            "funday": { "start": "09:00", "end": "18:00" },
            "monday": { "start": "9:00", "end": "18:00" },
            "tuesday": { "start": "18:00", "end": "09:00" },
            "wednesday": null
        } },
        "dailyLimit": { "per": "moon", "limit": 0 }
    });
    let answer = put(&app, &path, &owner, &body).await?;
    assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"));
    let expected = [
        "displayName",
        "businessHours.timezone",
        "businessHours.schedule.funday",
        "businessHours.schedule.monday.start",
        "businessHours.schedule.tuesday.end",
        "dailyLimit.per",
        "dailyLimit.limit",
    ];
    assert_eq!(fields(&answer), expected);
    assert_eq!(fields(&put(&app, &path, &owner, &json!({ "colour": "red" })).await?), ["colour"]);
    let stranger = app.merchant().await?;
    assert_eq!(put(&app, &path, &stranger, &json!({})).await?.failure()?, (404, "NOT_FOUND"));
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    assert_eq!(put(&app, &path, &agent, &json!({})).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_numbers_of_an_account_are_those_of_its_rows(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let first = app.thread(&owner, account, "84901234567", clock::now()).await?;
    app.thread(&owner, account, "84901234568", clock::now()).await?;
    app.post(&TestApi::messages_path(first), &owner, &TestApi::text("hello")).await?.data()?;
    let shown = app.get(&format!("{ACCOUNTS}/{account}"), &owner).await?;
    let expected = json!({ "totalContacts": 2, "totalConversations": 2, "messagesThisMonth": 1 });
    assert_eq!(shown.data()?["statistics"], expected);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_with_many_conversations_is_counted_once_and_then_by_the_janitor(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    sqlx::query("insert into contacts (id, merchant_id) select gen_random_uuid(), $1 from generate_series(1, 5100)")
        .bind(owner.merchant_id.0)
        .execute(&app.pool)
        .await?;
    let add = "insert into conversations (id, merchant_id, account_id, contact_id, status, last_message_at, opened_at)
               select gen_random_uuid(), $1, $2, id, 'closed', now(), now() from contacts";
    for _ in 0..2 {
        sqlx::query(add).bind(owner.merchant_id.0).bind(account.0).execute(&app.pool).await?;
    }
    let path = format!("{ACCOUNTS}/{account}");
    let expected = json!({ "totalContacts": 5100, "totalConversations": 10200, "messagesThisMonth": 0 });
    assert_eq!(app.get(&path, &owner).await?.data()?["statistics"], expected);
    sqlx::query(add).bind(owner.merchant_id.0).bind(account.0).execute(&app.pool).await?;
    assert_eq!(app.get(&path, &owner).await?.data()?["statistics"], expected, "kept for a few minutes");

    let mut conn = as_worker(&app.pool).acquire().await?;
    assert!(!statistics::recount(&mut conn, Duration::from_mins(5)).await?);
    assert!(statistics::recount(&mut conn, Duration::ZERO).await?);
    assert_eq!(app.get(&path, &owner).await?.data()?["statistics"]["totalConversations"], 15_300);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_daily_limit_counts_messages_to_a_number_or_of_the_account(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let other = app.thread(&owner, thread.account_id, "84909999999", clock::now()).await?;
    let path = format!("{ACCOUNTS}/{}", thread.account_id);
    let limits = format!("{path}/limits");
    let fresh = app.get(&format!("{limits}?phone=%2B84901234567"), &owner).await?;
    assert_eq!((&fresh.data()?["used"], &fresh.data()?["limit"]), (&json!(0), &json!(1000)));

    put(&app, &path, &owner, &json!({ "dailyLimit": { "limit": 1 } })).await?.data()?;
    app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("one")).await?.data()?;
    let full = app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("two")).await?;
    assert_eq!(full.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    assert!(full.headers.contains_key("retry-after"));
    let used = app.get(&format!("{limits}?phone=84901234567"), &owner).await?;
    assert_eq!((&used.data()?["used"], &used.data()?["per"]), (&json!(1), &json!("recipient")));
    assert_eq!(app.get(&format!("{limits}?phone=84909999999"), &owner).await?.data()?["used"], 0);
    app.post(&TestApi::messages_path(other), &owner, &TestApi::text("one")).await?.data()?;

    put(&app, &path, &owner, &json!({ "dailyLimit": { "per": "sender", "limit": 2 } })).await?.data()?;
    let full = app.post(&TestApi::messages_path(other), &owner, &TestApi::text("three")).await?;
    assert_eq!(full.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    let used = app.get(&limits, &owner).await?;
    let used = used.data()?;
    assert_eq!((&used["used"], &used["limit"], &used["per"]), (&json!(2), &json!(2), &json!("sender")));
    assert_eq!((&used["unsent"]["used"], &used["throughputPerSecond"]), (&json!(2), &json!(80)));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_messaging_limit_is_shown_beside_the_customers_who_got_a_template(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    sqlx::query("update accounts set messaging_limit = 250").execute(&app.pool).await?;
    let day_ago = clock::now() - TimeDelta::hours(25);
    let thread = app.thread(&owner, account, "84901234567", day_ago).await?;
    let template = json!({ "type": "template", "template": { "name": "order_update", "language": "vi",
        "body": [{ "kind": "text", "text": "An" }] } });
    for _ in 0..2 {
        app.post(&TestApi::messages_path(thread), &owner, &template).await?.data()?;
    }
    let limits = app.get(&format!("{ACCOUNTS}/{account}/limits"), &owner).await?;
    assert_eq!(limits.data()?["messagingLimit"], json!({ "used": 1, "limit": 250, "unlimited": false }));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_merchant_makes_shops_renames_them_and_moves_accounts_between_them(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let made = app.post(SHOPS, &owner, &json!({ "shopId": "hanoi", "name": "Hà Nội" })).await?;
    assert_eq!((&made.data()?["shopId"], &made.data()?["isDefault"]), (&json!("hanoi"), &json!(false)));
    let twice = app.post(SHOPS, &owner, &json!({ "shopId": "hanoi", "name": "Again" })).await?;
    assert_eq!(twice.failure()?, (409, "CONFLICT"));
    let wrong = app.post(SHOPS, &owner, &json!({ "shopId": "a/b" })).await?;
    assert_eq!(fields(&wrong), ["shopId", "name"]);
    let listed = app.get(SHOPS, &owner).await?;
    assert_eq!((listed.data()?.as_array().unwrap().len(), &listed.body["pagination"]["total"]), (2, &json!(2)));

    let renamed = put(&app, &format!("{SHOPS}/hanoi"), &owner, &json!({ "name": "Hanoi", "isDefault": true })).await?;
    assert_eq!((&renamed.data()?["name"], &renamed.data()?["isDefault"]), (&json!("Hanoi"), &json!(true)));
    assert_eq!(app.count("select count(*) from shops where is_default").await?, 1);

    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let path = format!("{ACCOUNTS}/{id}");
    assert_eq!(app.get(&path, &owner).await?.data()?["shopId"], "hanoi");
    assert_eq!(put(&app, &path, &owner, &json!({ "shopId": "default" })).await?.data()?["shopId"], "default");
    assert_eq!(app.get(&format!("{SHOPS}/default"), &owner).await?.data()?["accounts"], 1);

    let stranger = app.merchant().await?;
    assert_eq!(app.get(&format!("{SHOPS}/hanoi"), &stranger).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(put(&app, &path, &owner, &json!({ "shopId": "nowhere" })).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}
