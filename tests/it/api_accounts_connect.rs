//! Connecting accounts: the platform is asked first, and what it says decides.

use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use simulator::{Behaviour, Fault, Match, Rule};
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser};

const WHATSAPP: &str = "/api/v1/whatsapp/accounts";
const MESSENGER: &str = "/api/v1/channels/messenger/accounts";
const X: &str = "/api/v1/channels/x/accounts";

fn number() -> Value {
    json!({ "phoneNumberId": "2002", "businessAccountId": "1001", "accessToken": "EAAG-very-secret" })
}

/// The next call of this name meets `fault`.
fn order(app: &TestApi, call: &str, fault: Fault) {
    let matching = Match { call: Some(call.to_owned()), ..Match::default() };
    app.platform.as_ref().unwrap().fail(Rule { matching, fault, times: 1 });
}

fn subscribed(app: &TestApi) -> Vec<String> {
    app.platform.as_ref().unwrap().subscribed()
}

async fn put(app: &TestApi, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
    app.ask(Method::PUT, path, Some(user), Some(body)).await
}

async fn delete(app: &TestApi, path: &str, user: &TestUser) -> anyhow::Result<Answer> {
    app.ask(Method::DELETE, path, Some(user), None).await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_number_is_looked_up_and_its_business_account_subscribed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let answer = app.post(WHATSAPP, &owner, &number()).await?;
    let account = answer.data()?;
    assert_eq!((&account["displayName"], &account["displayNumber"]), (&json!("Simulated business"), &json!("2002")));
    assert_eq!((&account["qualityRating"], &account["messagingLimit"]), (&json!("GREEN"), &json!(-1)));
    assert_eq!(account["throughputPerSecond"], 80);
    assert_eq!(subscribed(&app), ["1001"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_x_user_is_learnt_from_the_tokens_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "oauthToken": "123456789-key", "oauthTokenSecret": "secret" });
    let answer = app.post(X, &owner, &body).await?;
    let account = answer.data()?;
    assert_eq!((&account["userId"], &account["username"]), (&json!("123456789"), &json!("user_123456789")));
    assert_eq!(account["profileImageUrl"], "https://pictures.invalid/123456789.jpg");
    assert!(account["webhookId"].is_string());
    assert_eq!(subscribed(&app), ["123456789"]);
    assert_eq!(app.post(X, &owner, &body).await?.failure()?, (409, "CONFLICT"));

    let other = json!({ "userId": "42", "oauthToken": "43-key", "oauthTokenSecret": "secret" });
    let refused = app.post(X, &owner, &other).await?;
    assert_eq!((refused.failure()?, refused.problem().0), ((422, "VALIDATION_ERROR"), "userId"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_page_is_told_by_its_token_where_nobody_names_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let answer = app.post(MESSENGER, &owner, &json!({ "pageAccessToken": "3003-token" })).await?;
    assert_eq!((&answer.data()?["pageId"], &answer.data()?["username"]), (&json!("3003"), &json!("page.3003")));
    assert_eq!(subscribed(&app), ["3003"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_the_platform_does_not_accept_is_named_and_nothing_is_stored(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for (call, code, field) in [
        ("number", 190, "accessToken"),
        ("number", 100, "phoneNumberId"),
        ("numbers", 200, "accessToken"),
        ("numbers", 100, "businessAccountId"),
        ("subscribe", 10, "accessToken"),
    ] {
        order(&app, call, Fault::code(code));
        let answer = app.post(WHATSAPP, &owner, &number()).await?;
        assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"), "{call} {code}");
        assert_eq!(answer.problem().0, field, "{call} {code}");
        assert!(!answer.text.contains("secret"), "{}", answer.text);
    }
    order(&app, "page", Fault::code(190));
    let page = json!({ "pageId": "3003", "pageAccessToken": "token" });
    let answer = app.post(MESSENGER, &owner, &page).await?;
    assert_eq!((answer.failure()?.0, answer.problem().0), (422, "pageAccessToken"));
    // X's page has 400 for tokens that do not hold.
    order(&app, "user", Fault::code(401));
    let user = json!({ "oauthToken": "42-key", "oauthTokenSecret": "secret" });
    assert_eq!(app.post(X, &owner, &user).await?.failure()?, (400, "INVALID_REQUEST"));
    assert_eq!(app.count("select count(*) from accounts").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_platform_that_does_not_answer_leaves_no_account_and_asking_again_connects(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let faults = [
        ("number", Fault::DropConnection),
        ("numbers", Fault::Html { http_status: 502 }),
        ("subscribe", Fault::Refuse { code: 2, http_status: None }),
        // Subscribed, and nobody hears of it.
        ("subscribe", Fault::AcceptThenDrop),
    ];
    for (call, fault) in faults {
        order(&app, call, fault);
        let answer = app.post(WHATSAPP, &owner, &number()).await?;
        assert_eq!(answer.failure()?, (503, "UNAVAILABLE"), "{call}");
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(app.count("select count(*) from accounts").await?, 0);
    }
    assert_eq!(subscribed(&app), ["1001"]);
    app.post(WHATSAPP, &owner, &number()).await?.data()?;
    assert_eq!(subscribed(&app), ["1001"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_x_app_without_a_webhook_is_told_what_to_register(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let platform = app.platform.as_ref().unwrap();
    platform.behave(Behaviour { x_webhook: false, ..platform.behaviour() });
    let body = json!({ "oauthToken": "42-key", "oauthTokenSecret": "secret" });
    let answer = app.post(X, &owner, &body).await?;
    assert_eq!(answer.failure()?, (409, "CONFLICT"));
    assert!(answer.body["error"].as_str().unwrap().contains("/api/v1/mkt-x/webhooks/twitter"));
    assert_eq!(app.count("select count(*) from accounts").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn disconnecting_revokes_wipes_cancels_and_keeps_history(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 3).await?;
    app.post(&TestApi::messages_path(thread), &owner, &TestApi::text("on its way")).await?.data()?;
    let path = format!("{WHATSAPP}/{}", thread.account_id);
    let answer = delete(&app, &path, &owner).await?;
    assert_eq!((&answer.data()?["status"], &answer.data()?["subscription"]), (&json!("inactive"), &json!("ended")));
    assert!(subscribed(&app).is_empty());
    assert_eq!(app.count("select count(*) from accounts where credentials is null and status = 'inactive'").await?, 1);
    assert_eq!(app.count("select count(*) from outbox").await?, 0);
    assert_eq!(app.count("select count(*) from messages where status = 'cancelled'").await?, 1);
    assert_eq!(app.count("select count(*) from messages").await?, 4);
    let shown = app.get(&format!("/api/v1/whatsapp/conversations/{}", thread.id), &owner).await?;
    assert_eq!(shown.data()?["messages"].as_array().unwrap().len(), 4);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'account.disconnected'").await?, 1);

    // Once more does nothing more.
    assert_eq!(delete(&app, &path, &owner).await?.data()?["subscription"], "ended_before");
    assert_eq!(app.count("select count(*) from audit_entries where action = 'account.disconnected'").await?, 1);
    let stranger = app.merchant().await?;
    assert_eq!(delete(&app, &path, &stranger).await?.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_subscription_that_another_number_needs_stays(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let theirs = app.account(&other, Channel::WhatsApp, "2003").await?;
    let answer = delete(&app, &format!("{WHATSAPP}/{id}"), &owner).await?;
    assert_eq!(answer.data()?["subscription"], "shared");
    assert_eq!(subscribed(&app), ["1001"]);
    let answer = delete(&app, &format!("{WHATSAPP}/{theirs}"), &other).await?;
    assert_eq!(answer.data()?["subscription"], "ended");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_platform_that_is_away_does_not_keep_an_account_connected(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    order(&app, "unsubscribe", Fault::DropConnection);
    let answer = delete(&app, &format!("{WHATSAPP}/{id}"), &owner).await?;
    assert_eq!((&answer.data()?["status"], &answer.data()?["subscription"]), (&json!("inactive"), &json!("failed")));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn on_x_disconnecting_revokes_the_tokens_and_answers_null(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.account(&owner, Channel::X, "42").await?;
    let answer = delete(&app, &format!("{X}/{id}"), &owner).await?;
    assert_eq!(answer.data()?, &Value::Null);
    assert!(subscribed(&app).is_empty());
    // The tokens hold no more.
    let again = json!({ "oauthToken": "42-token", "oauthTokenSecret": "secret" });
    assert_eq!(app.post(X, &owner, &again).await?.failure()?, (400, "INVALID_REQUEST"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_shop_with_several_accounts_shows_its_primary_one_and_is_not_disconnected_whole(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let first = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let second = app.account(&owner, Channel::WhatsApp, "2003").await?;
    let primary = format!("{WHATSAPP}/default");
    assert_eq!(app.get(&primary, &owner).await?.data()?["id"], first.to_string());
    let made = put(&app, &format!("{WHATSAPP}/{second}"), &owner, &json!({ "isPrimary": true })).await?;
    assert_eq!(made.data()?["isPrimary"], true);
    assert_eq!(app.get(&primary, &owner).await?.data()?["id"], second.to_string());
    put(&app, &format!("{WHATSAPP}/{first}"), &owner, &json!({ "isPrimary": true })).await?.data()?;
    assert_eq!(app.get(&primary, &owner).await?.data()?["id"], first.to_string());
    assert_eq!(app.count("select count(*) from accounts where is_primary").await?, 1);

    assert_eq!(delete(&app, &primary, &owner).await?.failure()?, (409, "CONFLICT"));
    delete(&app, &format!("{WHATSAPP}/{second}"), &owner).await?.data()?;
    assert_eq!(delete(&app, &primary, &owner).await?.data()?["id"], first.to_string());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_new_token_brings_a_refused_account_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let before: Vec<u8> = sqlx::query_scalar("select credentials from accounts").fetch_one(&app.pool).await?;
    sqlx::query("update accounts set status = 'error', status_reason = 'token expired'").execute(&app.pool).await?;
    let path = format!("{WHATSAPP}/{id}/credentials");

    order(&app, "number", Fault::code(190));
    let refused = put(&app, &path, &owner, &json!({ "accessToken": "wrong" })).await?;
    assert_eq!((refused.failure()?.0, refused.problem().0), (422, "accessToken"));
    assert_eq!(app.count("select count(*) from accounts where status = 'error'").await?, 1);

    let answer = put(&app, &path, &owner, &json!({ "accessToken": "new-secret" })).await?;
    assert_eq!((&answer.data()?["status"], &answer.data()?["statusReason"]), (&json!("active"), &Value::Null));
    let after: Vec<u8> = sqlx::query_scalar("select credentials from accounts").fetch_one(&app.pool).await?;
    assert_ne!(before, after);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'account.credentials_replaced'").await?, 1);
    assert_eq!(app.count("select count(*) from audit_entries where after::text like '%secret%'").await?, 0);

    delete(&app, &format!("{WHATSAPP}/{id}"), &owner).await?.data()?;
    assert_eq!(put(&app, &path, &owner, &json!({ "accessToken": "t" })).await?.failure()?, (409, "CONFLICT"));
    app.stop().await
}
