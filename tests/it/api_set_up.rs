use api::admission::{self, AdmissionError};
use api::commands::{self, DemoNumber};
use api::set_up::{self, FirstOwner};
use api::{AppState, Parts};
use http::Method;
use prometheus::Registry;
use secrecy::ExposeSecret;
use serde_json::json;
use shared::domain::user::UserRole;
use shared::store::{Role, pool};
use sqlx::PgPool;
use tests::api::{TestApi, as_worker, keyring};
use tokio_util::sync::CancellationToken;

async fn state(app: &TestApi, pool: PgPool) -> anyhow::Result<AppState> {
    AppState::new(Parts {
        pool,
        keyring: keyring()?,
        publisher: app.broker.broker.publisher().clone(),
        objects: app.files.objects.clone(),
        limiter: tests::api::unlimited(),
        platforms: app.state.platforms.clone(),
        jwt_secret: &"0123456789abcdef0123456789abcdef".into(),
        calls: api::config::Calls::default(),
        outer: api::auth::OuterSettings::default(),
        logins: None,
        forward_to: None,
        registry: &Registry::new(),
        stopping: CancellationToken::new(),
    })
    .await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_superuser_is_refused_even_in_the_apis_role(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let superuser = pool::with_options(app.pool.connect_options().as_ref().clone(), Role::Api, 1);
    let state = state(&app, superuser).await?;
    let refused = admission::open(&state).await;
    assert!(matches!(refused, Err(AdmissionError::Unbound(_))), "{refused:?}");
    assert!(!state.admission.is_open());
    state.pool.close().await;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn nothing_is_served_before_the_database_was_found_fit(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let state = state(&app, tests::api::as_login(&app.pool)).await?;
    let (stop, tasks) = (CancellationToken::new(), tokio_util::task::TaskTracker::new());
    let base = tests::api::serve(api::router(state.clone()), &stop, &tasks).await?;
    let url = format!("{base}/api/v1/auth/me");
    let client = reqwest::Client::builder().build()?;
    let before = client.get(&url).send().await?;
    assert_eq!(before.status().as_u16(), 503);
    let owner = FirstOwner { email: "first@shop.example".to_owned(), password: Some("correct horse".into()) };
    admission::admit(state.clone(), as_worker(&app.pool), owner).await?;
    let after = client.get(&url).send().await?;
    assert_eq!(after.status().as_u16(), 401);
    state.pool.close().await;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_first_start_makes_one_owner_however_many_start(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let workers = as_worker(&app.pool);
    let owner = FirstOwner { email: "first@shop.example".to_owned(), password: Some("correct horse".into()) };
    let start = || set_up::first_owner(&workers, &app.state.passwords, &owner);
    let (one, other) = tokio::join!(start(), start());
    one?;
    other?;
    start().await?;
    assert_eq!(app.count("select count(*) from users").await?, 1);
    assert_eq!(app.count("select count(*) from merchants").await?, 1);
    assert_eq!(app.count("select count(*) from shops where is_default").await?, 1);

    let body = json!({ "email": "first@shop.example", "password": "correct horse" });
    let answer = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?;
    assert_eq!(answer.data()?["user"]["role"], "owner");
    workers.close().await;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_first_owners_printed_password_is_to_be_changed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let workers = as_worker(&app.pool);
    let owner = FirstOwner { email: "first@shop.example".to_owned(), password: None };
    set_up::first_owner(&workers, &app.state.passwords, &owner).await?;
    assert_eq!(app.count("select count(*) from users where password_expires_at > now()").await?, 1);
    workers.close().await;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_demo_is_seeded_twice_and_there_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (workers, keyring, number) = (as_worker(&app.pool), keyring()?, DemoNumber::default());
    let first = commands::seed(&workers, &keyring, &number, None).await?;
    let again = commands::seed(&workers, &keyring, &number, Some(first.password.clone().into())).await?;
    assert_eq!(serde_json::to_value(&first)?, serde_json::to_value(&again)?);
    let other = commands::seed(&workers, &keyring, &number, None).await?;
    assert_ne!(other.password, first.password);
    assert_eq!((other.account_id, other.merchant_id), (first.account_id, first.merchant_id));

    let body = json!({ "email": other.email, "password": other.password });
    let answer = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?;
    assert_eq!(answer.data()?["user"]["merchantId"], json!(first.merchant_id));
    assert_eq!(app.count("select count(*) from accounts").await?, 1);
    workers.close().await;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_operator_is_added_by_command_and_sees_what_belongs_to_nobody(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let workers = as_worker(&app.pool);
    let added = commands::add(&workers, "Op@shop.example", UserRole::Operator, None).await?;
    assert_eq!(added.user.merchant_id, owner.merchant_id);
    let again = commands::add(&workers, "op@shop.example", UserRole::Operator, None).await;
    assert!(again.unwrap_err().to_string().contains("already"));

    let body = json!({ "email": "op@shop.example", "password": added.password.expose_secret() });
    let login = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?;
    let token = login.data()?["accessToken"].as_str().unwrap().to_owned();
    let operator = tests::api::TestUser { id: added.user.id, token, ..owner };
    assert_eq!(app.get("/api/v1/unclaimed-events", &operator).await?.data()?, &json!([]));
    workers.close().await;
    app.stop().await
}
