//! Plain hyper without work: reads the body and says 200. What HTTP alone costs here, in a process of its own as the
//! ingress is.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What this binary is called with to be that server.
pub(crate) const ARGUMENT: &str = "--serve-plain";
const START_LIMIT: Duration = Duration::from_secs(10);

/// The server, as a child of the run; it is killed when this is dropped.
pub(super) struct Plain {
    pub(super) address: SocketAddr,
    _child: Child,
}

impl Plain {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(ARGUMENT)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let mut said = BufReader::new(child.stdout.take().context("no output")?).lines();
        let line = timeout(START_LIMIT, said.next_line()).await.context("plain hyper does not start")??;
        let address = line.context("plain hyper ended")?.parse()?;
        Ok(Self { address, _child: child })
    }
}

/// Serves for ever, on an address that it prints.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let mut connections = JoinSet::new();
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)));
        while connections.try_join_next().is_some() {}
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // A client that breaks off gets no answer either way.
    let _ = request.into_body().collect().await;
    Ok(Response::new(Full::new(Bytes::from_static(br#"{"success":true}"#))))
}
