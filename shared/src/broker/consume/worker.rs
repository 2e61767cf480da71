//! What a worker is, and what its failures mean.

use super::super::topology::Queue;
use super::task::Task;

/// What one worker binary does with one kind of task.
///
/// Deliveries are at least once, and a batch may be handled again although it was done: [`handle`](Self::handle)
/// must be idempotent.
pub trait Worker: Send + Sync + 'static {
    /// Names the worker in logs, metrics and dead letters.
    const NAME: &'static str;
    /// The queue that it consumes.
    const QUEUE: Queue;
    /// What the queue carries.
    type Task: Task;

    /// Handles a batch, all or nothing. After two minutes it is dropped at whatever it awaits, and counts as
    /// [`Failure::Retry`].
    fn handle(&self, batch: &[Self::Task]) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Whether what the worker depends on answers again, after it said [`Failure::Unavailable`].
    fn probe(&self) -> impl Future<Output = bool> + Send;
}

/// Why a batch failed, said as what should happen next.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// This task, and likely to pass later: a throttle, a conflict. It is tried again after a delay, four times,
    /// then parked.
    #[error("to be tried again: {0:#}")]
    Retry(anyhow::Error),
    /// This task, and the same every time: it is parked at once, for a person to see.
    #[error("to be parked: {0:#}")]
    Park(anyhow::Error),
    /// What the worker depends on, whatever the task: it waits until [`Worker::probe`] says so, and no attempt is
    /// counted.
    #[error("unavailable: {0:#}")]
    Unavailable(anyhow::Error),
}

/// How much a worker takes at a time.
#[derive(Clone, Copy, Debug)]
pub struct Consume {
    /// Deliveries that the broker sends ahead of their acknowledgement, for each batch in hand.
    pub prefetch: u16,
    /// Tasks at which a batch takes no further delivery; the last one taken may carry it past.
    pub max_batch: usize,
    /// Batches in hand at once.
    pub concurrency: usize,
}
