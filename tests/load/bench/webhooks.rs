//! The load: so many connections, each posting one signed webhook after another.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tests::load::Signer;
use tests::load::webhook::{PATH, SIGNATURE};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::bodies::Bodies;

const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// What one turn has measured.
#[derive(Debug, Default)]
pub(crate) struct Turn {
    /// From the first request to the last answer.
    pub(crate) took: Duration,
    /// Time from each request to its answer 200.
    pub(crate) latencies: Vec<Duration>,
    /// Answers other than 200.
    pub(crate) refused: BTreeMap<u16, u64>,
}

/// Posts over `connections` connections for `lasts`.
pub(crate) async fn drive(
    address: SocketAddr,
    connections: usize,
    lasts: Duration,
    bodies: &Arc<Bodies>,
    signer: &Signer,
) -> anyhow::Result<Turn> {
    let mut serving = JoinSet::new();
    let mut senders = Vec::new();
    for _ in 0..connections {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake::<_, Full<Bytes>>(TokioIo::new(socket)).await?;
        serving.spawn(connection);
        senders.push(sender);
    }
    let began = Instant::now();
    let mut posting = JoinSet::new();
    for sender in senders {
        posting.spawn(post(sender, began + lasts, Arc::clone(bodies), signer.clone()));
    }
    let mut turn = Turn::default();
    while let Some(ended) = posting.join_next().await {
        let part = ended??;
        turn.latencies.extend(part.latencies);
        for (status, count) in part.refused {
            *turn.refused.entry(status).or_default() += count;
        }
    }
    turn.took = began.elapsed();
    Ok(turn)
}

async fn post(
    mut sender: SendRequest<Full<Bytes>>,
    until: Instant,
    bodies: Arc<Bodies>,
    signer: Signer,
) -> anyhow::Result<Turn> {
    let mut turn = Turn::default();
    while Instant::now() < until {
        let body = bodies.next();
        let request = Request::builder()
            .method(Method::POST)
            .uri(PATH)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(SIGNATURE, signer.sign(&body))
            .body(Full::new(body))?;
        let asked = Instant::now();
        let answered = async {
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            answer.into_body().collect().await?;
            anyhow::Ok(status)
        };
        let status = timeout(ANSWER_LIMIT, answered).await.context("the ingress does not answer")??;
        if status == StatusCode::OK {
            turn.latencies.push(asked.elapsed());
        } else {
            *turn.refused.entry(status.as_u16()).or_default() += 1;
        }
    }
    Ok(turn)
}
