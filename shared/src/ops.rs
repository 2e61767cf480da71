//! What operators ask every process: `/healthz` (does it live), `/readyz` (can it do its job, and if
//! not, why), `/metrics` (Prometheus). On a port of its own, out of reach of the public.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Registry, TextEncoder};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A dependency that does not answer within this time is not there.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// A client of the operators' port that sends no request within this time is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync>;

/// What a process needs in order to do its job, by name.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<RwLock<Vec<(&'static str, Check)>>>,
}

impl Readiness {
    /// Makes the process ready only while `check` succeeds; its error says what is missing.
    pub fn require<F>(&self, name: &'static str, check: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        let check: Check = Arc::new(move || Box::pin(check()));
        self.checks.write().unwrap_or_else(PoisonError::into_inner).push((name, check));
    }

    /// Asks every check at once. Whether all hold, and what each says.
    pub async fn ask(&self) -> (bool, Value) {
        let checks = self.checks.read().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut ready, mut said) = (true, Map::new());
        for (name, check) in checks {
            let answer = match tokio::time::timeout(CHECK_TIMEOUT, check()).await {
                Ok(Ok(())) => "ok".to_owned(),
                Ok(Err(reason)) => reason,
                Err(_) => format!("no answer within {} s", CHECK_TIMEOUT.as_secs()),
            };
            ready &= answer == "ok";
            said.insert(name.to_owned(), answer.into());
        }
        (ready, json!({ "ready": ready, "checks": said }))
    }
}

/// Listens on the operators' port.
pub async fn listen(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| anyhow::anyhow!("OPS_ADDR: cannot listen on {addr}: {error}"))
}

/// Serves the operators' port on `listener` until `stopping` is cancelled; each connection is one of `tasks`.
pub async fn serve(
    listener: TcpListener,
    registry: Registry,
    readiness: Readiness,
    stopping: CancellationToken,
    tasks: TaskTracker,
) {
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: wait for some to come back.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (registry, readiness) = (registry.clone(), readiness.clone());
        let service = service_fn(move |request| {
            let (registry, readiness) = (registry.clone(), readiness.clone());
            async move { Ok::<_, Infallible>(answer(&request, &registry, &readiness).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), service);
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection on the operators' port broke");
            }
        });
    }
}

async fn answer(request: &Request<Incoming>, registry: &Registry, readiness: &Readiness) -> Response<Full<Bytes>> {
    if request.method() != Method::GET {
        return respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET\n");
    }
    match request.uri().path() {
        "/healthz" => respond(StatusCode::OK, "text/plain", "ok\n"),
        "/readyz" => {
            let (ready, said) = readiness.ask().await;
            let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
            respond(status, "application/json", said.to_string())
        }
        "/metrics" => match TextEncoder::new().encode_to_string(&registry.gather()) {
            Ok(text) => respond(StatusCode::OK, prometheus::TEXT_FORMAT, text),
            Err(error) => respond(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string()),
        },
        _ => respond(StatusCode::NOT_FOUND, "text/plain", "not found\n"),
    }
}

fn respond(status: StatusCode, kind: &str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    if let Ok(kind) = kind.parse() {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_is_ready_when_all_it_needs_is_there() {
        let readiness = Readiness::default();
        readiness.require("postgres", || async { Ok(()) });
        assert!(readiness.ask().await.0);

        readiness.require("rabbitmq", || async { Err("not connected".to_owned()) });
        let (ready, said) = readiness.ask().await;
        assert!(!ready);
        assert_eq!(said["checks"], json!({ "postgres": "ok", "rabbitmq": "not connected" }));
    }
}
