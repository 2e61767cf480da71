//! Empties the spool into the broker, in order: of each routing key one message at a time.
//!
//! How far it is stands nowhere but in memory. After a crash a segment is published again from its
//! beginning, which consumers bear as they bear every redelivery.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shared::broker::{Outgoing, PublishError};
use shared::events::raw::RawEvent;
use shared::retry::Delays;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::commit::Command;
use super::directory::{Directory, set_aside};
use super::shelf::{Next, Part, Tally};
use super::switch::Mode;
use super::window::{Open, messages};
use crate::log_limit::LogLimit;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// When a disk that fails is asked again, and how often it is.
const DISK_RETRY: Duration = Duration::from_secs(2);
const DISK_TRIES: usize = 3;

/// Where the spool is emptied into.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// Publishes `message`, and returns when it is durable.
    fn publish(&self, message: Outgoing) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// Returns when it makes sense to publish.
    fn connected(&self) -> impl Future<Output = ()> + Send;
}

/// Empties the spool.
pub(crate) struct Drainer<O> {
    pub(crate) outlet: O,
    pub(crate) shared: Arc<Shared>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) writer: mpsc::Sender<Command>,
    /// Events in one message, at most.
    pub(crate) most: usize,
    pub(crate) failures: LogLimit,
}

impl<O: Outlet> Drainer<O> {
    /// Until the process leaves; then the directory is free.
    pub(crate) async fn run(self, leave: CancellationToken) {
        leave.run_until_cancelled(self.drain()).await;
        let left = self.shared.shelf.records();
        if left > 0 {
            tracing::info!(records = left, "the spool is left on disk");
        }
        self.directory.leave();
    }

    async fn drain(&self) {
        loop {
            let done = match self.shared.shelf.next() {
                Next::Nothing => {
                    self.shared.shelf.changed.notified().await;
                    Ok(())
                }
                Next::Idle => {
                    self.idle().await;
                    Ok(())
                }
                Next::Drain(part) => {
                    self.part(*part).await;
                    Ok(())
                }
                Next::Remove { path, is_damaged } => self.remove(path, is_damaged).await,
            };
            if let Err(error) = done {
                tracing::error!(%error, "the spool cannot be emptied");
                sleep(DISK_RETRY).await;
            }
        }
    }

    /// All there is is drained. A segment that has been emptied is not kept for the next time.
    async fn idle(&self) {
        let changed = self.shared.shelf.changed.notified();
        if self.shared.switch.mode() == Mode::Broker {
            // Refused only by a writer that is gone.
            let _ = self.writer.send(Command::Close).await;
        }
        changed.await;
    }

    async fn remove(&self, path: PathBuf, is_damaged: bool) -> io::Result<()> {
        let removed =
            blocking(move || if is_damaged { set_aside(&path).map(drop) } else { fs::remove_file(&path) }).await;
        self.shared.shelf.removed();
        self.shared.has_room_again();
        removed?
    }

    async fn part(&self, part: Part) {
        let (end, mut left) = (part.segment.length, part.segment.tally);
        left -= part.before;
        let (mut open, mut damaged) = (self.open(part).await, 0);
        while let Some(mut reading) = open.take() {
            let read = blocking(move || {
                let window = reading.window();
                (reading, window)
            });
            let Ok((reading, window)) = read.await else { break };
            let lanes = window.lanes.iter().map(|(_, events)| self.lane(events));
            let beyond: u64 = join_all(lanes).await.into_iter().sum();
            damaged += window.damaged + beyond;
            self.settle(window.tally, window.events());
            left -= window.tally;
            open = (!window.is_last).then_some(reading);
        }
        // What damage has swallowed is not waited for.
        if left != Tally::default() {
            damaged = damaged.max(1);
            self.settle(left, 0);
        }
        if damaged > 0 {
            tracing::error!(places = damaged, "part of the spool does not read; its segment will be set aside");
            self.shared.metrics.damaged.inc_by(damaged);
            self.shared.shelf.damaged();
        }
        self.shared.shelf.read(end);
    }

    /// Reads `part`; none where the disk does not give it, whatever is tried.
    async fn open(&self, part: Part) -> Option<Open> {
        let part = Arc::new(part);
        for _ in 0..DISK_TRIES {
            let wanted = Arc::clone(&part);
            match blocking(move || Open::read(&wanted)).await.flatten() {
                Ok(open) => return Some(open),
                Err(error) => {
                    tracing::error!(file = %part.segment.path.display(), %error, "a segment of the spool does not read");
                    sleep(DISK_RETRY).await;
                }
            }
        }
        None
    }

    fn settle(&self, passed: Tally, events: u64) {
        self.shared.metrics.drained.inc_by(events);
        self.shared.shelf.drained(passed);
        let before = self.shared.switch.mode();
        if self.shared.switch.drained(passed.records.into()) == Mode::Broker && before != Mode::Broker {
            tracing::info!("the spool is empty: events go to the broker");
        }
        self.shared.show();
    }

    /// Publishes the events of one routing key, for as long as it takes. How many messages are beyond publishing.
    async fn lane(&self, events: &[RawEvent]) -> u64 {
        let mut beyond = 0;
        for message in messages(events, self.most) {
            let published = match message {
                Ok(message) => self.publish(message).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = published {
                tracing::error!(%error, "events of the spool cannot be published");
                beyond += 1;
            }
        }
        beyond
    }

    /// Tries until the broker has `message`; an error is for ever.
    async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        loop {
            self.outlet.connected().await;
            match self.outlet.publish(message.clone()).await {
                Err(error) if error.may_pass() => {
                    self.shared.switch.stalled();
                    if let Some(left_out) = self.failures.pass() {
                        tracing::warn!(%error, left_out, "the broker does not take what is in the spool");
                    }
                    sleep(delays.next_delay()).await;
                }
                ended => return ended,
            }
        }
    }
}

/// Lets `work` block a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)
}
