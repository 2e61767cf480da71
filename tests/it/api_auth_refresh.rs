//! Refresh tokens: each is good once.

use chrono::TimeDelta;
use shared::domain::clock;
use shared::store::sessions;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::people::tokens;
use tests::api::{TestApi, as_login, as_worker};

const EMAIL: &str = "an@shop.example";
const PASSWORD: &str = "correct horse battery";

async fn app(pool: PgPool) -> anyhow::Result<TestApi> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, PASSWORD).await?;
    sqlx::query("delete from sessions").execute(&app.pool).await?;
    Ok(app)
}

/// The grace for a lost answer is over.
async fn pass_the_grace(app: &TestApi) -> anyhow::Result<()> {
    let sql = "update refresh_tokens set used_at = used_at - interval '1 minute'";
    sqlx::query(sql).execute(&app.pool).await?;
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_refresh_token_gives_new_tokens_of_the_same_session(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    let second = tokens(&app.refresh(&first.refresh).await?)?;
    assert_ne!(second.refresh, first.refresh);
    assert!(app.holds(&first.user).await? && app.holds(&second.user).await?);
    let third = tokens(&app.refresh(&second.refresh).await?)?;
    assert!(app.holds(&third.user).await?);
    assert_eq!(app.count("select count(*) from sessions").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_token_that_is_used_twice_ends_its_session(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let (first, other) = (app.login(EMAIL, PASSWORD).await?, app.login(EMAIL, PASSWORD).await?);
    let second = tokens(&app.refresh(&first.refresh).await?)?;
    pass_the_grace(&app).await?;

    assert_eq!(app.refresh(&first.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert_eq!(app.refresh(&second.refresh).await?.failure()?, (401, "UNAUTHORIZED"), "the successor falls too");
    assert!(!app.holds(&first.user).await?);
    assert!(!app.holds(&second.user).await?);
    assert!(app.holds(&other.user).await?, "another login of the same user stands");
    let told = "select count(*) from audit_entries where action = 'session.revoked'";
    assert_eq!(app.count(told).await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_client_whose_answer_was_lost_asks_once_more(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    let lost = tokens(&app.refresh(&first.refresh).await?)?;
    let second = tokens(&app.refresh(&first.refresh).await?)?;
    assert_ne!(second.refresh, lost.refresh);
    let third = tokens(&app.refresh(&second.refresh).await?)?;
    assert!(app.holds(&third.user).await?);

    // The one that was lost was not: somebody has it, and is noticed.
    assert_eq!(app.refresh(&lost.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert_eq!(app.refresh(&third.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert!(!app.holds(&third.user).await?);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn there_is_no_grace_once_the_successor_was_used(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    let second = tokens(&app.refresh(&first.refresh).await?)?;
    let third = tokens(&app.refresh(&second.refresh).await?)?;
    assert_eq!(app.refresh(&first.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert_eq!(app.refresh(&third.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn of_many_at_once_one_token_alone_is_good_afterwards(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    let answers = futures::future::join_all((0..6).map(|_| app.refresh(&first.refresh))).await;
    let given: Vec<_> = answers.into_iter().map(|answer| tokens(&answer?)).collect::<anyhow::Result<_>>()?;
    let good = "select count(*) from refresh_tokens where used_at is null";
    assert_eq!(given.len(), 6);
    assert_eq!(app.count(good).await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_made_up_token_and_one_of_a_session_that_is_over_are_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    for made_up in ["", "abc", &"x".repeat(43), &"x".repeat(1000), first.user.token.as_str()] {
        assert_eq!(app.refresh(made_up).await?.failure()?, (401, "UNAUTHORIZED"));
    }
    sqlx::query("update sessions set ends_at = now() - interval '1 second'").execute(&app.pool).await?;
    assert_eq!(app.refresh(&first.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_disabled_users_token_is_not_refreshed_and_a_new_role_is_in_the_next(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let first = app.login(EMAIL, PASSWORD).await?;
    sqlx::query("update users set role = 'viewer'").execute(&app.pool).await?;
    let answer = app.refresh(&first.refresh).await?;
    assert_eq!(answer.data()?["user"]["role"], "viewer");
    let second = tokens(&answer)?;
    sqlx::query("update users set disabled_at = now()").execute(&app.pool).await?;
    assert_eq!(app.refresh(&second.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_that_is_long_over_is_forgotten_with_its_tokens(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    let (old, new) = (app.login(EMAIL, PASSWORD).await?, app.login(EMAIL, PASSWORD).await?);
    tokens(&app.refresh(&old.refresh).await?)?;
    sqlx::query(
        "update sessions set ends_at = now() - interval '8 days'
         where id = (select session_id from refresh_tokens where used_at is not null)",
    )
    .execute(&app.pool)
    .await?;
    let workers = as_worker(&app.pool);
    let before = clock::now() - TimeDelta::days(7);
    assert_eq!(sessions::forget_ended(&mut *workers.acquire().await?, before, 10).await?, 1);
    assert_eq!(app.count("select count(*) from refresh_tokens").await?, 1);
    tokens(&app.refresh(&new.refresh).await?)?;
    workers.close().await;
    app.stop().await
}

/// The wall: without the very token nobody reads a row of those who hold one.
#[sqlx::test(migrator = "MIGRATOR")]
async fn who_presents_no_token_sees_none(pool: PgPool) -> anyhow::Result<()> {
    let app = app(pool).await?;
    app.login(EMAIL, PASSWORD).await?;
    let stranger = app.merchant().await?;
    let as_api = as_login(&app.pool);
    for bound in [None, Some(stranger.merchant_id.to_string())] {
        let mut transaction = as_api.begin().await?;
        if let Some(merchant) = bound {
            sqlx::query("select set_config('loa.merchant_id', $1, true)")
                .bind(merchant)
                .execute(&mut *transaction)
                .await?;
        }
        let seen: i64 = sqlx::query_scalar(
            "select (select count(*) from refresh_tokens) + (select count(*) from api_keys)
                    + (select count(*) from sessions where user_id <> $1) + (select count(*) from teams)",
        )
        .bind(stranger.id.0)
        .fetch_one(&mut *transaction)
        .await?;
        assert_eq!(seen, 0);
    }
    as_api.close().await;
    app.stop().await
}
