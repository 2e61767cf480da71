//! API keys: what integrations speak with.

use serde_json::{Value, json};
use shared::domain::ids::ApiKeyId;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::{TestApi, TestUser};

const KEYS: &str = "/api/v1/api-keys";

/// A key of `role`: how it is called by its path, and whoever speaks with it.
async fn key(app: &TestApi, owner: &TestUser, role: &str) -> anyhow::Result<(String, TestUser)> {
    let made = app.post(KEYS, owner, &json!({ "name": "till", "role": role })).await?;
    let told = made.data()?;
    let path = format!("{KEYS}/{}", told["id"].as_str().unwrap_or_default());
    Ok((path, TestApi::bearer(owner, told["key"].as_str().unwrap_or_default())))
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_key_is_shown_once_and_found_by_its_beginning(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (path, till) = key(&app, &owner, "agent").await?;
    assert!(till.token.starts_with("loa_"));
    for shown in [app.get(&path, &owner).await?, app.get(KEYS, &owner).await?, app.get("/api/v1/audit", &owner).await?]
    {
        shown.data()?;
        assert!(!shown.text.contains(&till.token[16..]), "{}", shown.text);
    }
    assert_eq!(app.get(&path, &owner).await?.data()?["prefix"], till.token[..15]);
    assert!(app.holds(&till).await?);
    let wrong = format!("{}{}", &till.token[..16], "A".repeat(43));
    for made_up in [wrong.as_str(), "loa_", "loa_abc", &till.token[..20]] {
        let answer = app.get("/api/v1/merchant", &TestApi::bearer(&owner, made_up)).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"), "{made_up}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_revoked_key_and_one_past_its_time_hold_no_more(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (path, till) = key(&app, &owner, "agent").await?;
    assert!(app.holds(&till).await?);
    for _ in 0..2 {
        assert!(app.delete(&path, &owner).await?.data()?["revokedAt"].is_string());
    }
    assert!(!app.holds(&till).await?);
    assert_eq!(app.count("select count(*) from audit_entries where action = 'api_key.revoked'").await?, 1);

    let (_, late) = key(&app, &owner, "agent").await?;
    sqlx::query("update api_keys set expires_at = now() - interval '1 second'").execute(&app.pool).await?;
    assert!(!app.holds(&late).await?);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_key_does_what_its_role_may_and_makes_neither_users_nor_keys(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (_, viewer) = key(&app, &owner, "viewer").await?;
    let (_, all) = key(&app, &owner, "owner").await?;
    app.get("/api/v1/whatsapp/conversations", &viewer).await?.data()?;
    let text = TestApi::text("hello");
    assert_eq!(app.post(&TestApi::messages_path(thread), &viewer, &text).await?.failure()?, (403, "FORBIDDEN"));
    let another = json!({ "name": "another", "role": "viewer" });
    assert_eq!(app.post(KEYS, &all, &another).await?.failure()?, (403, "FORBIDDEN"));
    let invite = json!({ "email": "x@y.example", "role": "owner" });
    assert_eq!(app.post("/api/v1/users", &all, &invite).await?.failure()?, (403, "FORBIDDEN"));
    assert_eq!(app.patch("/api/v1/merchant", &all, &json!({ "name": "X" })).await?.failure()?, (403, "FORBIDDEN"));
    assert_eq!(app.get("/api/v1/auth/me", &all).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_a_key_does_is_the_keys_doing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (path, till) = key(&app, &owner, "agent").await?;
    app.post(&TestApi::messages_path(thread), &till, &TestApi::text("your order is ready")).await?.data()?;
    let id = path.rsplit('/').next().unwrap();
    let trail = app.get(&format!("/api/v1/audit?actor={id}"), &owner).await?;
    assert_eq!(trail.data()?[0]["action"], "message.sent");
    assert_eq!(trail.data()?[0]["actor"], json!({ "kind": "api_key", "id": id }));
    let by_key = "select count(*) from messages where author = 'api' and author_user_id is null";
    assert_eq!(app.count(by_key).await?, 1);
    assert_eq!(
        app.count("select count(*) from conversations where handler = 'bot'").await?,
        1,
        "nothing is taken over"
    );
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn when_a_key_was_used_is_written_once_a_minute(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (path, till) = key(&app, &owner, "viewer").await?;
    assert_eq!(app.get(&path, &owner).await?.data()?["lastUsedAt"], Value::Null);
    assert!(app.holds(&till).await?);
    let first = app.get(&path, &owner).await?.data()?["lastUsedAt"].clone();
    assert!(first.is_string());
    let writes = "select xmin::text::bigint from api_keys";
    let before = app.count(writes).await?;
    for _ in 0..5 {
        app.state.standings.forget_key(path.rsplit('/').next().unwrap().parse()?);
        assert!(app.holds(&till).await?);
    }
    assert_eq!(app.count(writes).await?, before);
    sqlx::query("update api_keys set last_used_at = now() - interval '61 seconds'").execute(&app.pool).await?;
    app.state.standings.forget_key(path.rsplit('/').next().unwrap().parse()?);
    assert!(app.holds(&till).await?);
    assert_ne!(app.get(&path, &owner).await?.data()?["lastUsedAt"], first);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_makes_a_key_stronger_than_himself_or_sees_anothers(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let admin = app.colleague(&owner, UserRole::Admin).await?;
    let strong = json!({ "name": "x", "role": "owner" });
    assert_eq!(app.post(KEYS, &admin, &strong).await?.failure()?, (403, "FORBIDDEN"));
    let refused =
        app.post(KEYS, &owner, &json!({ "name": "", "role": "operator", "expiresAt": "2001-01-01T00:00:00Z" })).await?;
    let fields: Vec<_> = refused.body["details"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, [json!("name"), json!("role"), json!("expiresAt")]);

    let (path, till) = key(&app, &owner, "admin").await?;
    for path in [&path, &format!("{KEYS}/{}", ApiKeyId::new())] {
        assert_eq!(app.get(path, &other).await?.failure()?, (404, "NOT_FOUND"));
        assert_eq!(app.delete(path, &other).await?.failure()?, (404, "NOT_FOUND"));
    }
    assert!(app.holds(&till).await?);
    assert_eq!(app.get(KEYS, &other).await?.data()?, &json!([]));
    for role in [UserRole::Agent, UserRole::Viewer, UserRole::Operator] {
        let user = app.colleague(&owner, role).await?;
        assert_eq!(app.get(KEYS, &user).await?.failure()?, (403, "FORBIDDEN"), "{role}");
    }
    app.stop().await
}
