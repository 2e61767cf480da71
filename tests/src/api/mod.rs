//! The API as its clients see it: a real socket, a database of its own, a real broker.

pub mod flows;
pub mod iam;
pub mod people;
mod seed;

use anyhow::Context;
use api::auth::OuterSettings;
use api::config::Calls;
use api::layers::{Allowed, Limiter};
use api::{AppState, Parts};
use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use prometheus::Registry;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use shared::cache::Logins;
use shared::domain::clock;
use shared::domain::ids::{MerchantId, UserId};
use shared::domain::user::UserRole;
use shared::store::seal::MasterKey;
use shared::store::{Keyring, PgPool, Role, pool, sessions};
use simulator::Simulator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::TestApp;
use crate::broker::TestBroker;
use crate::files::TestFiles;
use crate::stage::{cache, platforms, simulator_config};

pub use seed::Thread;

/// What signs the tests' tokens.
pub const JWT_SECRET: &str = "a secret of the tests, 32 characters";

/// A running API.
pub struct TestApi {
    /// The database, as a superuser: sees everything.
    pub pool: PgPool,
    /// What the API works with.
    pub state: AppState,
    /// What wakes the senders.
    pub broker: TestBroker,
    /// Where files lie.
    pub files: TestFiles,
    /// The platforms; those of the app that the API stands beside, where it stands beside one.
    pub platform: Option<Simulator>,
    /// Where it listens, `http://127.0.0.1:port`.
    pub base: String,
    client: reqwest::Client,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What one API is told and another is not.
struct Setting {
    forward_to: Option<Url>,
    limiter: Limiter,
    outer: OuterSettings,
    calls: Calls,
}

impl Default for Setting {
    fn default() -> Self {
        Self { forward_to: None, limiter: unlimited(), outer: OuterSettings::default(), calls: Calls::default() }
    }
}

/// A user with a token.
#[derive(Clone, Debug)]
pub struct TestUser {
    /// The user.
    pub id: UserId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Sent as `Authorization: Bearer`.
    pub token: String,
}

/// What the API said.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body; null where it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl TestApi {
    /// Starts one on the database behind `pool`.
    pub async fn start(pool: PgPool) -> anyhow::Result<Self> {
        Self::start_with(pool, None).await
    }

    /// Starts one that hands webhooks on.
    pub async fn start_with(pool: PgPool, forward_to: Option<Url>) -> anyhow::Result<Self> {
        Self::start_as(pool, Setting { forward_to, ..Setting::default() }).await
    }

    /// Starts one that takes the tokens of an outer IAM.
    pub async fn start_under(pool: PgPool, outer: OuterSettings) -> anyhow::Result<Self> {
        Self::start_as(pool, Setting { outer, ..Setting::default() }).await
    }

    /// Starts one that keeps callers to what `limiter` allows.
    pub async fn limited(pool: PgPool, limiter: Limiter) -> anyhow::Result<Self> {
        Self::start_as(pool, Setting { limiter, ..Setting::default() }).await
    }

    /// Starts one whose flows may call what `calls` says.
    pub async fn calling(pool: PgPool, calls: Calls) -> anyhow::Result<Self> {
        Self::start_as(pool, Setting { calls, ..Setting::default() }).await
    }

    async fn start_as(pool: PgPool, setting: Setting) -> anyhow::Result<Self> {
        let platform = Simulator::start(simulator_config()).await?;
        let url = platform.url().to_owned();
        Self::start_over(pool, keyring()?, setting, &url, Some(platform)).await
    }

    /// Starts one on the database and with the keys of `app`, whose workers do what it asks for. Its
    /// wake-ups stay with itself: the test wakes them.
    pub async fn beside(app: &TestApp) -> anyhow::Result<Self> {
        let keyring = app.context.keyring.clone();
        Self::start_over(app.db.clone(), keyring, Setting::default(), app.platform.url(), None).await
    }

    async fn start_over(
        pool: PgPool,
        keyring: Keyring,
        setting: Setting,
        platforms_at: &str,
        platform: Option<Simulator>,
    ) -> anyhow::Result<Self> {
        let broker = TestBroker::start().await?;
        let files = TestFiles::new()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let state = AppState::new(Parts {
            pool: as_login(&pool),
            keyring,
            publisher: broker.broker.publisher().clone(),
            objects: files.objects.clone(),
            platforms: platforms(platforms_at)?,
            jwt_secret: &SecretString::from(JWT_SECRET),
            limiter: setting.limiter,
            outer: setting.outer,
            calls: setting.calls,
            logins: Some(Logins::under(cache()?, &format!("{}:", UserId::new()))),
            forward_to: setting.forward_to.as_ref(),
            registry: &Registry::new(),
            stopping: stop.clone(),
        })
        .await?;
        api::admission::open(&state).await?;
        let base = serve(api::router(state.clone()), &stop, &tasks).await?;
        let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(30)).build()?;
        Ok(Self { pool, state, broker, files, platform, base, client, stop, tasks })
    }

    /// A request with a JSON body, or without any.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        user: Option<&TestUser>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(user) = user {
            request = request.bearer_auth(&user.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        self.raw(request).await
    }

    /// `GET` as `user`.
    pub async fn get(&self, path: &str, user: &TestUser) -> anyhow::Result<Answer> {
        self.ask(Method::GET, path, Some(user), None).await
    }

    /// `POST` as `user`.
    pub async fn post(&self, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
        self.ask(Method::POST, path, Some(user), Some(body)).await
    }

    /// A request that is put together by hand.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// The answer to `request`.
    pub async fn raw(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, body, text })
    }

    /// A token of a user who has `role` at `merchant`, in a session of its own. The user is made if missing.
    pub async fn token(&self, id: UserId, merchant: MerchantId, role: UserRole) -> anyhow::Result<TestUser> {
        sqlx::query(
            "insert into users (id, merchant_id, email, display_name, role) values ($1, $2, $1 || '@shop.example', 'A', $3)
             on conflict (id) do nothing",
        )
        .bind(id.0)
        .bind(merchant.0)
        .bind(role.as_str())
        .execute(&self.pool)
        .await?;
        let mut conn = self.pool.acquire().await?;
        let session = sessions::open(&mut conn, merchant, id, clock::now()).await?;
        let token = self.state.tokens.issue(id, merchant, role, session, clock::now())?;
        Ok(TestUser { id, merchant_id: merchant, token })
    }

    /// Another user of `user`'s merchant, who has `role`.
    pub async fn colleague(&self, user: &TestUser, role: UserRole) -> anyhow::Result<TestUser> {
        self.token(UserId::new(), user.merchant_id, role).await
    }

    /// A number in the database.
    pub async fn count(&self, query: &'static str) -> anyhow::Result<i64> {
        Ok(sqlx::query_scalar(query).fetch_one(&self.pool).await?)
    }

    /// Stops everything.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.state.pool.close().await;
        self.broker.delete().await
    }
}

impl Answer {
    /// The failure that the answer tells of, after a look at its form.
    pub fn failure(&self) -> anyhow::Result<(u16, &str)> {
        let form: Vec<&str> = self.body.as_object().context("no object")?.keys().map(String::as_str).collect();
        anyhow::ensure!(form == ["details", "error", "errorCode", "success"], "not the envelope: {}", self.text);
        anyhow::ensure!(self.body["success"] == json!(false) && self.body["error"].is_string(), "{}", self.text);
        Ok((self.status.as_u16(), self.body["errorCode"].as_str().context("no code")?))
    }

    /// The data of a success.
    pub fn data(&self) -> anyhow::Result<&Value> {
        let told = self.status == StatusCode::OK && self.body["success"] == json!(true);
        anyhow::ensure!(told, "{} {}", self.status, self.text);
        Ok(&self.body["data"])
    }

    /// The first field that a validation complains of, and how.
    pub fn problem(&self) -> (&str, &str) {
        let problem = &self.body["details"][0];
        (problem["field"].as_str().unwrap_or_default(), problem["message"].as_str().unwrap_or_default())
    }
}

/// Serves `router` on a free local port until `stop`.
pub async fn serve(router: Router, stop: &CancellationToken, tasks: &TaskTracker) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    tasks.spawn(api::server::serve(listener, router, stop.clone(), tasks.clone()));
    Ok(base)
}

/// Nobody is kept from asking.
pub const fn unlimited() -> Limiter {
    Limiter::new(None, Allowed::NONE)
}

/// The API's own connections: a login of no rights that takes on the API's role.
pub fn as_login(pool: &PgPool) -> PgPool {
    pool::with_options(pool.connect_options().as_ref().clone().username("loa").password("loa"), Role::Api, 5)
}

/// The connections of whoever serves all merchants.
pub fn as_worker(pool: &PgPool) -> PgPool {
    pool::with_options(pool.connect_options().as_ref().clone().username("loa").password("loa"), Role::Worker, 2)
}

/// Keys under a master key, so that what should be sealed is.
pub fn keyring() -> anyhow::Result<Keyring> {
    Ok(Keyring::new(Some(MasterKey::parse(&STANDARD.encode([7; 32]).into())?)))
}
