//! What the page of the Facebook service promises of customers; the rest is in `api_doors`.

use serde_json::json;
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::answering;

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn customers_stand_beside_their_total_and_need_a_shop(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::Messenger, "123456789").await?;
    let thread = app.thread(&owner, account, "84901234567", clock::now()).await?;
    sqlx::query("update contacts set email = 'an@example.com' where id = $1")
        .bind(thread.contact_id.0)
        .execute(&app.pool)
        .await?;
    let shop: uuid::Uuid = sqlx::query_scalar("select id from shops where merchant_id = $1")
        .bind(owner.merchant_id.0)
        .fetch_one(&app.pool)
        .await?;
    for door in ["/api/v1", "/api/v1/mkt-facebook"] {
        let without = app.get(&format!("{door}/customers"), &owner).await?;
        assert_eq!(without.failure()?, (400, "INVALID_REQUEST"));
        assert_eq!(without.body["details"], json!({ "shopId": "is required" }));
        for query in ["tags=vip&tags=vip", "tags=vip", "search=An", "search=an@example.com", "skip=0&take=20"] {
            let found = app.get(&format!("{door}/customers?shopId={shop}&{query}"), &owner).await?;
            assert_eq!(found.data()?["totalCount"], 1, "{query}");
            let one = &found.data()?["customers"][0];
            assert_eq!((&one["id"], &one["name"]), (&json!(thread.contact_id), &json!("An")), "{query}");
        }
        let foreign = app.get(&format!("{door}/customers?shopId={}", uuid::Uuid::nil()), &owner).await?;
        assert_eq!(foreign.failure()?, (403, "FORBIDDEN"));
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn flows_are_listed_in_the_pages_words(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let mut document = answering("unused", "Welcome");
    document["triggers"] = json!([{ "type": "get_started" }]);
    let body = json!({ "name": "Welcome Flow", "document": document });
    let made = app.post("/api/v1/mkt-facebook/chatbots/flows", &owner, &body).await?;
    let id = made.data()?["id"].as_str().unwrap();
    let active = format!("/api/v1/chatbots/flows/{id}/activate");
    assert_eq!(app.ask(http::Method::POST, &active, Some(&owner), None).await?.data()?["triggerType"], "GetStarted");
    for path in ["/api/v1/chatbots/flows", "/api/v1/mkt-facebook/chatbots/flows", "/api/v1/mkt-facebook/flows"] {
        let listed = app.get(path, &owner).await?;
        let one = &listed.data()?[0];
        let told = json!({
            "id": one["id"], "name": one["name"], "shopId": one["shopId"], "triggerType": one["triggerType"],
            "isActive": one["isActive"], "nodeCount": one["nodeCount"],
        });
        let expected = json!({
            "id": id, "name": "Welcome Flow", "shopId": "default", "triggerType": "GetStarted", "isActive": true,
            "nodeCount": 2,
        });
        assert_eq!(told, expected, "{path}");
    }
    let refused = app.post("/api/v1/chatbots/flows", &owner, &json!({ "name": "", "document": {} })).await?;
    assert_eq!(refused.failure()?, (400, "INVALID_REQUEST"));
    assert!(refused.body["details"]["name"].is_string(), "{}", refused.text);
    app.stop().await
}
