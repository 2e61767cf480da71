//! One id from the webhook to the reply: in the lines of every process, and in the spans of whoever collects them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, Method};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use shared::config::{Reader, Traces};
use shared::domain::ids::UserId;
use shared::domain::user::UserRole;
use shared::telemetry::spans;
use simulator::Fault;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::flows::{on_word, says};
use tests::logs::Log;
use tests::stage::APP_SECRET;
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp, conversation};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const MAI: &str = "84901234567";
const GIVEN: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A flow that answers at once, and once more after an hour.
async fn greets_and_asks_again(app: &TestApp) -> anyhow::Result<()> {
    app.answer_by_flows().await?;
    let wait = json!({ "duration": 3_600 });
    let nodes = [
        ("hello", "send_message", says("Lovely to hear of you.")),
        ("hour", "wait", wait),
        ("again", "send_message", says("Are you still there?")),
    ];
    app.publish("hello", &on_word("mangosteen", &nodes)).await?;
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_trace_of_an_ingress_line_finds_those_of_persist_flow_and_sender(pool: PgPool) -> anyhow::Result<()> {
    let log = Log::of("debug")?;
    let app = TestApp::start(pool).await?;
    greets_and_asks_again(&app).await?;
    app.receives([from("84907654321").says("something else")]).await?;
    app.receives([from(MAI).says("mangosteen")]).await?;
    app.settle().await?;

    let lines = log.lines();
    let mut accepted = lines.iter().filter(|line| line["message"] == "event accepted");
    let (other, trace) = (accepted.next().unwrap(), accepted.next().unwrap()["trace_id"].as_str().unwrap());
    assert_eq!(log.under(trace), ["event accepted", "stored", "stepped", "attempted"]);
    assert_eq!(log.under(other["trace_id"].as_str().unwrap()), ["event accepted", "stored", "stepped"]);

    app.waits_are_over().await?;
    app.settle().await?;
    assert_eq!(log.under(trace)[4..], ["stepped", "attempted"], "what it says later by itself is of the same trace");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_request_for_a_message_carries_its_trace_to_the_sender(pool: PgPool) -> anyhow::Result<()> {
    let log = Log::of("debug")?;
    let app = TestApp::start(pool).await?;
    app.receives([from(MAI).says("hello")]).await?;
    app.settle().await?;
    let (_, conversation, _) = conversation::open_thread(&app.db).await?;
    let api = TestApi::beside(&app).await?;
    let owner = api.token(UserId::new(), app.merchant.id, UserRole::Owner).await?;
    let path = format!("/api/v1/whatsapp/conversations/{conversation}/messages");
    let request = api.request(Method::POST, &path).bearer_auth(&owner.token).json(&TestApi::text("Hi Mai"));
    let given = format!("00-{GIVEN}-00f067aa0ba902b7-01");
    api.raw(request.header("traceparent", given)).await?.data()?;
    app.wake_sender().await?;
    app.settle().await?;
    assert_eq!(log.under(GIVEN), ["answered", "attempted"]);
    api.stop().await?;
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn neither_words_nor_people_nor_secrets_are_logged_on_the_whole_way(pool: PgPool) -> anyhow::Result<()> {
    // What a library says of the bytes that it moves is beside the point: nobody runs with it.
    let log = Log::of("debug,ingress=trace,workers=trace,shared=trace,api=trace,sqlx=trace,hyper=debug,lapin=debug")?;
    let app = TestApp::start(pool).await?;
    greets_and_asks_again(&app).await?;
    app.receives([from(MAI).says("mangosteen, please")]).await?;
    app.receives([from(MAI).says("mangosteen")]).await?;
    app.settle().await?;
    app.platform.fail_next(1, Fault::code(131_026));
    app.waits_are_over().await?;
    app.settle().await?;

    let logged = log.text();
    assert!(logged.contains("attempted"), "nothing was logged");
    let secrets = ["EAA-test", APP_SECRET];
    for told in [MAI, "Nguyễn", "mangosteen", "Lovely to hear", "still there"].into_iter().chain(secrets) {
        let line = logged.lines().find(|line| line.contains(told));
        assert_eq!(line, None, "`{told}` was logged");
    }
    app.stop().await
}

type Collected = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

async fn collect(State(collected): State<Collected>, headers: HeaderMap, body: Bytes) {
    collected.lock().unwrap().push((headers, body));
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_collector_is_told_each_stage_as_a_span_below_the_webhooks(pool: PgPool) -> anyhow::Result<()> {
    let collected = Collected::default();
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let router = Router::new().route("/v1/traces", post(collect)).with_state(Arc::clone(&collected));
    let url = tests::api::serve(router, &stop, &tasks).await?;
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=loa")];
    let pairs = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let traces = Traces::read(&mut Reader::of(pairs)).unwrap();
    spans::start_spans("it", &traces)?;

    let app = TestApp::start(pool).await?;
    greets_and_asks_again(&app).await?;
    app.receives([from(MAI).says("mangosteen")]).await?;
    app.settle().await?;
    tokio::task::spawn_blocking(spans::finish_spans).await?;

    let mut told: Vec<Span> = Vec::new();
    let mut names = BTreeSet::new();
    for (headers, body) in collected.lock().unwrap().iter() {
        assert_eq!(headers["x-tenant"], "loa");
        for resource in ExportTraceServiceRequest::decode(body.clone())?.resource_spans {
            let attributes = &resource.resource.as_ref().unwrap().attributes;
            names.extend(attributes.iter().map(|pair| format!("{}={:?}", pair.key, pair.value)));
            told.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    assert!(names.iter().any(|name| name.starts_with("service.name=") && name.contains("loa-it")), "{names:?}");
    let root = told.iter().find(|span| span.name == "receive webhook" && span.parent_span_id.is_empty()).unwrap();
    let mut below: Vec<&str> = told
        .iter()
        .filter(|span| span.trace_id == root.trace_id && span.parent_span_id == root.span_id)
        .map(|span| span.name.as_str())
        .collect();
    below.sort_unstable();
    assert_eq!(below, ["send message", "step flow", "store"]);
    let said = format!("{told:?}");
    assert!(!said.contains("mangosteen") && !said.contains(MAI), "words and addresses stay here");
    stop.cancel();
    app.stop().await
}
