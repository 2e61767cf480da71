//! The merchant itself, and what it settles.

use serde_json::{Value, json};
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::TestApi;

const MERCHANT: &str = "/api/v1/merchant";

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_owner_settles_names_words_and_days(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let before = app.get(MERCHANT, &owner).await?.data()?.clone();
    assert_eq!((&before["stopWords"], &before["retentionDays"]), (&Value::Null, &json!(365)));
    let change =
        json!({ "name": "Quán An", "stopWords": [" DỪNG ", "stop"], "stopReply": "Đã dừng.", "retentionDays": 30 });
    let after = app.patch(MERCHANT, &owner, &change).await?.data()?.clone();
    assert_eq!((&after["name"], &after["stopWords"]), (&json!("Quán An"), &json!(["dừng", "stop"])));

    let back = app.patch(MERCHANT, &owner, &json!({ "stopWords": null, "stopReply": null })).await?;
    assert_eq!((&back.data()?["stopWords"], &back.data()?["stopReply"]), (&Value::Null, &Value::Null));
    assert_eq!(back.data()?["retentionDays"], 30, "what is not named stays");

    // As it was given it may be put back.
    app.patch(MERCHANT, &owner, &before).await?.data()?;
    assert_eq!(app.get(MERCHANT, &owner).await?.data()?, &before);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'merchant.changed'").await?, 3);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_it_may_not_be_is_named(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let wrong = json!({ "name": "", "stopWords": ["", "ok"], "stopReply": " ", "retentionDays": 0 });
    let refused = app.patch(MERCHANT, &owner, &wrong).await?;
    let fields: Vec<_> = refused.body["details"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, [json!("name"), json!("stopWords[0]"), json!("stopReply"), json!("retentionDays")]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn everyone_sees_it_and_the_owner_alone_changes_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for role in [UserRole::Admin, UserRole::Agent, UserRole::Viewer, UserRole::Operator] {
        let user = app.colleague(&owner, role).await?;
        app.get(MERCHANT, &user).await?.data()?;
        let change = json!({ "name": "Mine" });
        assert_eq!(app.patch(MERCHANT, &user, &change).await?.failure()?, (403, "FORBIDDEN"), "{role}");
    }
    app.stop().await
}
