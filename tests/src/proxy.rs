//! A TCP proxy that a test can cut.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Passes bytes on to one address until it is cut; connections made after a cut pass again.
pub struct Proxy {
    address: SocketAddr,
    generation: Arc<Mutex<CancellationToken>>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Listens on a free local port and passes on to `target`, written `host:port`.
    pub async fn to(target: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let generation = Arc::new(Mutex::new(CancellationToken::new()));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, target, Arc::clone(&generation)));
        Ok(Self { address, generation, _accepting: accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection there is.
    pub fn cut(&self) {
        let mut generation = self.generation.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *generation).cancel();
    }
}

async fn accept(listener: TcpListener, target: String, generation: Arc<Mutex<CancellationToken>>) {
    let mut passing = JoinSet::new();
    while let Ok((mut near, _)) = listener.accept().await {
        let uncut = generation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let target = target.clone();
        passing.spawn(async move {
            let pass = async {
                let mut far = TcpStream::connect(target).await?;
                copy_bidirectional(&mut near, &mut far).await
            };
            uncut.run_until_cancelled(pass).await.map(drop)
        });
    }
}
