//! A worker that does as a test says.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::anyhow;
use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::domain::ids::ConversationId;
use shared::events::wake::WakeConversation;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(30);

/// What happens to a task, each time it is handled.
#[derive(Clone, Copy)]
pub(crate) enum Fate {
    Retry,
    Park,
    Panic,
}

/// Consumes `flow`; tasks are numbered.
pub(crate) struct Scripted {
    fates: Mutex<HashMap<u128, Vec<Fate>>>,
    batches: Mutex<Vec<Vec<u128>>>,
    entered: AtomicUsize,
    probes: AtomicUsize,
    away: AtomicBool,
    gate: Option<Semaphore>,
}

impl Scripted {
    /// Does everything at once and well.
    pub(crate) fn new() -> Self {
        Self {
            fates: Mutex::default(),
            batches: Mutex::default(),
            entered: AtomicUsize::new(0),
            probes: AtomicUsize::new(0),
            away: AtomicBool::new(false),
            gate: None,
        }
    }

    /// Waits in each batch until the test lets it go on.
    pub(crate) fn gated() -> Self {
        Self { gate: Some(Semaphore::new(0)), ..Self::new() }
    }

    /// Lets task `number` meet `fates` in turn, and then be done.
    pub(crate) fn with(self, number: u128, fates: impl IntoIterator<Item = Fate>) -> Arc<Self> {
        let fates = fates.into_iter().collect::<Vec<_>>();
        self.fates.lock().unwrap().insert(number, fates);
        Arc::new(self)
    }

    /// Takes away, or gives back, what the worker depends on.
    pub(crate) fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    pub(crate) fn let_go(&self) {
        self.gate.as_ref().unwrap().add_permits(1);
    }

    pub(crate) fn entered(&self) -> usize {
        self.entered.load(Ordering::SeqCst)
    }

    pub(crate) fn probes(&self) -> usize {
        self.probes.load(Ordering::SeqCst)
    }

    /// The batches that were done, in order.
    pub(crate) fn batches(&self) -> Vec<Vec<u128>> {
        self.batches.lock().unwrap().clone()
    }

    /// The tasks that were done, sorted.
    pub(crate) fn done(&self) -> Vec<u128> {
        let mut done = self.batches().concat();
        done.sort_unstable();
        done
    }

    /// The fate of the first task that has one left; each counts its own only when it stands alone.
    fn fate(&self, numbers: &[u128]) -> Option<Fate> {
        let mut fates = self.fates.lock().unwrap();
        let number = numbers.iter().find(|number| fates.get(number).is_some_and(|fates| !fates.is_empty()))?;
        let fates = fates.get_mut(number)?;
        if numbers.len() == 1 {
            return Some(fates.remove(0));
        }
        fates.first().copied()
    }
}

impl Worker for Scripted {
    const NAME: &'static str = "scripted";
    const QUEUE: Queue = Queue::Flow;
    type Task = WakeConversation;

    async fn handle(&self, batch: &[WakeConversation]) -> Result<(), Failure> {
        self.entered.fetch_add(1, Ordering::SeqCst);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        if self.away.load(Ordering::SeqCst) {
            return Err(Failure::Unavailable(anyhow!("away")));
        }
        let numbers: Vec<u128> = batch.iter().map(number).collect();
        match self.fate(&numbers) {
            Some(Fate::Retry) => Err(Failure::Retry(anyhow!("not yet"))),
            Some(Fate::Park) => Err(Failure::Park(anyhow!("poison"))),
            Some(Fate::Panic) => panic!("as the test says"),
            None => {
                self.batches.lock().unwrap().push(numbers);
                Ok(())
            }
        }
    }

    async fn probe(&self) -> bool {
        self.probes.fetch_add(1, Ordering::SeqCst);
        !self.away.load(Ordering::SeqCst)
    }
}

/// The wake-up with this number.
pub(crate) fn wake(number: u128) -> WakeConversation {
    WakeConversation { conversation_id: ConversationId(Uuid::from_u128(number)) }
}

/// The number of a wake-up.
pub(crate) fn number(wake: &WakeConversation) -> u128 {
    wake.conversation_id.0.as_u128()
}

/// Waits until `condition` holds; fails the test when it takes too long.
pub(crate) async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        sleep(Duration::from_millis(10)).await;
    }
}
