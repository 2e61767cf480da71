//! News that the platform tells of accounts: each changes what it is about, and nothing else.

use serde_json::{Value, json};
use shared::domain::account::AccountStatus;
use shared::domain::platform_news::MessagingLimit;
use shared::store::accounts::health::{self, AccountHealth};
use shared::store::{account_events, accounts::sender};
use sqlx::PgPool;
use tests::conversation::count;
use tests::merchant::NewAccount;
use tests::news::{account_news, add, ban, news};
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

/// A moment before all tests.
const T: i64 = 1_763_000_000;

async fn health(app: &TestApp) -> anyhow::Result<AccountHealth> {
    let mut conn = app.db.acquire().await?;
    Ok(health::get(&mut conn, app.merchant.id, app.account).await?.expect("the account is there"))
}

async fn actions(app: &TestApp) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select action from audit_entries order by id").fetch_all(&app.db).await?)
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
        add(&mut value, &more);
        value
    };
    app.hears(&[
        news(
            T,
            "business_capability_update",
            &json!({ "max_daily_conversations_per_business": 250, "max_phone_numbers_per_business": 20 }),
        ),
        news(
            T + 2,
            "phone_number_quality_update",
            &quality("ONBOARDING", json!({ "max_daily_conversations_per_business": "TIER_2K" })),
        ),
        news(T + 1, "business_capability_update", &json!({ "max_daily_conversations_per_business": "TIER_UNLIMITED" })),
        news(T + 3, "phone_number_quality_update", &quality("THROUGHPUT_UPGRADE", json!({}))),
    ])
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
    let name =
        json!({ "display_phone_number": "15550001111", "decision": "APPROVED", "requested_verified_name": "Cà phê" });
    app.hears(&[
        news(T, "phone_number_quality_update", &number),
        news(T, "phone_number_name_update", &name),
        news(T, "account_review_update", &json!({ "decision": "APPROVED" })),
    ])
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
    app.hears(&[ban(T, "SCHEDULE_FOR_DISABLE")]).await?;
    let warned = health(&app).await?;
    assert_eq!((warned.status, warned.restrictions.len()), (AccountStatus::Active, 1));

    app.hears(&[ban(T + 1, "DISABLE"), ban(T + 1, "DISABLE")]).await?;
    let disabled = health(&app).await?;
    assert_eq!(disabled.status, AccountStatus::Error);
    assert_eq!(disabled.status_reason.as_deref(), Some("WhatsApp disabled the business account (May 1)"));

    app.hears(&[ban(T + 2, "REINSTATE"), ban(T + 1, "DISABLE")]).await?;
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
    app.hears(&[ban(T, "DISABLE"), account_news(T + 1, &json!({ "event": "ACCOUNT_RECONNECTED" }))]).await?;
    let now = health(&app).await?;
    assert_eq!(now.status, AccountStatus::Error);
    assert_eq!(now.status_reason.as_deref(), Some("the access token has expired"));

    // The token is replaced while the account is disabled, and expires once more.
    sqlx::query("update accounts set status = 'active', status_reason = null").execute(&app.db).await?;
    app.hears(&[ban(T + 2, "DISABLE")]).await?;
    sqlx::query("update accounts set status = 'active', status_reason = null").execute(&app.db).await?;
    sender::mark_error(&mut conn, app.account, "the access token has expired").await?;
    app.hears(&[ban(T + 3, "REINSTATE")]).await?;
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
    app.hears(&[account_news(T, &restricted), account_news(T, &violation)]).await?;
    let now = health(&app).await?;
    assert_eq!(now.status, AccountStatus::Active);
    let noted: Vec<(&str, Option<i64>, Option<&str>)> = now
        .restrictions
        .iter()
        .map(|one| (one.kind.as_str(), one.until.map(|until| until.timestamp()), one.note.as_deref()))
        .collect();
    assert_eq!(noted, [("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(T + 900), None), ("VIOLATION", None, Some("SPAM"))]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn news_of_another_number_leave_this_one_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update accounts set display_number = '+84 28 1234 5678'").execute(&app.db).await?;
    let flagged = json!({ "display_phone_number": "15550009999", "event": "FLAGGED" });
    app.hears(&[news(T, "phone_number_quality_update", &flagged)]).await?;
    assert_eq!(health(&app).await?.quality, None);
    assert_eq!(count(&app.db, "account_events").await?, 1, "it is kept with the business all the same");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_changed_pin_is_in_the_audit_trail_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let changed = json!({ "display_phone_number": "15550783881", "event": "PIN_CHANGED", "requester": "4711" });
    let webhook = news(T, "security", &changed);
    app.hears(&[webhook.clone(), webhook]).await?;
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
    app.hears(&[ban(T, "DISABLE"), news(T, "field_of_tomorrow", &unknown)]).await?;
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
