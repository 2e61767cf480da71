//! A TCP proxy that can be cut, stalled and slowed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// What is read at once.
const CHUNK: usize = 64 * 1024;
/// Chunks under way in one direction of a connection; past it the sender waits.
const UNDER_WAY: usize = 64;

/// Passes bytes on to one address until it is cut; connections made after a cut pass again.
pub struct Proxy {
    address: SocketAddr,
    generation: Arc<Mutex<CancellationToken>>,
    weather: watch::Sender<Weather>,
    _accepting: JoinSet<()>,
}

/// How bytes fare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// How long each takes on its way, in either direction. They keep their order, and any number may be under way.
    pub delay: Duration,
    /// None arrives, and none is lost.
    pub is_stalled: bool,
}

impl Proxy {
    /// Listens on a free local port and passes on to `target`, written `host:port`.
    pub async fn to(target: String) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let generation = Arc::new(Mutex::new(CancellationToken::new()));
        let weather = watch::Sender::new(Weather::default());
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, target, Arc::clone(&generation), weather.subscribe()));
        Ok(Self { address, generation, weather, _accepting: accepting })
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

    /// From here on bytes fare as `weather` says, those that are under way too.
    pub fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
    }
}

async fn accept(
    listener: TcpListener,
    target: String,
    generation: Arc<Mutex<CancellationToken>>,
    weather: watch::Receiver<Weather>,
) {
    let mut passing = JoinSet::new();
    while let Ok((near, _)) = listener.accept().await {
        let uncut = generation.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (target, weather) = (target.clone(), weather.clone());
        passing.spawn(async move { uncut.run_until_cancelled(pass(near, &target, &weather)).await.map(drop) });
        while passing.try_join_next().is_some() {}
    }
}

/// Passes both ways until both sides have said all, or either breaks.
async fn pass(near: TcpStream, target: &str, weather: &watch::Receiver<Weather>) -> std::io::Result<()> {
    let far = TcpStream::connect(target).await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let (near_reads, near_writes) = near.into_split();
    let (far_reads, far_writes) = far.into_split();
    let there = carry(near_reads, far_writes, weather.clone());
    let back = carry(far_reads, near_writes, weather.clone());
    tokio::try_join!(there, back).map(drop)
}

async fn carry(
    from: impl AsyncRead + Unpin,
    to: impl AsyncWrite + Unpin,
    weather: watch::Receiver<Weather>,
) -> std::io::Result<()> {
    let (sender, under_way) = mpsc::channel(UNDER_WAY);
    tokio::try_join!(take(from, sender), hand_on(to, under_way, weather)).map(drop)
}

async fn take(mut from: impl AsyncRead + Unpin, under_way: mpsc::Sender<(Instant, Bytes)>) -> std::io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(CHUNK);
        if from.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        // Where nobody takes them any more, the other side has said why.
        if under_way.send((Instant::now(), buffer.split().freeze())).await.is_err() {
            return Ok(());
        }
    }
}

async fn hand_on(
    mut to: impl AsyncWrite + Unpin,
    mut under_way: mpsc::Receiver<(Instant, Bytes)>,
    mut weather: watch::Receiver<Weather>,
) -> std::io::Result<()> {
    while let Some((began, chunk)) = under_way.recv().await {
        loop {
            let now = *weather.borrow_and_update();
            if now.is_stalled {
                // A proxy that is gone lets everything end.
                if weather.changed().await.is_err() {
                    return Ok(());
                }
                continue;
            }
            if now.delay.is_zero() || began + now.delay <= Instant::now() {
                break;
            }
            tokio::select! {
                () = sleep_until(began + now.delay) => {}
                changed = weather.changed() => if changed.is_err() { return Ok(()) },
            }
        }
        to.write_all(&chunk).await?;
    }
    to.shutdown().await
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// Both ends of a connection through a proxy.
    async fn connected() -> (Proxy, TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::to(listener.local_addr().unwrap().to_string()).await.unwrap();
        let near = TcpStream::connect(proxy.address()).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        (proxy, near, far)
    }

    async fn read(socket: &mut TcpStream) -> u8 {
        socket.read_u8().await.unwrap()
    }

    #[tokio::test]
    async fn a_delay_makes_late_and_a_stall_holds_until_it_is_over() {
        let (proxy, mut near, mut far) = connected().await;
        proxy.set(Weather { delay: Duration::from_millis(50), ..Weather::default() });
        let began = Instant::now();
        near.write_all(b"12").await.unwrap();
        assert_eq!([read(&mut far).await, read(&mut far).await], *b"12");
        assert!(began.elapsed() >= Duration::from_millis(50));

        proxy.set(Weather { is_stalled: true, ..Weather::default() });
        far.write_all(b"3").await.unwrap();
        assert!(timeout(Duration::from_millis(50), near.readable()).await.is_err());
        proxy.set(Weather::default());
        assert_eq!(read(&mut near).await, b'3');
    }

    #[tokio::test]
    async fn a_cut_ends_every_connection() {
        let (proxy, mut near, mut far) = connected().await;
        proxy.cut();
        assert_eq!((near.read(&mut [0]).await.unwrap(), far.read(&mut [0]).await.unwrap()), (0, 0));
    }

    #[tokio::test]
    async fn the_end_of_one_direction_is_passed_on() {
        let (_proxy, mut near, mut far) = connected().await;
        near.shutdown().await.unwrap();
        assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        far.write_all(b"4").await.unwrap();
        assert_eq!(read(&mut near).await, b'4');
    }
}
