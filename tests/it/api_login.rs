use http::Method;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{SessionId, UserId};
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::api::TestApi;

const LOGIN: &str = "/api/v1/auth/login";
const ME: &str = "/api/v1/auth/me";

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_right_password_gives_a_token_that_says_who_one_is(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.owner("an@shop.example", "correct horse").await?;

    let body = json!({ "email": "An@Shop.example", "password": "correct horse" });
    let answer = app.ask(Method::POST, LOGIN, None, Some(&body)).await?;
    let data = answer.data()?;
    assert_eq!(data["expiresIn"], 3600);
    assert_eq!(data["tokenType"], "Bearer");

    let token = data["accessToken"].as_str().unwrap().to_owned();
    let me = app.get(ME, &tests::api::TestUser { token, ..owner.clone() }).await?;
    let expected = json!({
        "id": owner.id,
        "merchantId": owner.merchant_id,
        "email": "an@shop.example",
        "displayName": "Owner",
        "role": "owner"
    });
    assert_eq!(me.data()?, &expected);
    assert_eq!(data["user"], expected);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_wrong_password_an_unknown_and_a_disabled_user_get_the_same_answer(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner("an@shop.example", "correct horse").await?;
    app.owner("gone@shop.example", "correct horse").await?;
    sqlx::query("update users set disabled_at = now() where email like 'gone@%'").execute(&app.pool).await?;

    let mut answers = Vec::new();
    for (email, password) in [
        ("an@shop.example", "battery staple"),
        ("nobody@shop.example", "correct horse"),
        ("gone@shop.example", "correct horse"),
    ] {
        let body = json!({ "email": email, "password": password });
        let answer = app.ask(Method::POST, LOGIN, None, Some(&body)).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"));
        answers.push(answer.text);
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn guessing_passwords_of_one_user_is_slowed_down(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner("an@shop.example", "correct horse").await?;
    let body = json!({ "email": "an@shop.example", "password": "guess" });
    for _ in 0..10 {
        let answer = app.ask(Method::POST, LOGIN, None, Some(&body)).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"));
    }
    let answer = app.ask(Method::POST, LOGIN, None, Some(&body)).await?;
    assert_eq!(answer.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    assert!(answer.headers.contains_key("retry-after"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn no_token_a_broken_one_and_one_of_nobody_are_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let issued =
        app.state.tokens.issue(UserId::new(), owner.merchant_id, UserRole::Owner, SessionId::new(), clock::now());
    let stranger = tests::api::TestUser { token: issued?, ..owner.clone() };
    let broken = tests::api::TestUser { token: format!("{}x", owner.token), ..owner };
    for user in [None, Some(&broken), Some(&stranger)] {
        let answer = app.ask(Method::GET, ME, user, None).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"));
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    app.stop().await
}
