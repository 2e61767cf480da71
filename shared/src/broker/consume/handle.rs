//! Takes a batch through the worker until each of its tasks is done or elsewhere.

use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use futures::FutureExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::super::connection::Stopped;
use super::super::publish::PublishError;
use super::batch::Batch;
use super::decide::{Step, decide};
use super::settle::{Settlement, Settler};
use super::task::CodecError;
use super::worker::{Failure, Worker};
use crate::retry::Delays;

/// How long a worker may take over one batch. It must leave time to isolate a task that hangs before the broker
/// takes the deliveries back.
const HANDLE_LIMIT: Duration = Duration::from_mins(2);
/// How long a batch is kept in hand. RabbitMQ closes the channel of a consumer that acknowledges nothing for
/// 30 minutes (`consumer_timeout`); giving back earlier leaves time for what is under way.
const HOLD_LIMIT: Duration = Duration::from_mins(20);
const FIRST_PROBE: Duration = Duration::from_millis(500);
const LONGEST_PROBE: Duration = Duration::from_secs(15);
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// A worker with what it needs to work off batches.
pub(super) struct Handler<W: Worker> {
    pub(super) worker: Arc<W>,
    pub(super) settler: Settler,
    /// Whether to wait out an outage, and who says that there is no more time for it.
    pub(super) patience: Patience,
}

/// What to do when there is no getting on.
#[derive(Clone)]
pub(super) enum Patience {
    /// Wait, until the token says to stop.
    Until(CancellationToken),
    /// Tell the caller.
    None,
}

/// Why work was left unfinished; the broker delivers it again.
#[derive(Debug, thiserror::Error)]
pub enum Unfinished {
    /// The process stops.
    #[error("stopping")]
    Stopped,
    /// What the worker depends on does not answer.
    #[error(transparent)]
    Unavailable(Failure),
    /// A task could be neither parked nor sent round.
    #[error("a task could not be set aside")]
    Publish(#[from] PublishError),
    /// A task could not be laid out to be parked or sent round.
    #[error("a task could not be laid out")]
    Encode(#[from] CodecError),
    /// The broker closed the channel or the subscription.
    #[error("the broker ended the subscription")]
    Ended,
    /// The broker is connected, and does not answer.
    #[error("the broker does not answer")]
    Silent,
    /// The broker refused, or the connection was lost.
    #[error(transparent)]
    Broker(#[from] lapin::Error),
}

impl From<Stopped> for Unfinished {
    fn from(_: Stopped) -> Self {
        Self::Stopped
    }
}

/// The parts of a batch that are still to be handled, first part first.
pub(super) struct Ranges(Vec<Range<usize>>);

impl Ranges {
    pub(super) fn of(tasks: usize) -> Self {
        Self((tasks > 0).then_some(0..tasks).into_iter().collect())
    }

    pub(super) fn next(&mut self) -> Option<Range<usize>> {
        self.0.pop()
    }

    pub(super) fn again(&mut self, range: Range<usize>) {
        self.0.push(range);
    }

    pub(super) fn halve(&mut self, range: Range<usize>) {
        let middle = range.start + range.len() / 2;
        self.0.push(middle..range.end);
        self.0.push(range.start..middle);
    }
}

impl<W: Worker> Handler<W> {
    /// Works off `batch` and acknowledges it; returns how many tasks it held.
    pub(super) async fn process(&self, batch: Batch<W::Task>) -> Result<usize, Unfinished> {
        self.settler.count(&batch);
        let deadline = Instant::now() + HOLD_LIMIT;
        for unreadable in &batch.unreadable {
            let parked = self.settler.unreadable(&batch, unreadable);
            self.insist(Ok(parked), deadline).await?;
        }
        if batch.is_mixed_suspect() {
            self.split(&batch, deadline).await?;
        } else {
            self.isolate(&batch, deadline).await?;
        }
        self.settler.acknowledge(&batch).await?;
        Ok(batch.tasks.len() + batch.unreadable.len())
    }

    /// Handles the tasks together, and apart where that fails.
    async fn isolate(&self, batch: &Batch<W::Task>, deadline: Instant) -> Result<(), Unfinished> {
        let mut ranges = Ranges::of(batch.tasks.len());
        let mut probes = Delays::new(FIRST_PROBE, LONGEST_PROBE);
        while let Some(range) = ranges.next() {
            let outcome = self.attempt(&batch.tasks[range.clone()]).await;
            let attempt = batch.origin(range.start).headers.attempt;
            let step = decide(&outcome, range.len(), attempt);
            match (step, outcome.err()) {
                (Step::Done, _) => {
                    self.settler.done(range.len());
                    probes.reset();
                }
                (Step::Halve, _) => ranges.halve(range),
                (Step::Retry(delay), error) => {
                    let message = self.settler.retry(batch, range.start, delay, error);
                    self.insist(message, deadline).await?;
                }
                (Step::Park, error) => {
                    let message = self.settler.park(batch, range.start, error);
                    self.insist(message, deadline).await?;
                }
                (Step::Wait, error) => {
                    self.hold(error, &mut probes, deadline).await?;
                    ranges.again(range);
                }
            }
        }
        Ok(())
    }

    /// Sends each task of a suspect delivery on its own way, so that the one that kills its process dies alone.
    async fn split(&self, batch: &Batch<W::Task>, deadline: Instant) -> Result<(), Unfinished> {
        for index in 0..batch.tasks.len() {
            let message = self.settler.alone(batch, index);
            self.insist(message, deadline).await?;
        }
        Ok(())
    }

    /// Handles tasks once; a panic and a silence are failures like others.
    async fn attempt(&self, tasks: &[W::Task]) -> Result<(), Failure> {
        let handled = AssertUnwindSafe(async { self.worker.handle(tasks).await }).catch_unwind();
        match timeout(HANDLE_LIMIT, handled).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(Failure::Park(anyhow!("panicked"))),
            Err(_) => Err(Failure::Retry(anyhow!("took longer than {HANDLE_LIMIT:?}"))),
        }
    }

    /// Waits until what the worker depends on answers again, with the batch in hand.
    async fn hold(&self, failure: Option<Failure>, probes: &mut Delays, deadline: Instant) -> Result<(), Unfinished> {
        let failure = failure.unwrap_or_else(|| Failure::Unavailable(anyhow!("no answer")));
        let Patience::Until(stop) = &self.patience else {
            return Err(Unfinished::Unavailable(failure));
        };
        tracing::warn!(worker = W::NAME, %failure, "holding until it answers");
        let held = self.settler.holding();
        let answered = async {
            loop {
                sleep(probes.next_delay()).await;
                if self.answers().await {
                    return;
                }
            }
        };
        let result = tokio::select! {
            () = stop.cancelled() => Err(Unfinished::Stopped),
            () = tokio::time::sleep_until(deadline) => Err(Unfinished::Unavailable(failure)),
            () = self.settler.lost() => Err(Unfinished::Unavailable(failure)),
            () = answered => Ok(()),
        };
        drop(held);
        result
    }

    /// Waits, with nothing in hand, until what the worker depends on answers.
    pub(super) async fn answered(&self) {
        let mut probes = Delays::new(FIRST_PROBE, LONGEST_PROBE);
        while !self.answers().await {
            sleep(probes.next_delay()).await;
        }
    }

    async fn answers(&self) -> bool {
        let probed = AssertUnwindSafe(async { self.worker.probe().await }).catch_unwind();
        matches!(timeout(PROBE_LIMIT, probed).await, Ok(Ok(true)))
    }

    /// Publishes what settles a task, again and again: to leave the delivery unsettled would stop its queue.
    async fn insist(&self, settlement: Result<Settlement, CodecError>, deadline: Instant) -> Result<(), Unfinished> {
        let settlement = settlement?;
        let mut delays = Delays::new(FIRST_PROBE, LONGEST_PROBE);
        loop {
            let Err(error) = self.settler.publish(&settlement).await else {
                return Ok(());
            };
            let Patience::Until(stop) = &self.patience else {
                return Err(error.into());
            };
            tracing::warn!(worker = W::NAME, %error, "cannot set a task aside yet");
            tokio::select! {
                () = stop.cancelled() => return Err(Unfinished::Stopped),
                () = tokio::time::sleep_until(deadline) => return Err(error.into()),
                () = self.settler.lost() => return Err(error.into()),
                () = sleep(delays.next_delay()) => {}
            }
        }
    }
}
