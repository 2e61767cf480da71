//! While the broker is away webhooks are accepted all the same, and reach it when it is back.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use shared::events::raw::RawEvent;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_util::task::TaskTracker;

use crate::broker::{process, start, stop, until_ready};
use crate::client::Client;
use crate::line::Line;
use crate::payload::{META_SECRET, TEXT, signed};
use crate::queue::{broker_url, prefix, take_all};

const KEY: &str = "bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtMTI=";
const PATIENCE: Duration = Duration::from_secs(30);
/// Nobody listens on port 9 of this machine.
const NOBODY: &str = "amqp://guest:guest@127.0.0.1:9";

/// A text by which it can be told from others.
fn text(id: &str) -> String {
    TEXT.replace("wamid.A", id)
}

/// Those of `ids` that are not among `events`, and whether those that are came in order.
fn check(ids: &[String], events: &[RawEvent]) -> (Vec<String>, bool) {
    let first = |id: &String| events.iter().position(|event| event.body == text(id));
    let missing = ids.iter().filter(|id| first(id).is_none()).cloned().collect();
    (missing, ids.iter().filter_map(first).is_sorted())
}

/// What lies in the spool besides its lock.
fn segments(directory: &Path) -> usize {
    std::fs::read_dir(directory).map_or(0, |entries| entries.count().saturating_sub(1))
}

async fn until_empty(directory: &Path) {
    let empty = async {
        while segments(directory) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, empty).await.is_ok(), "the spool does not become empty");
}

/// Posts one text after another, and returns those that were accepted.
async fn post(addr: SocketAddr, name: &str, count: usize) -> Vec<String> {
    let (mut client, mut accepted) = (Client::connect(addr).await, Vec::new());
    for number in 0..count {
        let id = format!("wamid.{name}-{number:04}");
        client.send(signed(text(&id))).await;
        assert_eq!(client.reply().await.status, 200, "{id}");
        accepted.push(id);
    }
    accepted
}

fn settings(directory: &TempDir) -> [(&'static str, String); 2] {
    [("INGRESS_SPOOL_DIR", directory.path().display().to_string()), ("MESSAGE_ENCRYPTION_KEY", KEY.to_owned())]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_broker_is_away_every_webhook_is_accepted_and_afterwards_all_are_in_the_queue_in_order() {
    let (url, prefix, directory) = (broker_url(), prefix(), tempfile::tempdir().unwrap());
    let (line, process) = (Line::to(&url).await, process());
    let own = settings(&directory);
    let own = own.each_ref().map(|(name, value)| (*name, value.as_str()));
    let addr = start(&process, &line.url(&url), &prefix, &own).await;
    until_ready(&process).await;

    let clients = TaskTracker::new();
    let posting: Vec<_> = ["a", "b", "c"].map(|name| clients.spawn(post(addr, name, 300))).into();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        line.set(false);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(process.readiness.ask().await.0, "it is ready without the broker");
        line.set(true);
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
    line.set(false);
    let late = post(addr, "late", 20).await;
    assert!(segments(directory.path()) > 0);
    line.set(true);
    let mut accepted = vec![late];
    for posted in posting {
        accepted.push(posted.await.unwrap());
    }
    until_empty(directory.path()).await;
    // Directly again.
    accepted.push(post(addr, "direct", 20).await);
    assert_eq!(segments(directory.path()), 0);
    stop(&process).await;

    let events = take_all(url, prefix).await;
    for ids in accepted {
        assert_eq!(check(&ids, &events), (Vec::new(), true), "{}", ids[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_the_spool_on_disk_while_the_broker_is_away_and_empties_it_while_it_is_there() {
    let (url, prefix, directory) = (broker_url(), prefix(), tempfile::tempdir().unwrap());
    let own = settings(&directory);
    let own = own.each_ref().map(|(name, value)| (*name, value.as_str()));
    let first = process();
    let addr = start(&first, NOBODY, &prefix, &own).await;
    let mut accepted = post(addr, "first", 20).await;
    stop(&first).await;
    assert_eq!(segments(directory.path()), 1);

    let (line, second) = (Line::to(&url).await, process());
    line.set(false);
    let addr = start(&second, &line.url(&url), &prefix, &own).await;
    accepted.extend(post(addr, "second", 20).await);
    line.set(true);
    stop_when_connected(&second).await;
    assert_eq!(segments(directory.path()), 0);
    let events = take_all(url, prefix).await;
    assert_eq!(check(&accepted, &events), (Vec::new(), true));
}

/// Stops `process` as soon as it has the broker, full spool or not.
async fn stop_when_connected(process: &shared::lifecycle::Process) {
    let connected = async {
        let up = |line: &str| line.starts_with("loa_broker_connected{") && line.ends_with(" 1");
        loop {
            let text = prometheus::TextEncoder::new().encode_to_string(&process.registry.gather()).unwrap();
            if text.lines().filter(|line| up(line)).count() == 2 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, connected).await.unwrap();
    stop(process).await;
}

/// The process itself, which can be killed.
fn spawn(addr: SocketAddr, ops: SocketAddr, url: &str, prefix: &str, directory: &TempDir) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ingress"))
        .env_clear()
        .envs(settings(directory))
        .env("LISTEN_ADDR", addr.to_string())
        .env("OPS_ADDR", ops.to_string())
        .env("WHATSAPP_APP_SECRET", META_SECRET)
        .env("RABBITMQ_URL", url)
        .env("RABBITMQ_PREFIX", prefix)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Posts until the process is gone, and returns what was accepted.
async fn post_until_killed(addr: SocketAddr, name: String) -> Vec<String> {
    let mut accepted = Vec::new();
    let mut client = Client::connect(addr).await;
    loop {
        let id = format!("wamid.{name}-{:05}", accepted.len());
        let Some(reply) = client.try_ask(signed(text(&id))).await else { return accepted };
        assert_eq!(reply.status, 200);
        accepted.push(id);
    }
}

async fn listens(addr: SocketAddr) {
    let listening = async {
        while TcpStream::connect(addr).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, listening).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_while_it_writes_loses_nothing_that_it_accepted() {
    let (url, prefix, directory) = (broker_url(), prefix(), tempfile::tempdir().unwrap());
    let sockets = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
    let [addr, ops] = sockets.each_ref().map(|socket| socket.local_addr().unwrap());
    drop(sockets);
    let (clients, mut accepted) = (TaskTracker::new(), Vec::new());
    for round in 0..3 {
        let mut process = spawn(addr, ops, NOBODY, &prefix, &directory);
        listens(addr).await;
        let posting: Vec<_> =
            (0..8).map(|client| clients.spawn(post_until_killed(addr, format!("{round}-{client}")))).collect();
        tokio::time::sleep(Duration::from_millis(400)).await;
        process.kill().await.unwrap();
        for posted in posting {
            accepted.push(posted.await.unwrap());
        }
    }
    assert!(accepted.iter().all(|ids| !ids.is_empty()));
    let mut process = spawn(addr, ops, &url, &prefix, &directory);
    listens(addr).await;
    until_empty(directory.path()).await;
    process.kill().await.unwrap();
    let events = take_all(url, prefix).await;
    for ids in accepted {
        assert_eq!(check(&ids, &events), (Vec::new(), true), "{}", ids[0]);
    }
}
