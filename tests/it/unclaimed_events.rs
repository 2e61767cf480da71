//! Events that are nobody's: kept whole, and claimed when somebody connects.

use serde_json::json;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::merchant::NewAccount;
use tests::whatsapp::{self, from, status, wamid};
use tests::{MIGRATOR, TestApp};

const STRANGER: &str = "999999999999999";

async fn reasons(app: &TestApp) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select reason from unclaimed_events order by reason").fetch_all(&app.db).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_event_of_an_unconnected_account_is_claimed_when_it_is_connected(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([
        from("84901234567").to_number(STRANGER).says("is anybody there?"),
        status(STRANGER, &wamid(), "delivered", None),
    ])
    .await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "messages").await?, 0);
    assert_eq!(reasons(&app).await?, ["unknown_account"]);

    app.connect(&NewAccount::whatsapp(STRANGER)).await?;
    app.give_back_claims().await?;
    app.settle().await?;

    assert_eq!(messages(&app.db).await?.len(), 1);
    assert_eq!(count(&app.db, "unclaimed_events").await?, 0);
    assert_eq!(count(&app.db, "orphan_statuses").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_event_that_another_app_signed_stays_unclaimed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.connect(&NewAccount { app: "other-app", ..NewAccount::whatsapp(STRANGER) }).await?;
    app.receives([from("84901234567").to_number(STRANGER).says("signed by the wrong one")]).await?;
    app.settle().await?;
    app.give_back_claims().await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "messages").await?, 0);
    assert_eq!(reasons(&app).await?, ["other_app"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn json_of_an_unknown_shape_is_accepted_and_kept(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    for webhook in [json!({ "hello": "world" }), json!([1, 2, 3]), json!({ "object": "something_new", "entry": [] })] {
        assert_eq!(app.post(&webhook).await?, 200);
    }
    app.settle().await?;

    assert_eq!(reasons(&app).await?, ["unreadable"; 3]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_unclaimed_event_lies_sealed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").to_number(STRANGER).says("a secret word")]).await?;
    app.settle().await?;

    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from unclaimed_events").fetch_one(&app.db).await?;
    let found = sealed.windows(6).any(|window| window == b"secret");
    assert!(!found, "the event lies open in the table");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn news_of_an_account_is_kept_with_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let news = json!({ "field": "account_review_update", "value": { "decision": "APPROVED" } });
    app.receives([news.clone()]).await?;
    assert_eq!(app.post(&whatsapp::entries([whatsapp::entry("1", [news])])).await?, 200);
    app.settle().await?;

    let fields: Vec<String> = sqlx::query_scalar("select field from account_events").fetch_all(&app.db).await?;
    assert_eq!(fields, ["account_review_update"]);
    assert_eq!(reasons(&app).await?, ["unknown_account"]);
    app.stop().await
}
