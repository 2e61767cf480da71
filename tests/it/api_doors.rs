//! The doors of X's and Facebook's pages: the same resources, in their words.

use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::{TestApi, TestUser, Thread};

const X: &str = "/api/v1/mkt-x";
const FACEBOOK: &str = "/api/v1/mkt-facebook";

async fn thread(app: &TestApi, owner: &TestUser, channel: Channel) -> anyhow::Result<Thread> {
    let account = app.account(owner, channel, "3003").await?;
    app.thread(owner, account, "84901234567", clock::now()).await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_of_x_is_called_by_its_twitter_user_id(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::X, "123456789").await?;
    let one = app.get(&format!("{X}/accounts/{account}"), &owner).await?;
    assert_eq!(one.data()?["twitterUserId"], "123456789");
    assert_eq!(one.data()?.get("userId"), None);
    let all = app.get(&format!("{X}/accounts?status=active"), &owner).await?;
    assert_eq!(all.data()?[0]["twitterUserId"], "123456789");
    let neutral = app.get(&format!("/api/v1/channels/x/accounts/{account}"), &owner).await?;
    assert_eq!(neutral.data()?["userId"], "123456789");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_conversation_on_x_is_a_direct_message_and_its_messages_are_twitters(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner, Channel::X).await?;
    let sent = app.post(&format!("{X}/conversations/{}/messages", thread.id), &owner, &TestApi::text("hi")).await?;
    assert_eq!(sent.data()?["twitterMessageId"], Value::Null);
    assert_eq!(sent.data()?.get("platformMessageId"), None);
    assert_eq!(sent.data()?["messages"][0].get("platformMessageId"), None);
    for path in ["", "?includeMessages=true&messagesTake=5"] {
        let one = app.get(&format!("{X}/conversations/{}{path}", thread.id), &owner).await?;
        assert_eq!(one.data()?["channel"], "direct_message");
        let message = &one.data()?["messages"][0];
        assert!(message.get("twitterMessageId").is_some(), "{message}");
        assert_eq!((&message["direction"], &message["type"]), (&json!("outbound"), &json!("text")));
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_text_too_long_for_x_is_a_bad_request_there_and_not_valid_elsewhere(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner, Channel::X).await?;
    let long = TestApi::text(&"a".repeat(10_001));
    let on_x = app.post(&format!("{X}/conversations/{}/messages", thread.id), &owner, &long).await?;
    assert_eq!(on_x.failure()?, (400, "INVALID_REQUEST"));
    assert_eq!(on_x.problem().0, "content");
    let neutral = app.post(&format!("/api/v1/channels/x/conversations/{}/messages", thread.id), &owner, &long).await?;
    assert_eq!(neutral.failure()?, (422, "VALIDATION_ERROR"));
    let other = json!({ "type": "text", "content": "hi", "colour": 1 });
    let other = app.post(&format!("{X}/conversations/{}/messages", thread.id), &owner, &other).await?;
    assert_eq!(other.failure()?, (422, "VALIDATION_ERROR"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn facebooks_inbox_stands_beside_its_total_and_needs_a_shop(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner, Channel::Messenger).await?;
    let shop: uuid::Uuid = sqlx::query_scalar("select id from shops where merchant_id = $1")
        .bind(owner.merchant_id.0)
        .fetch_one(&app.pool)
        .await?;
    for door in [FACEBOOK, "/api/v1"] {
        let answer =
            app.get(&format!("{door}/conversations?shopId={shop}&status=Active&skip=0&take=20"), &owner).await?;
        let data = answer.data()?;
        assert_eq!(data["totalCount"], 1);
        let one = &data["conversations"][0];
        assert_eq!(one["id"], json!(thread.id));
        assert_eq!(one["customerId"], json!(thread.contact_id));
        assert_eq!(
            [&one["customerName"], &one["status"], &one["channel"]],
            [&json!("An"), &json!("Active"), &json!("FacebookMessenger")]
        );
        assert_eq!(one["pageId"], "3003");
        assert!(one["createdAt"].is_string() && one["lastMessageAt"].is_string());
        assert_eq!(answer.body["pagination"]["total"], 1);
        let closed = app.get(&format!("{door}/conversations?shopId={shop}&status=Closed"), &owner).await?;
        assert_eq!(closed.data()?, &json!({ "conversations": [], "totalCount": 0 }));

        let without = app.get(&format!("{door}/conversations"), &owner).await?;
        assert_eq!(without.failure()?, (400, "INVALID_REQUEST"));
        assert_eq!(without.body["details"], json!({ "shopId": "is required" }));
        let foreign = app.get(&format!("{door}/conversations?shopId={}", uuid::Uuid::nil()), &owner).await?;
        assert_eq!(foreign.failure()?, (403, "FORBIDDEN"));
        let wrong = app.get(&format!("{door}/conversations?shopId={shop}&status=Asleep&take=x"), &owner).await?;
        assert_eq!(wrong.failure()?, (400, "INVALID_REQUEST"));
        assert!(wrong.body["details"]["status"].is_string() && wrong.body["details"]["take"].is_string());
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn facebooks_messages_come_in_and_go_out_in_its_words(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner, Channel::Messenger).await?;
    let path = format!("{FACEBOOK}/conversations/{}", thread.id);
    let body = json!({ "messageType": "Text", "content": "hello" });
    let sent = app.post(&format!("{path}/messages"), &owner, &body).await?;
    assert_eq!(sent.data()?["messageType"], "Text");
    assert_eq!(sent.data()?["direction"], "Outgoing");
    let ours = app.post(&format!("{path}/messages"), &owner, &TestApi::text("our own words")).await?;
    assert_eq!(ours.data()?["messageType"], "Text");

    for path in [path.clone(), format!("/api/v1/conversations/{}", thread.id)] {
        let one = app.get(&path, &owner).await?;
        let data = one.data()?;
        assert_eq!(data["customer"]["id"], json!(thread.contact_id));
        assert_eq!((&data["customer"]["name"], &data["customer"]["tags"]), (&json!("An"), &json!(["vip"])));
        let message = &data["messages"][0];
        assert_eq!(
            [&message["content"], &message["messageType"], &message["direction"], &message["senderId"]],
            [&json!("hello"), &json!("Text"), &json!("Outgoing"), &json!("3003")]
        );
    }
    let wrong = app.post(&format!("{path}/messages"), &owner, &json!({ "messageType": "Dance" })).await?;
    assert_eq!(wrong.failure()?, (400, "INVALID_REQUEST"));
    assert!(wrong.body["details"]["messageType"].is_string(), "{}", wrong.text);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn behind_every_door_stands_every_resource(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let documents = api::router::documents();
    let below = |path: &str, prefix: &str| path.strip_prefix(prefix).map(str::to_owned);
    let of = |index: usize, prefix: &str| -> Vec<String> {
        let paths = documents[index].json["paths"].as_object().unwrap();
        paths.keys().filter_map(|path| below(path, prefix)).collect()
    };
    let plain = of(0, "/api/v1/channels/{channel}");
    assert!(plain.len() > 5);
    assert_eq!(of(1, "/api/v1/whatsapp"), plain);
    assert_eq!(of(2, X), plain);
    assert_eq!(of(3, FACEBOOK), plain);
    for door in ["/api/v1/whatsapp", X, FACEBOOK, "/api/v1/channels/x"] {
        app.get(&format!("{door}/accounts"), &owner).await?.data()?;
        let unknown = app.ask(Method::GET, &format!("{door}/nowhere"), Some(&owner), None).await?;
        assert_eq!(unknown.failure()?, (404, "NOT_FOUND"));
    }
    app.stop().await
}
