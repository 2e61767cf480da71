//! Past capacity: who would have to wait for long is refused at once, and clients that only take up connections are
//! in nobody's way.

use std::time::Duration;

use ::ingress::server::Limits;

use crate::client::Client;
use crate::fake_events::Mood;
use crate::ingress::Ingress;
use crate::payload::{TEXT, head, signed};

/// As many may wait in any case.
const LEAST: usize = 256;
/// From the most that may to the least.
const HALVES: usize = 4;
/// Far longer than an event should wait.
const LONG: Duration = Duration::from_millis(200);

/// `count` clients whose requests have come.
async fn waiting(ingress: &Ingress, count: usize) -> Vec<Client> {
    let before = ingress.events.count_begun();
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = ingress.connect().await;
        client.send(signed(TEXT)).await;
        clients.push(client);
    }
    ingress.events.begun(before + count).await;
    clients
}

/// Lets many wait for long, again and again, until no more than the least may wait.
async fn slowed_down(ingress: &Ingress) {
    for _ in 0..HALVES {
        ingress.events.set(Mood::Hold);
        let clients = waiting(ingress, LEAST + 1).await;
        tokio::time::sleep(LONG).await;
        ingress.events.set(Mood::Keep);
        for mut client in clients {
            assert_eq!(client.reply().await.status, 200);
        }
    }
}

#[tokio::test]
async fn past_capacity_who_would_wait_for_long_is_503_at_once_and_keeps_the_connection() {
    let ingress = Ingress::start().await;
    slowed_down(&ingress).await;
    ingress.events.set(Mood::Hold);
    let _held = waiting(&ingress, LEAST).await;

    let mut refused = ingress.connect().await;
    for _ in 0..2 {
        refused.send(signed(TEXT)).await;
        let reply = refused.reply().await;
        assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
        assert_eq!(reply.header("connection"), None);
    }
    assert_eq!(ingress.outcomes("overloaded"), 2);

    ingress.events.set(Mood::Keep);
    ingress.until_metric("loa_ingress_in_flight_bytes", 0).await;
    refused.send(signed(TEXT)).await;
    assert_eq!(refused.reply().await.status, 200);
}

#[tokio::test]
async fn slow_and_silent_clients_take_nobodys_place_and_are_cut_off() {
    let ingress = Ingress::with(Limits {
        head_time: Duration::from_millis(400),
        body_time: Duration::from_millis(400),
        idle_time: Duration::from_millis(800),
        ..Limits::default()
    })
    .await;
    slowed_down(&ingress).await;
    let mut slow = Vec::new();
    for number in 0..LEAST * 2 {
        let mut client = ingress.connect().await;
        match number % 3 {
            0 => client.send("POST /webhook HTTP/1.1\r\nHost:").await,
            1 => client.send(head("Content-Length: 100")).await,
            _ => {}
        }
        slow.push(client);
    }
    for _ in 0..LEAST {
        assert_eq!(ingress.ask(signed(TEXT)).await.status, 200);
    }
    for mut client in slow {
        assert!(client.ends().await);
    }
    ingress.until_metric("loa_ingress_connections", 0).await;
}
