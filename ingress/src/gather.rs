//! Events that arrive while a publish waits for its confirm go out together with the next one.
//!
//! ```text
//! request -> lane of its routing key -> one broker message of many events -> confirm -> every request's 200
//! ```
//!
//! A confirm costs the broker the same for one event or five hundred, so under load many requests
//! share one, and an idle ingress publishes each event at once: nothing waits for company.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use shared::broker::Outgoing;
use shared::domain::channel::Channel;
use shared::events::raw::{EventHead, RawEvent};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::admission::Admitted;
use crate::durable::{Durable, NotDurable};
use crate::keeping::NotKept;
use crate::message_size::fitting;
use crate::metrics::Metrics;

/// Events that wait in one lane. Requests past it wait with their body in the ingress's own budget.
const LANE: usize = 4096;

/// Combinations of kinds.
const KINDS: usize = 8;
const LANES: usize = Channel::ALL.len() * KINDS;

/// Publishes one broker message, and returns when it is durable.
pub(crate) trait Publish: Clone + Send + Sync + 'static {
    /// Publishes `message`.
    fn publish(&self, message: Outgoing) -> impl Future<Output = Result<(), Arc<NotKept>>> + Send;
}

/// Gathers events by routing key.
pub(crate) struct Gather<P> {
    publish: P,
    most: usize,
    metrics: Arc<Metrics>,
    /// Where lanes run, which is not where requests are answered.
    runtime: Handle,
    /// One for each routing key, begun by its first event; in the order of [`index`].
    lanes: [OnceLock<mpsc::Sender<Waiting>>; LANES],
}

/// An event and who waits for it.
struct Waiting {
    admitted: Admitted,
    since: Instant,
    done: oneshot::Sender<Result<(), Arc<NotKept>>>,
}

impl<P: Publish> Gather<P> {
    /// Gathers for `publish`, at most `most` events in one message, on the runtime that it is called on.
    pub(crate) fn new(publish: P, most: usize, metrics: Arc<Metrics>) -> Self {
        Self { publish, most, metrics, runtime: Handle::current(), lanes: [const { OnceLock::new() }; LANES] }
    }

    /// The lane of the routing key that `head` has.
    fn lane(&self, head: &EventHead) -> &mpsc::Sender<Waiting> {
        self.lanes[index(head)].get_or_init(|| {
            let (sender, receiver) = mpsc::channel(LANE);
            // It ends with the process: a request waits for its own event, so nothing is in a lane that nobody waits for.
            self.runtime.spawn(run(self.publish.clone(), receiver, self.most, Arc::clone(&self.metrics)));
            sender
        })
    }
}

/// As [`EventHead::routing_key`] tells events apart, without writing it out for each.
fn index(head: &EventHead) -> usize {
    let kinds = [head.kinds.messages, head.kinds.statuses, head.kinds.account];
    kinds.iter().fold(head.channel as usize, |index, holds| index * 2 + usize::from(*holds))
}

impl<P: Publish> Durable for Gather<P> {
    async fn keep(&self, admitted: Admitted) -> Result<(), NotDurable> {
        let lane = self.lane(&admitted.event.head);
        let (done, kept) = oneshot::channel();
        let gone = || NotDurable("the lane of the event has ended".into());
        lane.send(Waiting { admitted, since: Instant::now(), done }).await.map_err(|_| gone())?;
        match kept.await {
            Ok(published) => published.map_err(|error| NotDurable(error.into())),
            Err(_) => Err(gone()),
        }
    }
}

/// Publishes what waits, one message at a time, until nobody can send any more.
async fn run<P: Publish>(publish: P, mut lane: mpsc::Receiver<Waiting>, most: usize, metrics: Arc<Metrics>) {
    let mut waiting = Vec::new();
    loop {
        if waiting.is_empty() && lane.recv_many(&mut waiting, most).await == 0 {
            return;
        }
        while waiting.len() < most {
            let Ok(more) = lane.try_recv() else { break };
            waiting.push(more);
        }
        let rest = waiting.split_off(fitting(waiting.iter().map(|one| one.admitted.event.body.len())));
        let together = std::mem::replace(&mut waiting, rest);
        metrics.gathered(together.len());
        let events: Vec<&RawEvent> = together.iter().map(|waiting| &waiting.admitted.event).collect();
        let published = match Outgoing::events(&events) {
            Ok(message) => publish.publish(message).await,
            Err(error) => Err(Arc::new(error.into())),
        };
        for Waiting { admitted, since, done } in together {
            metrics.ended(&admitted.event.head, published.is_ok(), since.elapsed());
            // Before the answer: who has it finds the room given back.
            drop(admitted);
            // Whoever hung up does not need to know.
            let _ = done.send(published.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use prometheus::{IntGauge, Registry};
    use shared::broker::PublishError;
    use shared::domain::channel::Channel;
    use shared::domain::clock;
    use shared::domain::ids::EventId;
    use shared::events::raw::{EventHead, Kinds};
    use tokio::sync::Semaphore;
    use tokio::task::JoinHandle;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::admission::Budget;
    use crate::message_size::MOST_BYTES;

    /// A broker that confirms when it is let.
    #[derive(Clone)]
    struct Held {
        published: Arc<Mutex<Vec<Outgoing>>>,
        confirms: Arc<Semaphore>,
        failures: Arc<AtomicUsize>,
    }

    impl Held {
        fn new() -> Self {
            Self { published: Arc::default(), confirms: Arc::new(Semaphore::new(0)), failures: Arc::default() }
        }

        fn sizes(&self) -> Vec<u32> {
            self.published.lock().unwrap().iter().map(|message| message.events).collect()
        }
    }

    impl Publish for Held {
        async fn publish(&self, message: Outgoing) -> Result<(), Arc<NotKept>> {
            self.published.lock().unwrap().push(message);
            self.confirms.acquire().await.unwrap().forget();
            let fails = self.failures.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            fails.map_or(Ok(()), |_| Err(Arc::new(PublishError::Rejected.into())))
        }
    }

    fn event(kinds: Kinds, bytes: usize) -> Admitted {
        let head = EventHead {
            id: EventId::new(),
            channel: Channel::WhatsApp,
            kinds,
            app: "default".to_owned(),
            received_at: clock::now(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
        };
        let room = Budget::new(1 << 30, IntGauge::new("bytes", "bytes").unwrap()).admit(bytes).unwrap();
        Admitted::new(RawEvent { head, body: vec![b'x'; bytes].into() }, room)
    }

    fn messages() -> Kinds {
        Kinds { messages: true, ..Kinds::UNKNOWN }
    }

    fn gather(broker: &Held, most: usize) -> Arc<Gather<Held>> {
        let metrics = Metrics::register(&Registry::new(), true).unwrap();
        Arc::new(Gather::new(broker.clone(), most, Arc::new(metrics)))
    }

    type Kept = JoinHandle<Result<(), NotDurable>>;

    /// Keeps `event`, and returns when its lane has it.
    async fn arrives(gather: &Arc<Gather<Held>>, event: Admitted) -> Kept {
        let gather = Arc::clone(gather);
        let kept = TaskTracker::new().spawn(async move { gather.keep(event).await });
        tokio::time::sleep(Duration::from_millis(5)).await;
        kept
    }

    #[tokio::test]
    async fn an_event_alone_goes_at_once_and_what_arrives_meanwhile_goes_together() {
        let broker = Held::new();
        let gather = gather(&broker, 512);
        let mut kept = Vec::new();
        for _ in 0..4 {
            kept.push(arrives(&gather, event(messages(), 10)).await);
        }
        assert_eq!(broker.sizes(), [1]);
        broker.confirms.add_permits(2);
        for kept in kept {
            kept.await.unwrap().unwrap();
        }
        assert_eq!(broker.sizes(), [1, 3]);
        let published = broker.published.lock().unwrap();
        assert_eq!((published[0].traceparent.is_some(), published[1].traceparent.is_some()), (true, false));
    }

    #[tokio::test]
    async fn events_of_different_routing_keys_never_share_a_message_nor_wait_for_each_other() {
        let broker = Held::new();
        let gather = gather(&broker, 512);
        let statuses = Kinds { statuses: true, ..Kinds::UNKNOWN };
        let first = arrives(&gather, event(messages(), 10)).await;
        let second = arrives(&gather, event(statuses, 10)).await;
        assert_eq!(broker.sizes(), [1, 1]);
        broker.confirms.add_permits(2);
        first.await.unwrap().unwrap();
        second.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_message_holds_no_more_events_and_bytes_than_it_may() {
        let broker = Held::new();
        let gather = gather(&broker, 3);
        let mut kept = vec![arrives(&gather, event(messages(), 10)).await];
        for bytes in [10, 10, 10, 10, MOST_BYTES, MOST_BYTES] {
            kept.push(arrives(&gather, event(messages(), bytes)).await);
        }
        broker.confirms.add_permits(10);
        for kept in kept {
            kept.await.unwrap().unwrap();
        }
        assert_eq!(broker.sizes(), [1, 3, 1, 1, 1]);
    }

    #[tokio::test]
    async fn everyone_whose_event_was_in_a_refused_message_is_told_and_the_next_goes_on() {
        let broker = Held::new();
        let gather = gather(&broker, 512);
        broker.failures.store(1, Ordering::SeqCst);
        let first = arrives(&gather, event(messages(), 10)).await;
        let second = arrives(&gather, event(messages(), 10)).await;
        broker.confirms.add_permits(2);
        assert!(first.await.unwrap().is_err());
        assert!(second.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn who_goes_away_does_not_take_the_event_along() {
        let broker = Held::new();
        let gather = gather(&broker, 512);
        let first = arrives(&gather, event(messages(), 10)).await;
        let second = arrives(&gather, event(messages(), 10)).await;
        second.abort();
        broker.confirms.add_permits(2);
        first.await.unwrap().unwrap();
        let third = arrives(&gather, event(messages(), 10)).await;
        broker.confirms.add_permits(1);
        third.await.unwrap().unwrap();
        assert_eq!(broker.sizes().iter().sum::<u32>(), 3);
    }
}
