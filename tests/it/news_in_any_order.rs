//! News come late, twice and out of order, and end where they belong.

use rand::rng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::news::{account_news, ban, news, preference, template, template_news};
use tests::{MIGRATOR, TestApp};

/// A moment before all tests.
const T: i64 = 1_763_000_000;

async fn rows(app: &TestApp) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for table in [
        "select to_jsonb(t) - array['id', 'created_at', 'updated_at'] from templates t order by name, language",
        "select to_jsonb(a) - array['credentials'] from accounts a order by external_id",
        "select to_jsonb(h) - array['subject', 'created_at'] from send_holds h order by reason",
        "select to_jsonb(c) - array['created_at'] from consents c order by id",
    ] {
        rows.extend(sqlx::query_scalar::<_, Value>(table).fetch_all(&app.db).await?);
    }
    Ok(rows)
}

/// Empties what news have written, so that the next order begins anew.
async fn forget(app: &TestApp) -> anyhow::Result<()> {
    for statement in [
        "delete from templates",
        "delete from send_holds",
        "delete from consents",
        "update accounts set status = 'active', status_reason = null, news_error = null, quality_rating = null,
             quality_at = null, throughput_per_second = 80, throughput_at = null, messaging_limit = null, limit_at = null,
             max_phone_numbers = null, max_phone_numbers_at = null, name_status = null, name_status_at = null,
             review = null, review_at = null, restrictions = '[]', restored_at = null",
    ] {
        sqlx::query(statement).execute(&app.db).await?;
    }
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn any_order_of_the_same_news_ends_in_the_same_rows(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let flagged =
        json!({ "display_phone_number": "1", "event": "FLAGGED", "max_daily_conversations_per_business": "TIER_10K" });
    let pause = json!({ "other_info": { "title": "SECOND_PAUSE" } });
    let told = vec![
        template_news(T, "PENDING"),
        template_news(T + 1, "APPROVED"),
        news(T + 2, "message_template_status_update", &template("PAUSED", &pause)),
        template_news(T + 3, "FLAGGED"),
        news(T + 1, "message_template_quality_update", &template("", &json!({ "new_quality_score": "GREEN" }))),
        news(T + 2, "message_template_quality_update", &template("", &json!({ "new_quality_score": "RED" }))),
        news(
            T,
            "template_category_update",
            &template("", &json!({ "new_category": "UTILITY", "correct_category": "MARKETING" })),
        ),
        news(T + 9, "template_category_update", &template("", &json!({ "new_category": "MARKETING" }))),
        ban(T, "DISABLE"),
        ban(T + 5, "REINSTATE"),
        account_news(T + 6, &json!({ "event": "ACCOUNT_OFFBOARDED" })),
        account_news(T + 4, &json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "SPAM" } })),
        news(T, "phone_number_quality_update", &flagged),
        news(T + 1, "business_capability_update", &json!({ "max_daily_conversations_per_business": -1 })),
        news(T + 2, "phone_number_name_update", &json!({ "display_phone_number": "1", "decision": "REJECTED" })),
        news(T + 1, "phone_number_name_update", &json!({ "display_phone_number": "1", "decision": "APPROVED" })),
        preference("stop", T, &json!([])),
        preference("resume", T + 1, &json!([])),
    ];
    let mut expected: Option<Vec<Value>> = None;
    for round in 0..6 {
        let mut order = told.clone();
        if round > 0 {
            order.shuffle(&mut rng());
            order.extend(told[..round].iter().cloned());
        }
        // Some of it in one batch, some one by one.
        for webhooks in order.chunks(1 + round) {
            for webhook in webhooks {
                assert_eq!(app.post(webhook).await?, 200);
            }
            app.track().await?;
        }
        let rows = rows(&app).await?;
        assert!(rows.len() >= 5, "{rows:?}");
        assert_eq!(*expected.get_or_insert(rows.clone()), rows, "round {round}: {order:?}");
        forget(&app).await?;
    }
    app.stop().await
}
