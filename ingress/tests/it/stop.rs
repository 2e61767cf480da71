//! The end of the process loses nothing.

use tokio::net::TcpStream;

use crate::fake_events::Mood;
use crate::ingress::Ingress;
use crate::payload::{META_SECRET, TEXT, head, meta_signature, signed};

const CLIENTS: usize = 50;

#[tokio::test]
async fn a_stop_under_load_answers_everything_in_flight() {
    let ingress = Ingress::start().await;
    ingress.events.set(Mood::Hold);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = ingress.connect().await;
        client.send(signed(TEXT)).await;
        clients.push(client);
    }
    ingress.events.begun(CLIENTS).await;
    ingress.stop();
    ingress.events.set(Mood::Keep);
    for client in &mut clients {
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
        assert!(client.is_hung_up_on().await);
    }
    ingress.stopped().await;
    assert_eq!(ingress.events.kept().len(), CLIENTS);
}

#[tokio::test]
async fn a_stop_lets_a_body_that_has_begun_come_in() {
    let ingress = Ingress::start().await;
    let mut client = ingress.connect().await;
    let signature = meta_signature(META_SECRET, TEXT.as_bytes());
    let header = format!("Content-Length: {}\r\n{signature}", TEXT.len());
    let (begin, rest) = TEXT.split_at(10);
    client.send(head(&header) + begin).await;
    ingress.until_metric("loa_ingress_in_flight_bytes", 1034).await;
    ingress.stop();
    client.send(rest).await;
    assert_eq!(client.reply().await.status, 200);
    ingress.stopped().await;
}

#[tokio::test]
async fn a_stop_waits_for_an_event_whose_client_has_gone() {
    let ingress = Ingress::start().await;
    ingress.events.set(Mood::Hold);
    let mut client = ingress.connect().await;
    client.send(signed(TEXT)).await;
    ingress.events.begun(1).await;
    drop(client);
    ingress.until_outcome("hung_up", 1).await;
    ingress.stop();
    ingress.events.set(Mood::Keep);
    ingress.stopped().await;
    assert_eq!(ingress.events.kept().len(), 1);
}

#[tokio::test]
async fn a_stop_closes_idle_connections_and_takes_no_new_ones() {
    let ingress = Ingress::start().await;
    let mut used = ingress.connect().await;
    used.send(signed(TEXT)).await;
    assert_eq!(used.reply().await.status, 200);
    let mut fresh = ingress.connect().await;
    ingress.until_metric("loa_ingress_connections", 2).await;

    ingress.stop();
    assert!(used.is_hung_up_on().await);
    assert!(fresh.is_hung_up_on().await);
    ingress.stopped().await;
    assert!(TcpStream::connect(ingress.addr).await.is_err());
}
