//! Secrets are in no log, whatever is logged.

use http::Method;
use serde_json::json;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::TestApi;
use tests::api::people::tokens;
use tests::logs::Log;

#[sqlx::test(migrator = "MIGRATOR")]
async fn neither_passwords_nor_tokens_nor_keys_are_logged(pool: PgPool) -> anyhow::Result<()> {
    const PASSWORD: &str = "correct horse battery";
    let log = Log::of("trace,reqwest=off,hyper_util=off")?;
    let app = TestApi::start(pool).await?;
    app.owner("an@shop.example", PASSWORD).await?;
    let wrong = json!({ "email": "an@shop.example", "password": "a wrong password" });
    app.ask(Method::POST, "/api/v1/auth/login", None, Some(&wrong)).await?.failure()?;
    let first = app.login("an@shop.example", PASSWORD).await?;
    let second = tokens(&app.refresh(&first.refresh).await?)?;
    let key = app.post("/api/v1/api-keys", &second.user, &json!({ "name": "till", "role": "agent" })).await?;
    let key = key.data()?["key"].as_str().unwrap().to_owned();
    assert!(app.holds(&TestApi::bearer(&second.user, key.clone())).await?);
    let invite = json!({ "email": "binh@shop.example", "role": UserRole::Agent });
    let invited = app.post("/api/v1/users", &second.user, &invite).await?;
    let one_time = invited.data()?["oneTimePassword"].as_str().unwrap().to_owned();
    let third = tokens(&app.refresh(&second.refresh).await?)?;
    // Used twice, which is logged.
    app.refresh(&first.refresh).await?.failure()?;
    app.get("/api/v1/merchant", &TestApi::bearer(&first.user, "eyJhbGciOiJIUzI1NiJ9.made.up")).await?.failure()?;

    let logged = log.text();
    assert!(logged.contains("a refresh token was used twice"), "nothing was logged");
    let (of_key, token) = (&key[16..], third.user.token.as_str());
    for secret in [
        PASSWORD,
        "a wrong password",
        one_time.as_str(),
        of_key,
        token,
        first.refresh.as_str(),
        second.refresh.as_str(),
        third.refresh.as_str(),
        "eyJhbGciOiJIUzI1NiJ9.made.up",
        "$argon2id$",
    ] {
        assert!(!logged.contains(secret), "a secret was logged: {secret}");
    }
    app.stop().await
}
