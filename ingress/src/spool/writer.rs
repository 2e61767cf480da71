//! Appends to the last segment. Blocks; one thread at a time.
//!
//! What [`Writer::write`] has returned for is safe. What failed is cut off again; if even that fails, or a
//! sync did, nothing is ever added to that file: a kernel may forget what it could not write, and say the
//! next time that all is well.

use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::time::Instant;

use shared::seal::MasterKey;

use super::directory::Directory;
use super::disk::Disk;
use super::error::NotSpooled;
use super::key::{Envelope, SegmentKey};
use super::metrics::Metrics;
use super::shelf::{Segment, Shelf, Tally};

/// A segment is closed when it is longer. It is read whole, and removed when all of it is in the broker.
const LONG: u64 = 4 << 20;

/// Appends to the last segment.
pub(crate) struct Writer {
    directory: Arc<Directory>,
    disk: Box<dyn Disk>,
    master: Option<MasterKey>,
    shelf: Arc<Shelf>,
    metrics: Metrics,
    /// The number of the next segment.
    next: u64,
    active: Option<Active>,
}

/// The segment that grows.
struct Active {
    file: File,
    key: SegmentKey,
    length: u64,
    records: u32,
}

impl Writer {
    pub(crate) fn new(
        directory: Arc<Directory>,
        disk: Box<dyn Disk>,
        master: Option<MasterKey>,
        shelf: Arc<Shelf>,
        metrics: Metrics,
        next: u64,
    ) -> Self {
        Self { directory, disk, master, shelf, metrics, next, active: None }
    }

    /// Writes `envelopes`, and returns when all of them are safe; after an error none is.
    pub(crate) fn write(&mut self, envelopes: &[Envelope]) -> Result<(), NotSpooled> {
        match self.active.take() {
            Some(active) => self.add(active, envelopes),
            None => self.begin(envelopes),
        }
    }

    /// Closes the segment that grows, if there is one.
    pub(crate) fn close(&mut self) {
        if self.active.take().is_some() {
            self.shelf.closed();
        }
    }

    fn add(&mut self, mut active: Active, envelopes: &[Envelope]) -> Result<(), NotSpooled> {
        let (mut bytes, added) = (Vec::new(), tally(envelopes));
        if let Err(unsealed) = lay_out(&active.key, active.records, envelopes, &mut bytes) {
            self.active = Some(active);
            return Err(unsealed);
        }
        if let Err(failed) = self.put(&active.file, active.length, &bytes) {
            match active.file.set_len(active.length) {
                Ok(()) if failed.is_unsynced() => self.shelf.closed(),
                Ok(()) => self.active = Some(active),
                Err(error) => {
                    tracing::error!(%error, "a failed write to the spool cannot be undone");
                    self.shelf.closed();
                }
            }
            return Err(failed.into());
        }
        active.length += bytes.len() as u64;
        active.records += added.records;
        self.shelf.grown(active.length, added);
        self.go_on_with(active);
        Ok(())
    }

    fn begin(&mut self, envelopes: &[Envelope]) -> Result<(), NotSpooled> {
        let (key, header) = SegmentKey::make(self.master.as_ref()).map_err(|_| NotSpooled::Seal)?;
        let (mut bytes, tally) = (header.encode(), tally(envelopes));
        lay_out(&key, 0, envelopes, &mut bytes)?;
        let number = self.next;
        self.next += 1;
        let path = self.directory.segment(number);
        let file = self.disk.create(&path).map_err(Arc::new)?;
        let put = self.put(&file, 0, &bytes).and_then(|()| {
            // Without its name the file is lost with all that is in it.
            self.disk.sync_names(&self.directory.names).map_err(Failed::Unsynced)
        });
        if let Err(failed) = put {
            if let Err(error) = fs::remove_file(&path) {
                tracing::error!(%error, "a failed write to the spool cannot be undone");
            }
            return Err(failed.into());
        }
        let length = bytes.len() as u64;
        let oldest = envelopes.iter().map(|envelope| envelope.oldest).min().unwrap_or(i64::MAX);
        self.shelf.add(Segment { path, key: key.clone(), length, tally, oldest, is_closed: false });
        self.go_on_with(Active { file, key, length, records: tally.records });
        Ok(())
    }

    fn go_on_with(&mut self, active: Active) {
        if active.length < LONG {
            self.active = Some(active);
        } else {
            self.shelf.closed();
        }
    }

    fn put(&self, file: &File, at: u64, bytes: &[u8]) -> Result<(), Failed> {
        self.disk.write(file, at, bytes).map_err(Failed::Unwritten)?;
        let began = Instant::now();
        let synced = self.disk.sync(file).map_err(Failed::Unsynced);
        self.metrics.sync_seconds.observe(began.elapsed().as_secs_f64());
        synced
    }
}

fn lay_out(key: &SegmentKey, first: u32, envelopes: &[Envelope], out: &mut Vec<u8>) -> Result<(), NotSpooled> {
    for (number, envelope) in (first..).zip(envelopes) {
        key.record(number, envelope, out).map_err(|_| NotSpooled::Seal)?;
    }
    Ok(())
}

fn tally(envelopes: &[Envelope]) -> Tally {
    let mut tally = Tally::default();
    for envelope in envelopes {
        tally += Tally { records: 1, events: envelope.events.into() };
    }
    tally
}

/// What failed of a write.
enum Failed {
    Unwritten(io::Error),
    Unsynced(io::Error),
}

impl Failed {
    fn is_unsynced(&self) -> bool {
        matches!(self, Self::Unsynced(_))
    }
}

impl From<Failed> for NotSpooled {
    fn from(failed: Failed) -> Self {
        let (Failed::Unwritten(error) | Failed::Unsynced(error)) = failed;
        Self::Disk(Arc::new(error))
    }
}
