//! Events on disk while the broker does not take them.
//!
//! ```text
//! append -> commit (group commit) -> writer -> segment files -> window -> drain -> the broker
//!                                       `-> shelf (what there is) -^
//! switch: which way events go, so that none overtakes another
//! ```
//!
//! An event is safe when its record is synced. A segment is removed when all of it is in the broker.

mod commit;
mod directory;
mod disk;
mod drain;
mod error;
mod format;
pub mod inspect;
mod key;
mod metrics;
mod records;
mod shelf;
mod switch;
mod window;
mod writer;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::broker::Outgoing;
use shared::seal::MasterKey;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::log_limit::LogLimit;
use commit::{Append, Command, Committer, WAITING};
use directory::{Directory, Opened};
use disk::{Disk, RealDisk};
use drain::Drainer;
use key::Envelope;
use metrics::Activity;
use shelf::Shelf;
use switch::{Mode, Switch};
use writer::Writer;

#[cfg(test)]
mod fake_broker;
#[cfg(test)]
mod recovery_tests;
#[cfg(test)]
mod segment_tests;
#[cfg(test)]
mod spool_tests;
#[cfg(test)]
mod writer_tests;

pub(crate) use drain::Outlet;
pub(crate) use error::NotSpooled;
pub use error::OpenError;
pub(crate) use metrics::Metrics;
pub(crate) use switch::{Ticket, Way};

/// How long a refusal speaks against the next event. Not for ever: a process that is not ready gets no
/// requests, and would never find out that there is room again.
const DOUBT: Duration = Duration::from_secs(10);

/// Where the spool is, and what it may hold.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its directory, which is its own.
    pub directory: PathBuf,
    /// Bytes on disk.
    pub most_bytes: u64,
    /// What seals it; none in development.
    pub master: Option<MasterKey>,
}

/// The spool. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Spool {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    leave: CancellationToken,
}

/// What the spool's parts have in common.
pub(crate) struct Shared {
    switch: Arc<Switch>,
    shelf: Arc<Shelf>,
    metrics: Metrics,
    is_refusing: AtomicBool,
    refused: Mutex<Option<Instant>>,
}

impl Spool {
    /// Opens the spool, whatever it was left with, and begins to empty it into `outlet`, at most `most` events in
    /// one message.
    pub(crate) async fn start<O: Outlet>(
        settings: Settings,
        metrics: &Metrics,
        outlet: O,
        most: usize,
        tasks: &TaskTracker,
    ) -> Result<Self, OpenError> {
        Self::start_on(Box::new(RealDisk), settings, metrics, outlet, most, tasks).await
    }

    async fn start_on<O: Outlet>(
        disk: Box<dyn Disk>,
        settings: Settings,
        metrics: &Metrics,
        outlet: O,
        most: usize,
        tasks: &TaskTracker,
    ) -> Result<Self, OpenError> {
        let Settings { directory: path, most_bytes, master } = settings;
        let (for_open, at, looking) = (master.clone(), path.clone(), metrics.clone());
        let opened = tokio::task::spawn_blocking(move || Directory::open(&at, for_open.as_ref(), &looking)).await;
        let Opened { directory, segments, next } =
            opened.map_err(|error| OpenError::Disk { path, source: std::io::Error::other(error) })??;
        let directory = Arc::new(directory);
        let shelf = Arc::new(Shelf::new(segments, metrics.clone()));
        let left = shelf.records();
        if left > 0 {
            tracing::info!(records = left, bytes = shelf.bytes(), "the spool holds events of an earlier run");
        }
        let shared = Arc::new(Shared {
            switch: Switch::new(left),
            shelf: Arc::clone(&shelf),
            metrics: metrics.clone(),
            is_refusing: AtomicBool::new(false),
            refused: Mutex::default(),
        });
        shared.show();
        let (commands, received) = mpsc::channel(WAITING);
        let leave = CancellationToken::new();
        let writer = Writer::new(Arc::clone(&directory), disk, master, shelf, metrics.clone(), next);
        let committer = Committer { writer, shared: Arc::clone(&shared), most_bytes };
        tasks.spawn(committer.run(received, leave.clone()));
        let (writer, failures) = (commands.clone(), LogLimit::new());
        let drainer = Drainer { outlet, shared: Arc::clone(&shared), directory, writer, most, failures };
        tasks.spawn(drainer.run(leave.clone()));
        Ok(Self { shared, commands, leave })
    }

    /// Which way an event goes.
    pub(crate) async fn way(&self) -> Way {
        self.shared.switch.way().await
    }

    /// A place in the spool for what the broker has not taken.
    pub(crate) fn admit(&self) -> Ticket {
        self.shared.switch.admit()
    }

    /// Returns when `message`, an envelope of events, is safe.
    pub(crate) async fn append(&self, ticket: Ticket, message: Outgoing) -> Result<(), NotSpooled> {
        let envelope = Envelope {
            bytes: message.body,
            events: message.events,
            oldest: message.received_at.map_or(0, |at| at.timestamp_micros()),
        };
        let (done, kept) = oneshot::channel();
        let append = Command::Append(Append { envelope, ticket, done });
        self.commands.send(append).await.map_err(|_| NotSpooled::Closed)?;
        kept.await.unwrap_or(Err(NotSpooled::Closed))
    }

    /// The broker has taken an event directly.
    pub(crate) fn is_not_needed(&self) {
        if self.shared.is_refusing.load(Ordering::Relaxed) {
            self.shared.has_room_again();
        }
    }

    /// Whether an event that came now would most likely be written; if not, why.
    pub(crate) fn ready(&self) -> Result<(), String> {
        let refused = *self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.is_some_and(|refused| refused.elapsed() < DOUBT) {
            return Err("the spool takes no more".to_owned());
        }
        Ok(())
    }

    /// Whether events go to the broker.
    pub(crate) fn is_empty(&self) -> bool {
        self.shared.switch.mode() == Mode::Broker
    }

    /// Returns when all of it is in the broker.
    pub(crate) async fn emptied(&self) {
        self.shared.shelf.emptied().await;
    }

    /// Ends the spool: what is in it stays on disk.
    pub(crate) fn leave(&self) {
        self.leave.cancel();
    }
}

impl Shared {
    fn spooled(&self, events: u32) {
        self.metrics.spooled.inc_by(events.into());
        self.has_room_again();
    }

    fn refused(&self, events: u32, reason: &NotSpooled) {
        self.metrics.refused(events, reason);
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.is_refusing.store(true, Ordering::Relaxed);
        self.show();
        // It may have been the last one that the spool waited for.
        self.shelf.changed.notify_one();
    }

    fn has_room_again(&self) {
        if self.is_refusing.swap(false, Ordering::Relaxed) {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.show();
    }

    /// Tells what the spool is doing.
    fn show(&self) {
        let activity = match self.switch.mode() {
            _ if self.is_refusing.load(Ordering::Relaxed) => Activity::Refusing,
            Mode::Broker => Activity::Empty,
            Mode::Spool | Mode::HandOver => Activity::Filled,
        };
        self.metrics.activity(activity);
    }
}
