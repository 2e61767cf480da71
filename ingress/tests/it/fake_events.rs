//! A place for events that does what a test wants of it.

use std::sync::Mutex;

use ::ingress::durable::{Durable, NotDurable};
use shared::events::raw::RawEvent;
use tokio::sync::watch;

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
    kept: Mutex<Vec<RawEvent>>,
}

impl FakeEvents {
    pub(crate) fn new() -> Self {
        Self { mood: watch::Sender::new(Mood::Keep), begun: watch::Sender::new(0), kept: Mutex::default() }
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
    async fn keep(&self, event: RawEvent) -> Result<(), NotDurable> {
        self.begun.send_modify(|begun| *begun += 1);
        let mut mood = self.mood.subscribe();
        let mood = *mood.wait_for(|mood| *mood != Mood::Hold).await.unwrap();
        if mood == Mood::Fail {
            return Err(NotDurable("the broker is gone".into()));
        }
        self.kept.lock().unwrap().push(event);
        Ok(())
    }
}
