//! A place for events that does what a test wants of it.

use std::sync::{Arc, Mutex};

use ::ingress::admission::Admitted;
use ::ingress::durable::{Durable, NotDurable};
use shared::events::raw::RawEvent;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// What happens to events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// They are durable at once.
    Keep,
    /// They wait until the mood changes.
    Hold,
    /// They are not made durable.
    Fail,
}

/// Stands in for the broker.
#[derive(Debug)]
pub(crate) struct FakeEvents {
    mood: watch::Sender<Mood>,
    begun: watch::Sender<usize>,
    kept: Arc<Mutex<Vec<RawEvent>>>,
    tasks: TaskTracker,
}

impl FakeEvents {
    pub(crate) fn new() -> Self {
        Self {
            mood: watch::Sender::new(Mood::Keep),
            begun: watch::Sender::new(0),
            kept: Arc::default(),
            tasks: TaskTracker::new(),
        }
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// Waits until `count` events have come, whatever became of them.
    pub(crate) async fn begun(&self, count: usize) {
        let mut begun = self.begun.subscribe();
        begun.wait_for(|begun| *begun >= count).await.unwrap();
    }

    /// How many events have come.
    pub(crate) fn count_begun(&self) -> usize {
        *self.begun.borrow()
    }

    /// What is durable.
    pub(crate) fn kept(&self) -> Vec<RawEvent> {
        self.kept.lock().unwrap().clone()
    }
}

impl Durable for FakeEvents {
    async fn keep(&self, admitted: Admitted) -> Result<(), NotDurable> {
        self.begun.send_modify(|begun| *begun += 1);
        let (mut mood, kept) = (self.mood.subscribe(), Arc::clone(&self.kept));
        // Goes on when nobody waits for it, as every place for events does.
        let keeping = self.tasks.spawn(async move {
            let admitted = admitted;
            let mood = *mood.wait_for(|mood| *mood != Mood::Hold).await.unwrap();
            if mood == Mood::Fail {
                return Err(NotDurable("the broker is gone".into()));
            }
            kept.lock().unwrap().push(admitted.event.clone());
            Ok(())
        });
        keeping.await.unwrap()
    }
}
