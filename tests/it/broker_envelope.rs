//! Several events in one message: each has a fate of its own.

use std::sync::Arc;

use bytes::Bytes;
use shared::broker::consume::{Failure, Worker, drain};
use shared::broker::topology::Exchange;
use shared::broker::{Outgoing, Queue};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::envelope;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use tests::broker::TestBroker;

/// Parks the events whose body says so, and keeps the others.
#[derive(Default)]
struct Reader {
    kept: std::sync::Mutex<Vec<Bytes>>,
}

impl Worker for Reader {
    const NAME: &'static str = "reader";
    const QUEUE: Queue = Queue::Persist;
    type Task = RawEvent;

    async fn handle(&self, batch: &[RawEvent]) -> Result<(), Failure> {
        if batch.iter().any(|event| event.body == "poison") {
            return Err(Failure::Park(anyhow::anyhow!("poison")));
        }
        let bodies = batch.iter().map(|event| event.body.clone());
        self.kept.lock().unwrap().extend(bodies);
        Ok(())
    }

    async fn probe(&self) -> bool {
        true
    }
}

fn event(body: &'static str) -> RawEvent {
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds::UNKNOWN,
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: None,
    };
    RawEvent { head, body: body.into() }
}

async fn publish_together(test: &TestBroker, events: &[RawEvent]) -> anyhow::Result<()> {
    let body = envelope::encode(events)?;
    let key = events[0].head.routing_key();
    let message = Outgoing::new(Exchange::Events, key, envelope::CONTENT_TYPE, body);
    Ok(test.broker.publisher().publish(message).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_events_in_an_envelope_only_the_poison_is_parked() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    let events = [event("one"), event("poison"), event("three")];
    publish_together(&test, &events).await?;
    let worker = Arc::new(Reader::default());
    assert_eq!(drain(Arc::clone(&worker), &test.broker).await?, 3);
    assert_eq!(*worker.kept.lock().unwrap(), ["one", "three"]);
    let dead = test.dead(Queue::Persist).await?;
    assert_eq!(dead.len(), 1);
    assert_eq!(envelope::decode(dead[0].data.clone().into())?, [events[1].clone()]);
    let id = dead[0].properties.message_id().as_ref().map(ToString::to_string);
    assert_eq!(id, Some(events[1].head.id.to_string()));
    test.delete().await
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_came_back_together_go_on_in_messages_of_their_own() -> anyhow::Result<()> {
    let test = TestBroker::start().await?;
    publish_together(&test, &[event("one"), event("two")]).await?;
    test.send_back(Queue::Persist, 3).await?;
    let worker = Arc::new(Reader::default());
    drain(Arc::clone(&worker), &test.broker).await?;
    assert_eq!(*worker.kept.lock().unwrap(), ["one", "two"]);
    let split = test.metric("loa_broker_tasks_total", &[("outcome", "split")]);
    assert!((split - 2.0).abs() < 0.5, "{split} were split");
    test.delete().await
}
