//! A way to the broker that can be taken away and given back.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// Passes on to the broker while it is up.
pub(crate) struct Line {
    addr: SocketAddr,
    is_up: Arc<watch::Sender<bool>>,
}

impl Line {
    /// To the broker at `url`, and up.
    pub(crate) async fn to(url: &str) -> Self {
        let host = url.rsplit('@').next().unwrap().split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, is_up) = (listener.local_addr().unwrap(), Arc::new(watch::Sender::new(true)));
        let tasks = TaskTracker::new();
        let (passing, up) = (tasks.clone(), Arc::clone(&is_up));
        tasks.spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                passing.spawn(pass(near, host.clone(), up.subscribe()));
            }
        });
        Self { addr, is_up }
    }

    /// `url`, by this way.
    pub(crate) fn url(&self, url: &str) -> String {
        let host = url.rsplit('@').next().unwrap().split('/').next().unwrap();
        url.replace(host, &self.addr.to_string())
    }

    /// Takes the broker away, or gives it back.
    pub(crate) fn set(&self, is_up: bool) {
        self.is_up.send_replace(is_up);
    }
}

async fn pass(mut near: TcpStream, host: String, mut is_up: watch::Receiver<bool>) {
    if !*is_up.borrow() {
        return;
    }
    let mut far = TcpStream::connect(host).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = is_up.wait_for(|is_up| !is_up) => {}
    }
}
