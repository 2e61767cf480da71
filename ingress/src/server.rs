//! The accept loop: so many connections and no more, each with its timeouts, and a stop that answers
//! whatever is in hand.

use std::convert::Infallible;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use prometheus::IntGauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::answer;
use crate::body::BodyLimits;
use crate::durable::Durable;
use crate::exchange::Exchange;
use crate::metrics::Metrics;
use crate::receive::Receiver;
use crate::secrets::Secrets;
use crate::stream::{Patience, Stream};

/// A request's head; the platforms' are below 2 KiB.
const LONGEST_HEAD: usize = 16 * 1024;
/// What a connection reads at once.
const READ_BUFFER: usize = 64 * 1024;
/// After an error of `accept`: most likely there are no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// What clients may use up.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Bytes of requests being read or not yet durable, all together. Publishing lays a body out once
    /// more, so at worst it takes twice as much memory.
    pub in_flight_bytes: usize,
    /// Bytes of one body. Meta sends up to 3 MB (platform notes on WhatsApp).
    pub body_bytes: usize,
    /// Time for a whole head, from its first byte.
    pub head_time: Duration,
    /// Time for a whole body.
    pub body_time: Duration,
    /// Time for taking a byte of an answer.
    pub write_time: Duration,
    /// Time that a connection may be idle: longer than load balancers keep theirs, so that it is they
    /// who close.
    pub idle_time: Duration,
    /// Time to hang up after an answer that cut a request short.
    pub farewell_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            in_flight_bytes: 64 * 1024 * 1024,
            body_bytes: 3 * 1024 * 1024,
            head_time: Duration::from_secs(5),
            body_time: Duration::from_secs(10),
            write_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            farewell_time: Duration::from_secs(2),
        }
    }
}

/// Takes webhooks on one address.
pub struct Server<D> {
    listener: TcpListener,
    receiver: Arc<Receiver<D>>,
    http: http1::Builder,
    patience: Patience,
    places: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
    graceful: GracefulShutdown,
}

impl<D: Durable> Server<D> {
    /// Listens on `addr`; nothing is answered before [`serve`](Self::serve).
    pub async fn bind(
        addr: SocketAddr,
        limits: Limits,
        secrets: Secrets,
        durable: Arc<D>,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let body = BodyLimits { bytes: limits.body_bytes, time: limits.body_time };
        let receiver = Receiver::new(secrets, body, limits.in_flight_bytes, durable, Arc::clone(&metrics));
        Ok(Self {
            listener,
            receiver: Arc::new(receiver),
            http: http(limits.idle_time),
            patience: Patience { head: limits.head_time, write: limits.write_time, farewell: limits.farewell_time },
            places: Arc::new(Semaphore::new(limits.connections)),
            metrics,
            tasks: TaskTracker::new(),
            graceful: GracefulShutdown::new(),
        })
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stopping`, then answers what is in hand and waits until it is durable.
    pub async fn serve(self, stopping: CancellationToken) {
        while let Some(accepted) = stopping.run_until_cancelled(self.listener.accept()).await {
            match accepted {
                Ok((stream, _)) => self.take(stream),
                // The client changed its mind.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        self.graceful.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn take(&self, socket: TcpStream) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            self.metrics.connections_refused.inc();
            return refuse(socket);
        };
        let place = Place::new(place, self.metrics.connections.clone());
        // Answers are single segments: waiting for more to send only delays them. A socket that is
        // closed already is noticed by whoever reads it.
        let _ = socket.set_nodelay(true);
        let exchange = Arc::new(Exchange::default());
        let stream = Stream::new(socket, Arc::clone(&exchange), self.patience);
        let receiver = Arc::clone(&self.receiver);
        let service = service_fn(move |request| {
            let (receiver, exchange) = (Arc::clone(&receiver), Arc::clone(&exchange));
            async move {
                let _answering = exchange.begin();
                let answer = receiver.answer(request).await;
                if answer::is_closing(&answer) {
                    exchange.cut_short();
                }
                Ok::<_, Infallible>(answer)
            }
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        self.tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection broke");
            }
            drop(place);
        });
    }
}

/// hyper counts an idle connection's wait as time for the next head, so that is the longer of the two;
/// [`Stream`] sees to the shorter.
fn http(idle_time: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(idle_time)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(READ_BUFFER);
    http
}

/// Says that there are too many, without waiting for anything: the socket is new, so its buffers take
/// what is written. What the client has sent by now is read, or closing would reset the connection.
fn refuse(socket: TcpStream) {
    let refused = socket.into_std().and_then(|mut socket| {
        socket.write_all(TOO_MANY)?;
        socket.shutdown(Shutdown::Write)?;
        match socket.read(&mut [0; 8 * 1024]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            read => read,
        }
    });
    if let Err(error) = refused {
        tracing::debug!(%error, "connection refused without an answer");
    }
}

/// A connection's place among the others.
struct Place {
    _permit: OwnedSemaphorePermit,
    gauge: IntGauge,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit, gauge: IntGauge) -> Self {
        gauge.inc();
        Self { _permit: permit, gauge }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gauge.dec();
    }
}
