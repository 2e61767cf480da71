//! Logging out, passwords, and tokens that stop with whom they are for.

use http::Method;
use serde_json::{Value, json};
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::TestApi;

const LOGOUT: &str = "/api/v1/auth/logout";
const PASSWORD: &str = "/api/v1/auth/password";
const EMAIL: &str = "an@shop.example";
const FIRST: &str = "correct horse battery";
const SECOND: &str = "staple of another kind";

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_login_answers_in_the_documents_shape(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    let body = json!({ "email": EMAIL, "password": FIRST });
    let answer = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?;
    let data = answer.data()?;
    assert!(data["accessToken"].as_str().unwrap().starts_with("eyJ"));
    assert_eq!(data["refreshToken"].as_str().unwrap().len(), 43);
    assert_eq!((&data["expiresIn"], &data["mustChangePassword"]), (&json!(3600), &json!(false)));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_logout_ends_one_session_and_with_all_every_one(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    sqlx::query("delete from sessions").execute(&app.pool).await?;
    let [here, there, elsewhere] =
        [app.login(EMAIL, FIRST).await?, app.login(EMAIL, FIRST).await?, app.login(EMAIL, FIRST).await?];
    assert!(app.holds(&here.user).await?);

    let answer = app.ask(Method::POST, LOGOUT, Some(&here.user), None).await?;
    assert_eq!(answer.data()?, &json!({ "sessionsEnded": 1 }));
    assert!(!app.holds(&here.user).await?);
    assert_eq!(app.refresh(&here.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert!(app.holds(&there.user).await? && app.holds(&elsewhere.user).await?);

    let answer = app.post(LOGOUT, &there.user, &json!({ "all": true })).await?;
    assert_eq!(answer.data()?, &json!({ "sessionsEnded": 2 }));
    for ended in [&there, &elsewhere] {
        assert!(!app.holds(&ended.user).await?);
        assert_eq!(app.refresh(&ended.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn another_password_needs_the_present_one_and_ends_the_other_sessions(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    sqlx::query("delete from sessions").execute(&app.pool).await?;
    let (here, there) = (app.login(EMAIL, FIRST).await?, app.login(EMAIL, FIRST).await?);

    let wrong = json!({ "currentPassword": "not that one", "newPassword": SECOND });
    let refused = app.post(PASSWORD, &here.user, &wrong).await?;
    assert_eq!(refused.failure()?, (422, "VALIDATION_ERROR"));
    assert_eq!(refused.problem(), ("currentPassword", "is not your password"));
    assert!(app.holds(&there.user).await?);

    let right = json!({ "currentPassword": FIRST, "newPassword": SECOND });
    assert_eq!(app.post(PASSWORD, &here.user, &right).await?.data()?, &json!({ "sessionsEnded": 1 }));
    assert!(app.holds(&here.user).await?);
    assert!(!app.holds(&there.user).await?);
    assert_eq!(app.refresh(&there.refresh).await?.failure()?, (401, "UNAUTHORIZED"));
    assert!(app.login(EMAIL, FIRST).await.is_err());
    app.login(EMAIL, SECOND).await?;
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_password_that_is_too_short_or_the_old_one_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    let here = app.login(EMAIL, FIRST).await?;
    for (new, expected) in [("short", "must hold at least 12 characters"), (FIRST, "must be another one")] {
        let refused = app.post(PASSWORD, &here.user, &json!({ "currentPassword": FIRST, "newPassword": new })).await?;
        assert_eq!(refused.problem().0, "newPassword");
        assert!(refused.problem().1.starts_with(expected), "{}", refused.text);
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_stolen_token_is_no_way_to_guess_the_password(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    let here = app.login(EMAIL, FIRST).await?;
    let guess = json!({ "currentPassword": "guess", "newPassword": SECOND });
    for _ in 0..10 {
        assert_eq!(app.post(PASSWORD, &here.user, &guess).await?.failure()?, (422, "VALIDATION_ERROR"));
    }
    assert_eq!(app.post(PASSWORD, &here.user, &guess).await?.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_one_time_password_does_nothing_before_it_is_changed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    sqlx::query("update users set password_expires_at = now() + interval '1 day'").execute(&app.pool).await?;
    let here = app.login(EMAIL, FIRST).await?;
    let refused = app.get("/api/v1/merchant", &here.user).await?;
    assert_eq!(refused.failure()?, (403, "FORBIDDEN"));
    assert!(refused.text.contains("/auth/password"));
    assert_eq!(app.get("/api/v1/auth/me", &here.user).await?.data()?["email"], EMAIL);

    app.post(PASSWORD, &here.user, &json!({ "currentPassword": FIRST, "newPassword": SECOND })).await?.data()?;
    assert!(app.holds(&here.user).await?);

    sqlx::query("update users set password_expires_at = now() - interval '1 second'").execute(&app.pool).await?;
    assert!(app.login(EMAIL, SECOND).await.is_err(), "a one-time password holds for its time alone");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_disabled_users_token_and_one_of_another_role_hold_no_more(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for change in [json!({ "disabled": true }), json!({ "role": "viewer" })] {
        let agent = app.colleague(&owner, UserRole::Agent).await?;
        assert!(app.holds(&agent).await?);
        app.patch(&format!("/api/v1/users/{}", agent.id), &owner, &change).await?.data()?;
        assert_eq!(app.get("/api/v1/merchant", &agent).await?.failure()?, (401, "UNAUTHORIZED"), "{change}");
    }
    app.stop().await
}

/// What one replica changes the others find out about by themselves.
#[sqlx::test(migrator = "MIGRATOR")]
async fn another_replica_notices_within_seconds(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    assert!(app.holds(&agent).await?);
    sqlx::query("update users set disabled_at = now() where id = $1").bind(agent.id.0).execute(&app.pool).await?;
    let begun = std::time::Instant::now();
    while app.holds(&agent).await? {
        assert!(begun.elapsed() < std::time::Duration::from_secs(7), "it still holds");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_is_done_about_logins_is_in_the_trail_without_a_secret(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    let here = app.login(EMAIL, FIRST).await?;
    app.post(PASSWORD, &here.user, &json!({ "currentPassword": FIRST, "newPassword": SECOND })).await?.data()?;
    app.ask(Method::POST, LOGOUT, Some(&here.user), None).await?.data()?;

    let here = app.login(EMAIL, SECOND).await?;
    let trail = app.get("/api/v1/audit?actor=user", &here.user).await?;
    let actions: Vec<&Value> = trail.data()?.as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, [&json!("user.logged_out"), &json!("user.password_changed")]);
    for secret in [FIRST, SECOND, "argon2", here.refresh.as_str()] {
        assert!(!trail.text.contains(secret));
    }
    app.stop().await
}

/// Neither passwords nor tokens lie in the database as they are.
#[sqlx::test(migrator = "MIGRATOR")]
async fn no_secret_is_kept_as_it_is(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner(EMAIL, FIRST).await?;
    let here = app.login(EMAIL, FIRST).await?;
    let key = app.post("/api/v1/api-keys", &here.user, &json!({ "name": "till", "role": "agent" })).await?;
    let key = key.data()?["key"].as_str().unwrap().to_owned();
    let everything: Vec<String> = sqlx::query_scalar(
        "select to_jsonb(u)::text from users u union all select to_jsonb(s)::text from sessions s
         union all select to_jsonb(r)::text from refresh_tokens r union all select to_jsonb(k)::text from api_keys k
         union all select to_jsonb(a)::text from audit_entries a",
    )
    .fetch_all(&app.pool)
    .await?;
    let everything = everything.join("\n");
    for secret in [FIRST, &here.refresh, &here.user.token, &key, &key[16..]] {
        assert!(!everything.contains(secret), "{secret}");
    }
    app.stop().await
}
