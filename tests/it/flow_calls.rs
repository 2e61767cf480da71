//! Calls to merchants' endpoints: made outside of any transaction, told as an event, and never into our own network.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::conversation::count;
use tests::flows::{on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const MAI: &str = "84901234567";

/// An endpoint of a merchant's, and the keys of the calls that it got.
#[derive(Clone, Default)]
struct Endpoint {
    keys: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn start() -> anyhow::Result<(Self, String)> {
        let endpoint = Self::default();
        let router = Router::new().fallback(answer).with_state(endpoint.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((endpoint, url))
    }

    fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }
}

async fn answer(State(endpoint): State<Endpoint>, headers: HeaderMap, request: Request) -> impl IntoResponse {
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    endpoint.keys.lock().unwrap().push(key.to_owned());
    match request.uri().path() {
        "/order" => axum::Json(json!({ "order": { "status": "on its way" } })).into_response(),
        "/moved" => Redirect::temporary("/order").into_response(),
        "/trap" => Redirect::temporary("http://169.254.169.254/latest/meta-data").into_response(),
        "/flood" => "x".repeat(300 * 1024).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn asks_endpoint(url: &str) -> Value {
    let call = json!({ "method": "POST", "url": url, "body": { "text": "{{ contact.name }}" },
                       "save": { "status": "/order/status" }, "timeout": 5 });
    let mut flow = on_word("order", &[("call", "http_request", call)]);
    let nodes = [("good", says("It is {{ variables.status }}.")), ("bad", says("We cannot say."))];
    for (id, config) in nodes {
        flow["nodes"].as_array_mut().unwrap().push(json!({ "id": id, "type": "send_message", "config": config }));
    }
    flow["edges"] = json!([{ "from": "call", "outlet": "ok", "to": "good" },
                           { "from": "call", "outlet": "failed", "to": "bad" },
                           { "from": "good", "to": "over" }, { "from": "bad", "to": "over" }]);
    flow
}

async fn said_after(app: &TestApp, name: &str, url: &str) -> anyhow::Result<Vec<String>> {
    sqlx::query("update flows set status = 'inactive'").execute(&app.db).await?;
    app.publish(name, &asks_endpoint(url)).await?;
    let before = app.said_to("+84901234567").len();
    app.receives([from(MAI).says("order")]).await?;
    app.settle().await?;
    Ok(app.said_to("+84901234567").split_off(before))
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_an_endpoint_answers_is_known_to_the_flow(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let (endpoint, url) = Endpoint::start().await?;
    assert_eq!(said_after(&app, "order", &format!("{url}/order")).await?, ["It is on its way."]);
    assert_eq!(said_after(&app, "moved", &format!("{url}/moved")).await?, ["It is on its way."]);
    assert_eq!(said_after(&app, "none", &format!("{url}/none")).await?, ["We cannot say."]);
    assert_eq!(said_after(&app, "trap", &format!("{url}/trap")).await?, ["We cannot say."]);
    assert_eq!(said_after(&app, "flood", &format!("{url}/flood")).await?, ["We cannot say."]);
    assert_eq!(said_after(&app, "private", "https://10.0.0.1/").await?, ["We cannot say."]);

    let keys = endpoint.keys();
    assert!(keys.iter().all(|key| key.len() > 36), "{keys:?}");
    assert_eq!(keys[1], keys[2], "a redirect is the same call");
    assert_ne!(keys[0], keys[1]);
    assert_eq!(count(&app.db, "flow_calls").await? + count(&app.db, "flow_sessions").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_call_whose_caller_died_is_made_again_with_the_same_key_and_heard_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let (endpoint, url) = Endpoint::start().await?;
    app.publish("order", &asks_endpoint(&format!("{url}/order"))).await?;
    app.receives([from(MAI).says("order")]).await?;
    app.persist().await?;
    app.step().await?;
    // Somebody claimed it and died; whoever it was has lost the lease.
    let claimed =
        "update flow_calls set lease = gen_random_uuid(), lease_until = now() - interval '1 second', attempt = 1";
    sqlx::query(claimed).execute(&app.db).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["It is on its way."]);
    assert_eq!(endpoint.keys().len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_endpoint_that_is_not_there_is_tried_a_few_times(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/order", nobody.local_addr()?);
    drop(nobody);
    app.publish("order", &asks_endpoint(&url)).await?;
    app.receives([from(MAI).says("order")]).await?;
    app.persist().await?;
    app.step().await?;
    for _ in 0..4 {
        assert!(app.platform.received().is_empty(), "it is not given up at once");
        sqlx::query("update flow_calls set not_before = now()").execute(&app.db).await?;
        assert_eq!(app.call().await?, 1);
    }
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["We cannot say."]);
    app.stop().await
}
