//! News that the platform tells of accounts: each changes what it is about, and nothing else.

use rand::rng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use shared::domain::account::AccountStatus;
use shared::domain::platform_news::MessagingLimit;
use shared::store::accounts::health::{self, AccountHealth};
use shared::store::templates::read::{self as templates, Filter, Template};
use shared::store::{account_events, accounts::sender};
use sqlx::PgPool;
use tests::conversation::count;
use tests::merchant::NewAccount;
use tests::whatsapp::{NUMBER, WABA, from, from_user, news, news_of_number};
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

/// A moment before all tests.
const T: i64 = 1_763_000_000;

async fn hears(app: &TestApp, webhooks: &[Value]) -> anyhow::Result<()> {
    for webhook in webhooks {
        assert_eq!(app.post(webhook).await?, 200);
    }
    app.settle().await
}

async fn health(app: &TestApp) -> anyhow::Result<AccountHealth> {
    let mut conn = app.db.acquire().await?;
    Ok(health::get(&mut conn, app.merchant.id, app.account).await?.expect("the account is there"))
}

async fn all_templates(app: &TestApp) -> anyhow::Result<Vec<Template>> {
    let mut conn = app.db.acquire().await?;
    Ok(templates::list(&mut conn, app.merchant.id, &Filter::default(), None, 100).await?)
}

fn template(event: &str, more: &Value) -> Value {
    let mut value = json!({
        "event": event, "message_template_id": 990_000_000_000_001_i64, "message_template_name": "spring_sale",
        "message_template_language": "en_US", "reason": null,
    });
    for (key, field) in more.as_object().into_iter().flatten() {
        value[key] = field.clone();
    }
    value
}

fn template_news(at: i64, event: &str) -> Value {
    news(at, "message_template_status_update", &template(event, &json!({})))
}

fn account_news(at: i64, value: &Value) -> Value {
    news(at, "account_update", value)
}

fn ban(at: i64, state: &str) -> Value {
    account_news(at, &json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state, "waba_ban_date": "May 1" } }))
}

async fn actions(app: &TestApp) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select action from audit_entries order by id").fetch_all(&app.db).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_template_is_known_from_what_the_platform_tells_of_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let parts = json!({ "message_template_element": "Hello {{1}}", "message_template_footer": "Bye" });
    hears(
        &app,
        &[
            news(T, "message_template_status_update", &template("PENDING", &json!({}))),
            news(T + 1, "message_template_status_update", &template("APPROVED", &json!({ "message_template_category": "UTILITY" }))),
            news(T + 2, "message_template_components_update", &template("", &parts)),
            news(T + 3, "message_template_quality_update", &template("", &json!({ "new_quality_score": "YELLOW" }))),
            news(T + 4, "template_category_update", &template("", &json!({ "new_category": "UTILITY", "correct_category": "MARKETING" }))),
        ],
    )
    .await?;

    let all = all_templates(&app).await?;
    let [known] = &all[..] else { panic!("{all:?}") };
    assert_eq!((known.name.as_str(), known.language.as_str(), known.business_id.as_str()), ("spring_sale", "en_US", WABA));
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
    hears(
        &app,
        &[
            template_news(T, "APPROVED"),
            news(T + 1, "message_template_status_update", &by_id),
            news(T + 1, "message_template_status_update", &of_nobody),
        ],
    )
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
    hears(
        &app,
        &[template_news(T, "APPROVED"), news(T + 1, "message_template_status_update", &template("PAUSED", &pause))],
    )
    .await?;
    let held: (String, String, String, i64) =
        sqlx::query_as("select scope, subject, reason, extract(epoch from until)::bigint from send_holds")
            .fetch_one(&app.db)
            .await?;
    let id = all_templates(&app).await?[0].id.to_string();
    assert_eq!(held, ("template".to_owned(), id, "PAUSED; FIRST_PAUSE; low quality".to_owned(), T + 1 + 3 * 3_600));

    hears(&app, &[template_news(T, "APPROVED"), template_news(T + 2, "FLAGGED")]).await?;
    assert_eq!(count(&app.db, "send_holds").await?, 1, "neither older news nor a warning lifts it");
    hears(&app, &[template_news(T + 3, "REINSTATED")]).await?;
    assert_eq!(count(&app.db, "send_holds").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_limit_is_the_portfolios_and_the_numbers(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let portfolio = Uuid::new_v8([7; 16]);
    sqlx::query("insert into portfolios (id, merchant_id, name) values ($1, $2, 'all of it')")
        .bind(portfolio)
        .bind(app.merchant.id.0)
        .execute(&app.db)
        .await?;
    sqlx::query("update accounts set portfolio_id = $1, display_number = '+1 555-000-1111'")
        .bind(portfolio)
        .execute(&app.db)
        .await?;
    let other = app.connect(&NewAccount::whatsapp("777")).await?;
    let quality = |event: &str, more: Value| {
        let mut value = json!({ "display_phone_number": "15550001111", "event": event });
        for (key, field) in more.as_object().into_iter().flatten() {
            value[key] = field.clone();
        }
        value
    };
    hears(
        &app,
        &[
            news(T, "business_capability_update", &json!({ "max_daily_conversations_per_business": 250, "max_phone_numbers_per_business": 20 })),
            news(T + 2, "phone_number_quality_update", &quality("ONBOARDING", json!({ "max_daily_conversations_per_business": "TIER_2K" }))),
            news(T + 1, "business_capability_update", &json!({ "max_daily_conversations_per_business": "TIER_UNLIMITED" })),
            news(T + 3, "phone_number_quality_update", &quality("THROUGHPUT_UPGRADE", json!({}))),
        ],
    )
    .await?;

    let now = health(&app).await?;
    assert_eq!((now.limit, now.max_phone_numbers), (Some(MessagingLimit::Of(2_000)), Some(20)));
    assert_eq!(now.throughput_per_second, 1_000);
    let row: i32 = sqlx::query_scalar("select messaging_limit from portfolios").fetch_one(&app.db).await?;
    assert_eq!(row, 2_000);

    let mut conn = app.db.acquire().await?;
    let of_other = health::get(&mut conn, app.merchant.id, other).await?.expect("it is there");
    assert_eq!(of_other.limit, Some(MessagingLimit::Of(2_000)), "the limit is the business's");
    assert_eq!(of_other.throughput_per_second, 80, "the upgrade is the number's");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_number_is_named_flagged_and_reviewed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let number = json!({ "display_phone_number": "15550001111", "event": "FLAGGED", "old_limit": "TIER_10K", "current_limit": "TIER_1K" });
    let name = json!({ "display_phone_number": "15550001111", "decision": "APPROVED", "requested_verified_name": "Cà phê" });
    hears(
        &app,
        &[
            news(T, "phone_number_quality_update", &number),
            news(T, "phone_number_name_update", &name),
            news(T, "account_review_update", &json!({ "decision": "APPROVED" })),
        ],
    )
    .await?;
    let now = health(&app).await?;
    assert_eq!(now.quality.as_deref(), Some("RED"));
    assert_eq!(now.limit, Some(MessagingLimit::Of(1_000)));
    assert_eq!((now.name_status.as_deref(), now.review.as_deref()), (Some("APPROVED"), Some("APPROVED")));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_disabled_account_is_in_error_until_it_is_reinstated(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    hears(&app, &[ban(T, "SCHEDULE_FOR_DISABLE")]).await?;
    let warned = health(&app).await?;
    assert_eq!((warned.status, warned.restrictions.len()), (AccountStatus::Active, 1));

    hears(&app, &[ban(T + 1, "DISABLE"), ban(T + 1, "DISABLE")]).await?;
    let disabled = health(&app).await?;
    assert_eq!(disabled.status, AccountStatus::Error);
    assert_eq!(disabled.status_reason.as_deref(), Some("WhatsApp disabled the business account (May 1)"));

    hears(&app, &[ban(T + 2, "REINSTATE"), ban(T + 1, "DISABLE")]).await?;
    let back = health(&app).await?;
    assert_eq!((back.status, back.status_reason, back.restrictions), (AccountStatus::Active, None, Vec::new()));
    assert_eq!(actions(&app).await?, ["account.restricted", "account.suspended", "account.restored"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn news_never_clear_an_error_that_they_did_not_set(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let mut conn = app.db.acquire().await?;
    sender::mark_error(&mut conn, app.account, "the access token has expired").await?;
    hears(&app, &[ban(T, "DISABLE"), account_news(T + 1, &json!({ "event": "ACCOUNT_RECONNECTED" }))]).await?;
    let now = health(&app).await?;
    assert_eq!(now.status, AccountStatus::Error);
    assert_eq!(now.status_reason.as_deref(), Some("the access token has expired"));

    // The token is replaced while the account is disabled, and expires once more.
    sqlx::query("update accounts set status = 'active', status_reason = null").execute(&app.db).await?;
    hears(&app, &[ban(T + 2, "DISABLE")]).await?;
    sqlx::query("update accounts set status = 'active', status_reason = null").execute(&app.db).await?;
    sender::mark_error(&mut conn, app.account, "the access token has expired").await?;
    hears(&app, &[ban(T + 3, "REINSTATE")]).await?;
    assert_eq!(health(&app).await?.status, AccountStatus::Error);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_restriction_is_noted_with_its_end(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let restricted = json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [
        { "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": T + 900 },
    ]});
    let violation = json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "SPAM" } });
    hears(&app, &[account_news(T, &restricted), account_news(T, &violation)]).await?;
    let now = health(&app).await?;
    assert_eq!(now.status, AccountStatus::Active);
    let noted: Vec<(&str, Option<i64>, Option<&str>)> = now
        .restrictions
        .iter()
        .map(|one| (one.kind.as_str(), one.until.map(|until| until.timestamp()), one.note.as_deref()))
        .collect();
    assert_eq!(
        noted,
        [("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(T + 900), None), ("VIOLATION", None, Some("SPAM"))]
    );
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn news_of_another_number_leave_this_one_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update accounts set display_number = '+84 28 1234 5678'").execute(&app.db).await?;
    let flagged = json!({ "display_phone_number": "15550009999", "event": "FLAGGED" });
    hears(&app, &[news(T, "phone_number_quality_update", &flagged)]).await?;
    assert_eq!(health(&app).await?.quality, None);
    assert_eq!(count(&app.db, "account_events").await?, 1, "it is kept with the business all the same");
    app.stop().await
}

fn preference(choice: &str, at: i64, contacts: &Value) -> Value {
    let one = json!({ "wa_id": "84901234567", "category": "marketing_messages", "value": choice,
        "detail": format!("User requested to {choice} marketing messages"), "timestamp": at });
    news_of_number(NUMBER, "user_preferences", &json!({ "contacts": contacts, "user_preferences": [one] }))
}

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
    hears(&app, &[preference("resume", T + 60, &shown), stop.clone(), stop]).await?;

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
    hears(&app, &[preference("stop", T, &json!([]))]).await?;
    assert_eq!(wishes(&app).await?.len(), 1);
    assert_eq!(count(&app.db, "contacts").await?, 1);
    assert_eq!(count(&app.db, "conversations").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_changed_pin_is_in_the_audit_trail_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let changed = json!({ "display_phone_number": "15550783881", "event": "PIN_CHANGED", "requester": "4711" });
    let webhook = news(T, "security", &changed);
    hears(&app, &[webhook.clone(), webhook]).await?;
    let kept: Vec<(String, String, Value)> =
        sqlx::query_as("select actor_kind, action, after from audit_entries").fetch_all(&app.db).await?;
    let after = json!({ "event": "PIN_CHANGED", "requester": "4711" });
    assert_eq!(kept, [("system".to_owned(), "account.security".to_owned(), after)]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_told_can_be_read_again_and_what_was_not_understood_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let unknown = json!({ "anything": [1, 2] });
    hears(&app, &[ban(T, "DISABLE"), news(T, "field_of_tomorrow", &unknown)]).await?;
    let mut conn = app.db.acquire().await?;
    let keyring = &app.context.keyring;
    let (merchant, account) = (app.merchant.id, app.account);
    let all = account_events::list(&mut conn, keyring, merchant, account, None, None, 10).await?;
    assert_eq!(all.len(), 2);
    let newest = account_events::Position {
        received_at: all[0].received_at,
        event_id: all[0].event_id,
        position: all[0].position,
    };
    let rest = account_events::list(&mut conn, keyring, merchant, account, None, Some(newest), 10).await?;
    assert_eq!(rest.len(), 1);
    let only = account_events::list(&mut conn, keyring, merchant, account, Some("field_of_tomorrow"), None, 10).await?;
    assert_eq!(only[0].value, unknown);

    let counted = app.registry.gather();
    let family = counted.iter().find(|family| family.name() == "loa_status_news_total").expect("it is counted");
    let mut labels: Vec<Vec<&str>> = family
        .get_metric()
        .iter()
        .map(|metric| metric.get_label().iter().map(prometheus::proto::LabelPair::value).collect())
        .collect();
    labels.sort_unstable();
    assert_eq!(labels, [["account_update", "changed"], ["other", "kept"]]);
    app.stop().await
}

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
    let flagged = json!({ "display_phone_number": "1", "event": "FLAGGED", "max_daily_conversations_per_business": "TIER_10K" });
    let pause = json!({ "other_info": { "title": "SECOND_PAUSE" } });
    let told = vec![
        template_news(T, "PENDING"),
        template_news(T + 1, "APPROVED"),
        news(T + 2, "message_template_status_update", &template("PAUSED", &pause)),
        template_news(T + 3, "FLAGGED"),
        news(T + 1, "message_template_quality_update", &template("", &json!({ "new_quality_score": "GREEN" }))),
        news(T + 2, "message_template_quality_update", &template("", &json!({ "new_quality_score": "RED" }))),
        news(T, "template_category_update", &template("", &json!({ "new_category": "UTILITY", "correct_category": "MARKETING" }))),
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
