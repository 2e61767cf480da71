//! What customers tell WhatsApp itself about marketing.

use serde_json::json;
use sqlx::PgPool;
use tests::conversation::count;
use tests::news::preference;
use tests::whatsapp::{from, from_user};
use tests::{MIGRATOR, TestApp};

/// A moment before all tests.
const T: i64 = 1_763_000_000;

async fn wishes(app: &TestApp) -> anyhow::Result<Vec<(bool, String, String)>> {
    Ok(sqlx::query_as("select granted, source, proof from consents where purpose = 'marketing' order by at")
        .fetch_all(&app.db)
        .await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_customer_who_stops_marketing_on_the_platform_has_withdrawn_consent(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let shown = json!([{ "wa_id": "84901234567", "user_id": "VN.5550001" }]);
    let stop = preference("stop", T, &shown);
    app.hears(&[preference("resume", T + 60, &shown), stop.clone(), stop]).await?;

    let platform = "platform".to_owned();
    let stopped = (false, platform.clone(), "User requested to stop marketing messages".to_owned());
    let resumed = (true, platform, "User requested to resume marketing messages".to_owned());
    assert_eq!(wishes(&app).await?, [stopped, resumed]);
    assert_eq!(count(&app.db, "contacts").await?, 1);
    app.receives([from_user("VN.5550001").says("the same person, without a number")]).await?;
    app.settle().await?;
    assert_eq!(count(&app.db, "contacts").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_customer_nobody_has_met_may_stop_marketing_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.hears(&[preference("stop", T, &json!([]))]).await?;
    assert_eq!(wishes(&app).await?.len(), 1);
    assert_eq!(count(&app.db, "contacts").await?, 1);
    assert_eq!(count(&app.db, "conversations").await?, 0);
    app.stop().await
}
