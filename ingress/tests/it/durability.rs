//! 200 is said for what is durable, and for nothing else.

use crate::fake_events::Mood;
use crate::ingress::Ingress;
use crate::payload::{META_SECRET, TEXT, head, meta_signature, signed};

#[tokio::test]
async fn the_answer_waits_until_the_event_is_durable() {
    let ingress = Ingress::start().await;
    ingress.events.set(Mood::Hold);
    let mut client = ingress.connect().await;
    client.send(signed(TEXT)).await;
    ingress.events.begun(1).await;
    assert_eq!(ingress.outcomes("accepted"), 0);

    ingress.events.set(Mood::Keep);
    assert_eq!(client.reply().await.status, 200);
    assert_eq!(ingress.events.kept().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_made_durable_is_503_and_the_connection_goes_on() {
    let ingress = Ingress::start().await;
    ingress.events.set(Mood::Fail);
    let mut client = ingress.connect().await;
    client.send(signed(TEXT)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("5")));
    assert_eq!(ingress.outcomes("not_durable"), 1);

    ingress.events.set(Mood::Keep);
    client.send(signed(TEXT)).await;
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_client_that_hangs_up_after_its_body_stops_nothing() {
    let ingress = Ingress::start().await;
    ingress.events.set(Mood::Hold);
    let mut client = ingress.connect().await;
    client.send(signed(TEXT)).await;
    ingress.events.begun(1).await;
    drop(client);
    ingress.until_outcome("hung_up", 1).await;
    assert_ne!(ingress.metric("loa_ingress_in_flight_bytes"), 0);

    ingress.events.set(Mood::Keep);
    ingress.until_metric("loa_ingress_in_flight_bytes", 0).await;
    assert_eq!(ingress.events.kept()[0].body, TEXT);
}

#[tokio::test]
async fn a_client_that_hangs_up_within_its_body_publishes_nothing() {
    let ingress = Ingress::start().await;
    let mut client = ingress.connect().await;
    let signature = meta_signature(META_SECRET, TEXT.as_bytes());
    let length = TEXT.len() + 1;
    client.send(head(&format!("Content-Length: {length}\r\n{signature}"))).await;
    client.send(TEXT).await;
    drop(client);
    ingress.until_outcome("hung_up", 1).await;
    ingress.until_metric("loa_ingress_in_flight_bytes", 0).await;
    assert_eq!(ingress.events.count_begun(), 0);
}
