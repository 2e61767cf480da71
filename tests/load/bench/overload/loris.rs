//! Clients who take up connections and little else: half of them begin a head, a quarter a body, each a byte now and
//! then, and a quarter are silent.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Context;
use tests::load::webhook::PATH;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Between two bytes.
const PAUSE: Duration = Duration::from_secs(1);
/// Until each is there.
const OPEN_LIMIT: Duration = Duration::from_secs(30);

/// What one of them does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    SlowHead,
    SlowBody,
    Silent,
}

/// A crowd of them. They are gone when this is dropped.
pub(super) struct Crowd {
    lives: JoinSet<anyhow::Result<(Manner, Duration)>>,
}

/// How long the ingress bore them, at most.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Borne {
    pub(super) heads: Duration,
    pub(super) bodies: Duration,
    /// Of both, how many it has cut off.
    pub(super) cut_off: usize,
}

impl Crowd {
    /// `count` of them at `address`.
    pub(super) async fn gather(address: SocketAddr, count: usize) -> anyhow::Result<Self> {
        let mut lives = JoinSet::new();
        let connecting = async {
            for number in 0..count {
                let manner = match number % 4 {
                    0 | 1 => Manner::SlowHead,
                    2 => Manner::SlowBody,
                    _ => Manner::Silent,
                };
                lives.spawn(live(TcpStream::connect(address).await?, manner));
            }
            anyhow::Ok(())
        };
        timeout(OPEN_LIMIT, connecting).await.context("they do not get in")??;
        Ok(Self { lives })
    }

    /// Waits for at most `limit` until the slow ones are cut off.
    pub(super) async fn end(mut self, slow: usize, limit: Duration) -> anyhow::Result<Borne> {
        let mut borne = Borne::default();
        let ended = async {
            while borne.cut_off < slow {
                let Some(life) = self.lives.join_next().await else { break };
                let (manner, lasted) = life??;
                match manner {
                    Manner::SlowHead => borne.heads = borne.heads.max(lasted),
                    Manner::SlowBody => borne.bodies = borne.bodies.max(lasted),
                    Manner::Silent => continue,
                }
                borne.cut_off += 1;
            }
            anyhow::Ok(())
        };
        if let Ok(ended) = timeout(limit, ended).await {
            ended?;
        }
        Ok(borne)
    }
}

/// From its first byte until it is hung up on.
async fn live(mut socket: TcpStream, manner: Manner) -> anyhow::Result<(Manner, Duration)> {
    let began = Instant::now();
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 700\r\n\r\n");
    let first = match manner {
        Manner::SlowHead => &head[..20],
        Manner::SlowBody => &head,
        Manner::Silent => "",
    };
    socket.write_all(first.as_bytes()).await?;
    let mut answer = [0; 1024];
    loop {
        tokio::select! {
            // An answer such as 408 is read, then comes the end.
            read = socket.read(&mut answer) => if read.unwrap_or(0) == 0 { return Ok((manner, began.elapsed())) },
            () = sleep(PAUSE) => if manner != Manner::Silent && socket.write_all(b"x").await.is_err() {
                return Ok((manner, began.elapsed()));
            },
        }
    }
}
