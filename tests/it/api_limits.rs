//! How often one may ask.

use api::layers::{Allowed, Limiter};
use http::Method;
use serde_json::json;
use shared::cache::{Cache, Limits};
use shared::domain::ids::UserId;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser};
use tests::stage::cache;

fn figure(answer: &Answer, name: &str) -> u64 {
    answer.headers[name].to_str().unwrap().parse().unwrap()
}

fn limiter(cache: Cache, allowed: Allowed) -> Limiter {
    Limiter::new(Some(Limits::under(cache, &format!("{}:", UserId::new()))), allowed)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn each_answer_says_what_is_left_and_too_much_is_told_when_to_come_back(pool: PgPool) -> anyhow::Result<()> {
    let allowed = Allowed { session: 3, ..Allowed::NONE };
    let app = TestApi::limited(pool, limiter(cache()?, allowed)).await?;
    let owner = app.merchant().await?;
    for left in [2, 1, 0] {
        let answer = app.get("/api/v1/whatsapp/accounts", &owner).await?;
        answer.data()?;
        assert_eq!(figure(&answer, "x-ratelimit-limit"), 3);
        assert_eq!(figure(&answer, "x-ratelimit-remaining"), left);
        let now = shared::domain::clock::now().timestamp().unsigned_abs();
        assert!((now..=now + 61).contains(&figure(&answer, "x-ratelimit-reset")));
    }
    let refused = app.get("/api/v1/channels/x/accounts", &owner).await?;
    assert_eq!(refused.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    assert_eq!(figure(&refused, "x-ratelimit-remaining"), 0);
    assert!((1..=60).contains(&figure(&refused, "retry-after")));

    let stranger = app.merchant().await?;
    app.get("/api/v1/whatsapp/accounts", &stranger).await?.data()?;
    app.stop().await
}

/// What the pages say: keys count together by merchant at the doors of WhatsApp and X, and each by itself at Facebook's,
/// reads and writes apart.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn keys_are_counted_by_their_doors(pool: PgPool) -> anyhow::Result<()> {
    let allowed = Allowed { whatsapp: 2, x: 1, facebook_reads: 1, facebook_writes: 1, neutral: 0, session: 0 };
    let app = TestApi::limited(pool, limiter(cache()?, allowed)).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let (till, shop) = (key(&app, &owner).await?, key(&app, &owner).await?);
    let whatsapp = "/api/v1/whatsapp/conversations";
    for (user, left) in [(&till, 1), (&shop, 0)] {
        let answer = app.get(whatsapp, user).await?;
        answer.data()?;
        assert_eq!((figure(&answer, "x-ratelimit-limit"), figure(&answer, "x-ratelimit-remaining")), (2, left));
    }
    assert_eq!(app.get(whatsapp, &till).await?.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    app.get(whatsapp, &key(&app, &stranger).await?).await?.data()?;
    app.get("/api/v1/mkt-x/contacts", &till).await?.data()?;

    // What the page has is asked for by shop.
    let facebook = "/api/v1/mkt-facebook/contacts?shopId=1";
    for user in [&till, &shop] {
        let read = app.get(facebook, user).await?;
        assert_eq!(figure(&read, "x-ratelimit-remaining"), 0, "{}", read.text);
        assert_ne!(read.status, 429);
        assert_eq!(app.get(facebook, user).await?.failure()?.0, 429);
        let written = app.post(facebook, user, &json!({})).await?;
        assert_eq!(figure(&written, "x-ratelimit-remaining"), 0, "{}", written.text);
        assert_ne!(written.status, 429);
        assert_eq!(app.post(facebook, user, &json!({})).await?.failure()?.0, 429);
    }
    assert_eq!(app.get(whatsapp, &owner).await?.status, 200, "who is logged in is counted elsewhere");
    app.stop().await
}

/// Whoever speaks with a new key of `owner`'s.
async fn key(app: &TestApi, owner: &TestUser) -> anyhow::Result<TestUser> {
    let made = app.post("/api/v1/api-keys", owner, &json!({ "name": "till", "role": "admin" })).await?;
    Ok(TestApi::bearer(owner, made.data()?["key"].as_str().unwrap_or_default()))
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn while_redis_is_away_everybody_passes(pool: PgPool) -> anyhow::Result<()> {
    let nowhere = Cache::open(&"redis://127.0.0.1:1".into())?;
    let app = TestApi::limited(pool, limiter(nowhere, Allowed { session: 1, ..Allowed::NONE })).await?;
    let owner = app.merchant().await?;
    for _ in 0..3 {
        let answer = app.get("/api/v1/whatsapp/accounts", &owner).await?;
        answer.data()?;
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
    assert_eq!(app.state.metrics.unlimited_requests.get(), 3);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn whoever_is_nobody_is_not_counted(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::limited(pool, limiter(cache()?, Allowed { session: 1, neutral: 1, ..Allowed::NONE })).await?;
    for _ in 0..3 {
        let answer = app.ask(Method::GET, "/api/v1/whatsapp/accounts", None, None).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"));
        let login = json!({ "email": "nobody@shop.example", "password": "wrong" });
        let answer = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&login)).await?;
        assert!(!answer.headers.contains_key("x-ratelimit-limit"));
    }
    app.stop().await
}
