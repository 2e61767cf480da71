//! What clients may not use up: memory, time, connections.

use std::time::Duration;

use ::ingress::server::Limits;

use crate::fake_events::Mood;
use crate::ingress::Ingress;
use crate::payload::{META_SECRET, TEXT, head, meta_signature, signed};

const LARGEST: usize = 3 * 1024 * 1024;

#[tokio::test]
async fn three_mebibytes_are_accepted_and_one_byte_more_is_413() {
    let ingress = Ingress::start().await;
    let largest = vec![b' '; LARGEST];
    assert_eq!(ingress.ask(signed(&largest)).await.status, 200);
    assert_eq!(ingress.events.kept()[0].body.len(), LARGEST);

    // The head alone: the answer does not wait for a body that is too large.
    let reply = ingress.ask(head(&format!("Content-Length: {}", LARGEST + 1))).await;
    assert_eq!((reply.status, reply.header("connection")), (413, Some("close")));
    assert_eq!(ingress.outcomes("too_large"), 1);
}

#[tokio::test]
async fn a_client_that_asks_first_is_not_told_to_go_on_with_too_much() {
    let ingress = Ingress::start().await;
    let header = format!("Content-Length: {}\r\nExpect: 100-continue", LARGEST + 1);
    assert_eq!(ingress.ask(head(&header)).await.status, 413);
}

#[tokio::test]
async fn a_chunked_body_is_413_as_soon_as_it_is_too_large() {
    let ingress = Ingress::start().await;
    let mut client = ingress.connect().await;
    client.send(head("Transfer-Encoding: chunked")).await;
    let mut chunk = b"10000\r\n".to_vec();
    chunk.resize(chunk.len() + 0x10000, b' ');
    chunk.extend_from_slice(b"\r\n");
    for _ in 0..LARGEST / 0x10000 {
        client.send(&chunk).await;
    }
    // One byte more, and the body could still go on.
    client.send("1\r\n \r\n").await;
    assert_eq!(client.reply().await.status, 413);
    assert!(client.is_hung_up_on().await);
    assert_eq!(ingress.events.count_begun(), 0);
}

#[tokio::test]
async fn a_slow_head_is_cut_off() {
    let ingress = Ingress::with(Limits { head_time: Duration::from_millis(50), ..Limits::default() }).await;
    let mut client = ingress.connect().await;
    client.send("POST /webhook HTTP/1.1\r\nHost:").await;
    assert!(client.is_hung_up_on().await);
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_longer_than_a_head_may_take() {
    let ingress = Ingress::with(Limits {
        head_time: Duration::from_millis(20),
        idle_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut client = ingress.connect().await;
    client.send(signed(TEXT)).await;
    assert_eq!(client.reply().await.status, 200);
    let began = std::time::Instant::now();
    assert!(client.is_hung_up_on().await);
    assert!(began.elapsed() > Duration::from_millis(150));
}

#[tokio::test]
async fn a_slow_body_is_408() {
    let ingress = Ingress::with(Limits { body_time: Duration::from_millis(50), ..Limits::default() }).await;
    let mut client = ingress.connect().await;
    client.send(head("Content-Length: 100")).await;
    client.send("{").await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("connection")), (408, Some("close")));
    ingress.until_outcome("timeout", 1).await;
    ingress.until_metric("loa_ingress_in_flight_bytes", 0).await;
}

#[tokio::test]
async fn what_goes_beyond_the_budget_is_503_at_once_until_there_is_room() {
    let ingress = Ingress::with(Limits { in_flight_bytes: 8 * 1024, ..Limits::default() }).await;
    ingress.events.set(Mood::Hold);
    let body = "x".repeat(4 * 1024);
    let mut first = ingress.connect().await;
    first.send(signed(&body)).await;
    ingress.events.begun(1).await;

    let reply = ingress.ask(signed(&body)).await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
    assert_eq!(ingress.outcomes("overloaded"), 1);
    // What will never fit is told so, room or no room.
    let too_large = head(&format!("Content-Length: {}", LARGEST + 1));
    assert_eq!(ingress.ask(too_large).await.status, 413);

    ingress.events.set(Mood::Keep);
    assert_eq!(first.reply().await.status, 200);
    ingress.until_metric("loa_ingress_in_flight_bytes", 0).await;
    assert_eq!(ingress.ask(signed(&body)).await.status, 200);
}

#[tokio::test]
async fn one_connection_too_many_is_503_and_closed() {
    let ingress = Ingress::with(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = ingress.connect().await;
    first.send(signed(TEXT)).await;
    assert_eq!(first.reply().await.status, 200);

    let mut second = ingress.connect().await;
    let reply = second.reply().await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
    assert!(second.is_hung_up_on().await);
    ingress.until_metric("loa_ingress_connections_refused_total", 1).await;

    drop(first);
    ingress.until_metric("loa_ingress_connections", 0).await;
    assert_eq!(ingress.ask(signed(TEXT)).await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_431() {
    let ingress = Ingress::start().await;
    let header = format!("X-Long: {}", "x".repeat(20_000));
    assert_eq!(ingress.ask(head(&header)).await.status, 431);
}

#[tokio::test]
async fn requests_may_follow_one_another_without_waiting_for_answers() {
    let ingress = Ingress::start().await;
    let mut client = ingress.connect().await;
    let unsigned = crate::payload::post("/webhook", "Accept: */*", TEXT);
    let chunked = format!(
        "{}2\r\n{{}}\r\n0\r\n\r\n",
        head(&format!("Transfer-Encoding: chunked\r\n{}", meta_signature(META_SECRET, b"{}")))
    );
    client.send([signed(TEXT), unsigned, chunked.into_bytes(), signed("{}")].concat()).await;
    for status in [200, 401, 200, 200] {
        assert_eq!(client.reply().await.status, status);
    }
    assert_eq!(ingress.events.kept().len(), 3);
}
