use api::layers::{Origins, cors};
use http::{Method, StatusCode};
use serde_json::json;
use shared::config::FromSetting;
use sqlx::PgPool;
use tests::api::{TestApi, serve};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const LOGIN: &str = "/api/v1/auth/login";

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn every_error_is_in_the_envelope(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let post =
        |kind: &str, body: String| app.request(Method::POST, LOGIN).header("content-type", kind.to_owned()).body(body);
    let wrong = [
        (app.request(Method::GET, "/nowhere"), 404, "NOT_FOUND"),
        (app.request(Method::GET, "/api/v1/whatsapp/nowhere"), 404, "NOT_FOUND"),
        (app.request(Method::GET, LOGIN), 405, "METHOD_NOT_ALLOWED"),
        (
            app.request(Method::DELETE, "/api/v1/whatsapp/conversations").bearer_auth(&owner.token),
            405,
            "METHOD_NOT_ALLOWED",
        ),
        (app.request(Method::POST, LOGIN).body("{}"), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post("text/plain", "{}".to_owned()), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (post("application/json", "{".to_owned()), 400, "INVALID_REQUEST"),
        (post("application/json", "[]".to_owned()), 400, "INVALID_REQUEST"),
        (post("application/json", format!("\"{}\"", "a".repeat(1024 * 1024))), 413, "PAYLOAD_TOO_LARGE"),
        (post("application/json", "{}".to_owned()), 422, "VALIDATION_ERROR"),
        (
            app.request(Method::GET, "/api/v1/whatsapp/conversations?colour=red").bearer_auth(&owner.token),
            422,
            "VALIDATION_ERROR",
        ),
        (app.request(Method::GET, "/api/v1/whatsapp/conversations"), 401, "UNAUTHORIZED"),
    ];
    for (request, status, code) in wrong {
        let answer = app.raw(request).await?;
        assert_eq!(answer.failure()?, (status, code), "{}", answer.text);
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    let answer = app.ask(Method::GET, LOGIN, None, None).await?;
    assert_eq!(answer.headers["allow"], "POST");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_fault_of_ours_is_told_by_its_request_id_and_by_nothing_else(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    sqlx::query("drop table conversations cascade").execute(&app.pool).await?;
    let request = app.request(Method::GET, "/api/v1/whatsapp/conversations").bearer_auth(&owner.token);
    let answer = app.raw(request.header("x-request-id", "mine-7")).await?;
    assert_eq!(answer.failure()?, (500, "INTERNAL_ERROR"));
    assert_eq!(answer.body["details"], json!({ "requestId": "mine-7" }));
    assert_eq!(answer.body["error"], "internal error");
    assert_eq!(answer.headers["x-request-id"], "mine-7");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn every_answer_has_a_request_id_and_security_headers(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for answer in
        [app.get("/api/v1/whatsapp/accounts", &owner).await?, app.ask(Method::GET, "/nowhere", None, None).await?]
    {
        assert!(answer.headers.contains_key("x-request-id"));
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers["x-frame-options"], "DENY");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn while_the_database_is_away_requests_are_told_to_come_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.state.pool.close().await;
    let answer = app.get("/api/v1/whatsapp/accounts", &owner).await?;
    assert_eq!(answer.failure()?, (503, "UNAVAILABLE"));
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_shop_may_be_named_everywhere(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let body = json!({ "type": "text", "content": "hi", "shopId": "any" });
    app.post(&TestApi::messages_path(thread), &owner, &body).await?.data()?;
    let path = format!("/api/v1/whatsapp/conversations/{}?shopId=any&includeMessages=false", thread.id);
    app.get(&path, &owner).await?.data()?;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn pages_of_other_origins_ask_only_where_they_are_configured(pool: PgPool) -> anyhow::Result<()> {
    const CONSOLE: &str = "https://console.example.com";
    let app = TestApi::start(pool).await?;
    let ask = |base: &str, origin: &str| {
        let request = reqwest::Client::builder().build().unwrap().request(Method::OPTIONS, format!("{base}{LOGIN}"));
        request.header("origin", origin).header("access-control-request-method", "POST").send()
    };
    let allowed = "access-control-allow-origin";
    assert!(!ask(&app.base, CONSOLE).await?.headers().contains_key(allowed));

    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let router = api::router(app.state.clone()).layer(cors(&Origins::from_setting(CONSOLE).unwrap()).unwrap());
    let base = serve(router, &stop, &tasks).await?;
    assert_eq!(ask(&base, CONSOLE).await?.headers()[allowed], CONSOLE);
    assert!(!ask(&base, "https://elsewhere.example.com").await?.headers().contains_key(allowed));
    stop.cancel();
    app.stop().await
}
