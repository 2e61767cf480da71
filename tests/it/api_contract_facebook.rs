//! What the page of the Facebook service promises of customers; the rest is in `api_doors`.

use serde_json::json;
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::TestApi;

#[sqlx::test(migrator = "shared::store::migrate::MIGRATOR")]
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
