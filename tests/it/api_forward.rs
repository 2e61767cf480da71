use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::any;
use http::{HeaderMap, Method, StatusCode, Uri};
use http_body_util::StreamBody;
use hyper::body::Frame;
use sqlx::PgPool;
use tests::api::{TestApi, serve};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the stand-in for the ingress got.
#[derive(Clone, Debug)]
struct Got {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Clone, Default)]
struct Ingress(Arc<Mutex<Vec<Got>>>);

impl Ingress {
    /// Takes requests, and answers as only it would.
    async fn start(&self) -> anyhow::Result<url::Url> {
        let record = |State(ingress): State<Self>, method, uri, headers, body| async move {
            ingress.0.lock().unwrap().push(Got { method, uri, headers, body });
            (StatusCode::IM_A_TEAPOT, [("x-ingress", "here")], "answered \u{1f343}")
        };
        let router = Router::new()
            .fallback(any(record))
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(self.clone());
        Ok(serve(router, &CancellationToken::new(), &TaskTracker::new()).await?.parse()?)
    }

    fn last(&self) -> Got {
        self.0.lock().unwrap().last().cloned().unwrap()
    }
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_webhook_is_handed_on_byte_for_byte_and_its_answer_back(pool: PgPool) -> anyhow::Result<()> {
    let ingress = Ingress::default();
    let app = TestApi::start_with(pool, Some(ingress.start().await?)).await?;
    // Not even JSON: the bytes are none of the API's business.
    let body: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for path in api::forward::WEBHOOK_PATHS {
        let request = app
            .request(Method::POST, &format!("{path}?a=%20b&a=c"))
            .header("x-hub-signature-256", "sha256=00ff")
            .header("x-twitter-webhooks-signature", "sha256=AP8=")
            .header("content-type", "application/json; charset=utf-8")
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .body(body.clone());
        let answer = app.raw(request).await?;
        assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
        assert_eq!(answer.text, "answered \u{1f343}");
        assert_eq!(answer.headers["x-ingress"], "here");

        let got = ingress.last();
        assert_eq!(got.method, Method::POST);
        assert_eq!(got.uri.path_and_query().unwrap().as_str(), format!("{path}?a=%20b&a=c"));
        assert_eq!(got.body, body);
        assert_eq!(got.headers["x-hub-signature-256"], "sha256=00ff");
        assert_eq!(got.headers["x-twitter-webhooks-signature"], "sha256=AP8=");
        assert_eq!(got.headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(got.headers["content-length"], "100000");
        assert!(got.headers.contains_key("traceparent"));
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_verification_is_handed_on_with_its_query(pool: PgPool) -> anyhow::Result<()> {
    let ingress = Ingress::default();
    let app = TestApi::start_with(pool, Some(ingress.start().await?)).await?;
    let path = "/api/v1/whatsapp/webhooks?hub.mode=subscribe&hub.verify_token=a%2Bb&hub.challenge=42";
    let answer = app.raw(app.request(Method::GET, path)).await?;
    assert_eq!(answer.status, StatusCode::IM_A_TEAPOT);
    let got = ingress.last();
    assert_eq!((got.method, got.uri.path_and_query().unwrap().as_str()), (Method::GET, path));
    assert!(got.body.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_body_that_is_too_long_is_not_handed_on_declared_or_not(pool: PgPool) -> anyhow::Result<()> {
    let ingress = Ingress::default();
    let app = TestApi::start_with(pool, Some(ingress.start().await?)).await?;
    let long = vec![b'a'; 3 * 1024 * 1024 + 1];
    let declared = app.raw(app.request(Method::POST, "/webhook").body(long.clone())).await?;
    assert_eq!(declared.status, StatusCode::PAYLOAD_TOO_LARGE);

    let pieces: Vec<_> = long
        .chunks(64 * 1024)
        .map(|piece| Ok::<_, std::io::Error>(Frame::data(Bytes::copy_from_slice(piece))))
        .collect();
    let pieces = reqwest::Body::wrap(StreamBody::new(futures::stream::iter(pieces)));
    let streamed = app.raw(app.request(Method::POST, "/webhook").body(pieces)).await?;
    assert_eq!(streamed.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(ingress.0.lock().unwrap().is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn without_an_ingress_a_webhook_is_told_to_come_again(pool: PgPool) -> anyhow::Result<()> {
    // A port that was free a moment ago: nobody listens.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    drop(listener);
    let app = TestApi::start_with(pool.clone(), Some(format!("http://{address}").parse()?)).await?;
    let answer = app.raw(app.request(Method::POST, "/webhook").body("{}")).await?;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::BAD_GATEWAY, ""));
    app.stop().await?;

    let app = TestApi::start(pool).await?;
    let answer = app.raw(app.request(Method::POST, "/webhook").body("{}")).await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    app.stop().await
}
