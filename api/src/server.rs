//! Takes connections: bounded in number, each with a limit on how long it may keep us waiting.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use crate::auth::Peer;

/// Connections at once; more wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 4096;
/// A client that has not sent its head by then is cut off; an idle connection too.
const HEADER_LIMIT: Duration = Duration::from_secs(30);
/// Out of file descriptors, most likely: some come back.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

/// Listens on `addr`; `variable` names the setting in the error.
pub async fn listen(addr: SocketAddr, variable: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| anyhow::anyhow!("{variable}: cannot listen on {addr}: {error}"))
}

/// Serves `router` until `stopping`, then finishes the requests in hand.
pub async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken, tasks: TaskTracker) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    while let Some(accepted) = stopping.run_until_cancelled(accept(&listener, &room)).await {
        let Some((stream, peer, place)) = accepted else {
            tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            continue;
        };
        let router = router.clone();
        let service = service_fn(move |mut request: Request<Incoming>| {
            let mut router = router.clone();
            request.extensions_mut().insert(Peer(peer.ip()));
            async move { Ok::<_, Infallible>(answer(&mut router, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_LIMIT)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer, place)),
        Err(error) => {
            tracing::warn!(%error, "a connection was not accepted");
            None
        }
    }
}

async fn answer(router: &mut Router, request: Request<Incoming>) -> axum::response::Response {
    match router.call(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
