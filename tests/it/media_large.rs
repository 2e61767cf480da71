//! A long file goes through in pieces.

use shared::domain::message::media::MediaKind;
use shared::store::media::insert::Origin;
use sqlx::PgPool;
use tests::files::{self, Told};
use tests::{MIGRATOR, TestApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MIB: usize = 1 << 20;

/// The most memory that this process has held, in KiB.
fn most_held() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A host that gives a document of `size` bytes without ever holding it.
async fn host_of(size: usize, app: &TestApp) -> anyhow::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/large.bin", listener.local_addr()?);
    app.context.lifecycle.tasks.spawn(async move {
        let Ok((mut socket, _)) = listener.accept().await else { return };
        let _ = socket.read(&mut [0; 4096]).await;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n");
        let _ = socket.write_all(head.as_bytes()).await;
        let chunk = vec![5; 64 << 10];
        for _ in 0..size / chunk.len() {
            let _ = socket.write_all(&chunk).await;
        }
    });
    Ok(address)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn slow_a_long_file_is_never_whole_in_memory(pool: PgPool) -> anyhow::Result<()> {
    const LENGTH: usize = 48 * MIB;
    let app = TestApp::start(pool).await?;
    let address = host_of(LENGTH, &app).await?;
    let document = Told { kind: MediaKind::Document, ..Told::image(Origin::PlatformLink(&address)) };
    let before = most_held();
    app.told_of(app.account, &document).await?;
    app.fetch().await?;

    let grown = most_held() - before;
    assert_eq!(files::all(&app.db).await?[0].size, Some(i64::try_from(LENGTH)?));
    assert!(grown < 32 << 10, "{grown} KiB more than before");
    app.stop().await
}
