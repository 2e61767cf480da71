//! News of message templates: what is known of them, and whether they may be sent.

use serde_json::json;
use shared::store::templates::read::{self as templates, Filter, Template};
use sqlx::PgPool;
use tests::conversation::count;
use tests::news::{news, template, template_news};
use tests::whatsapp::WABA;
use tests::{MIGRATOR, TestApp};

/// A moment before all tests.
const T: i64 = 1_763_000_000;

async fn all_templates(app: &TestApp) -> anyhow::Result<Vec<Template>> {
    let mut conn = app.db.acquire().await?;
    Ok(templates::list(&mut conn, app.merchant.id, &Filter::default(), None, 100).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_template_is_known_from_what_the_platform_tells_of_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let parts = json!({ "message_template_element": "Hello {{1}}", "message_template_footer": "Bye" });
    app.hears(&[
        news(T, "message_template_status_update", &template("PENDING", &json!({}))),
        news(
            T + 1,
            "message_template_status_update",
            &template("APPROVED", &json!({ "message_template_category": "UTILITY" })),
        ),
        news(T + 2, "message_template_components_update", &template("", &parts)),
        news(T + 3, "message_template_quality_update", &template("", &json!({ "new_quality_score": "YELLOW" }))),
        news(
            T + 4,
            "template_category_update",
            &template("", &json!({ "new_category": "UTILITY", "correct_category": "MARKETING" })),
        ),
    ])
    .await?;

    let all = all_templates(&app).await?;
    let [known] = &all[..] else { panic!("{all:?}") };
    assert_eq!(
        (known.name.as_str(), known.language.as_str(), known.business_id.as_str()),
        ("spring_sale", "en_US", WABA)
    );
    assert_eq!(known.platform_id.as_deref(), Some("990000000000001"));
    assert_eq!((known.status.as_str(), known.quality.as_deref()), ("APPROVED", Some("YELLOW")));
    assert_eq!((known.category.as_deref(), known.next_category.as_deref()), (Some("UTILITY"), Some("MARKETING")));
    assert_eq!(known.components.as_ref().expect("parts")[1], json!({ "type": "FOOTER", "text": "Bye" }));

    let mut conn = app.db.acquire().await?;
    let same = templates::get(&mut conn, app.merchant.id, known.id).await?.expect("it is there");
    assert_eq!(same.status_at, known.status_at);
    let filter = Filter { status: Some("REJECTED".to_owned()), ..Filter::default() };
    assert!(templates::list(&mut conn, app.merchant.id, &filter, None, 10).await?.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_template_told_by_its_id_alone_is_the_one_of_that_id(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let by_id = json!({ "event": "REJECTED", "message_template_id": 990_000_000_000_001_i64, "reason": "SCAM" });
    let of_nobody = json!({ "event": "REJECTED", "message_template_id": 1 });
    app.hears(&[
        template_news(T, "APPROVED"),
        news(T + 1, "message_template_status_update", &by_id),
        news(T + 1, "message_template_status_update", &of_nobody),
    ])
    .await?;
    let all = all_templates(&app).await?;
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].status.as_str(), all[0].reason.as_deref()), ("REJECTED", Some("SCAM")));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_paused_template_is_held_until_the_platform_takes_it_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let pause = json!({ "other_info": { "title": "FIRST_PAUSE", "description": "low quality" } });
    app.hears(&[
        template_news(T, "APPROVED"),
        news(T + 1, "message_template_status_update", &template("PAUSED", &pause)),
    ])
    .await?;
    let held: (String, String, String, i64) =
        sqlx::query_as("select scope, subject, reason, extract(epoch from until)::bigint from send_holds")
            .fetch_one(&app.db)
            .await?;
    let id = all_templates(&app).await?[0].id.to_string();
    assert_eq!(held, ("template".to_owned(), id, "PAUSED; FIRST_PAUSE; low quality".to_owned(), T + 1 + 3 * 3_600));

    app.hears(&[template_news(T, "APPROVED"), template_news(T + 2, "FLAGGED")]).await?;
    assert_eq!(count(&app.db, "send_holds").await?, 1, "neither older news nor a warning lifts it");
    app.hears(&[template_news(T + 3, "REINSTATED")]).await?;
    assert_eq!(count(&app.db, "send_holds").await?, 0);
    app.stop().await
}
