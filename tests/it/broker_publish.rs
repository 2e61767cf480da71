//! A publish returns when the message is durable, and says so when it is not.

use bytes::Bytes;
use futures::future::join_all;
use shared::broker::consume::{Task, drain};
use shared::broker::topology::Exchange;
use shared::broker::{Outgoing, PublishError, Queue};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use std::sync::Arc;
use tests::broker::TestBroker;

use crate::scripted::{Scripted, wake};

fn unroutable() -> Outgoing {
    Outgoing::new(Exchange::Work, "nowhere", "text/plain", Bytes::from_static(b"x"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_queue_is_an_error() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let result = test.broker.publisher().publish(unroutable()).await;
    assert!(matches!(result, Err(PublishError::Returned)), "{result:?}");
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn among_many_in_flight_exactly_the_unroutable_ones_fail() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let publisher = test.broker.publisher();
    let sent = (0..200_u128).map(|n| async move {
        let returned = if n % 7 == 0 {
            matches!(publisher.publish(unroutable()).await, Err(PublishError::Returned))
        } else {
            publisher.wake(Queue::Flow, [wake(n)]).await.is_err()
        };
        (n % 7 == 0, returned)
    });
    for (expected, returned) in join_all(sent).await {
        assert_eq!(returned, expected);
    }
    let worker = Arc::new(Scripted::new());
    drain(Arc::clone(&worker), &test.broker).await?;
    let routable: Vec<u128> = (0..200).filter(|n| n % 7 != 0).collect();
    assert_eq!(worker.done(), routable);
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_harms_nobody_else() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let publisher = test.broker.publisher();
    for n in 0..50_u32 {
        let gone = publisher.wake(Queue::Flow, [wake(1_000 + u128::from(n))]);
        // Polled a little, then dropped at whatever it awaited.
        let _ = tokio::time::timeout(std::time::Duration::from_micros(u64::from(n) * 40), gone).await;
        publisher.wake(Queue::Flow, [wake(n.into())]).await?;
    }
    let worker = Arc::new(Scripted::new());
    drain(Arc::clone(&worker), &test.broker).await?;
    let kept: Vec<u128> = worker.done().into_iter().filter(|n| *n < 1_000).collect();
    assert_eq!(kept, (0..50).collect::<Vec<_>>());
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_to_everyone_whom_its_kinds_concern() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds { messages: true, statuses: true, account: false },
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
    };
    let event = RawEvent { head, body: Bytes::from_static(b"{}") };
    test.broker.publisher().publish_event(&event).await?;
    let channel = test.channel().await?;
    for queue in [Queue::Persist, Queue::Status] {
        let name = test.broker.names().queue(queue);
        let got = channel.basic_get(name, lapin::options::BasicGetOptions { no_ack: true });
        let delivery = got.await?.expect("a delivery").delivery;
        assert_eq!(RawEvent::decode(delivery.data.into())?, std::slice::from_ref(&event));
        let properties = &delivery.properties;
        assert_eq!(properties.delivery_mode(), &Some(2));
        let id = properties.message_id().as_ref().map(ToString::to_string);
        assert_eq!(id, Some(event.head.id.to_string()));
        let headers = properties.headers().as_ref().expect("headers").inner();
        let received_at = headers["received-at"].as_long_long_int();
        assert_eq!(received_at, Some(event.head.received_at.timestamp_micros()));
        assert!(headers.contains_key("traceparent") && headers.contains_key("events"));
    }
    test.delete().await
}
