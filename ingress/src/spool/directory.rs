//! The spool's directory: one process's at a time, and what it holds when that process begins.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use shared::seal::MasterKey;

use super::error::OpenError;
use super::format::{HEADER, Header};
use super::key::{KeyError, SegmentKey};
use super::metrics::Metrics;
use super::records::{Found, Records};
use super::shelf::{Segment, Tally};

const LOCK: &str = "lock";
const ENDING: &str = "spool";
/// Put behind the name of a segment of which something could not be drained.
const DAMAGED: &str = "damaged";
const MODE: u32 = 0o700;

/// The directory, for as long as this is alive.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) path: PathBuf,
    /// To make new names durable.
    pub(crate) names: File,
    lock: File,
}

/// What a directory held.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) directory: Directory,
    /// Oldest first; nothing is added to them.
    pub(crate) segments: Vec<Segment>,
    /// The number of the next one.
    pub(crate) next: u64,
}

impl Directory {
    /// Takes the directory at `path`, which is made if need be, and looks through what it holds.
    pub(crate) fn open(path: &Path, master: Option<&MasterKey>, metrics: &Metrics) -> Result<Opened, OpenError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Disk { path, source }
        };
        make(path).map_err(at(path))?;
        let directory = Self::take(path)?;
        let (files, next) = segment_files(path).map_err(at(path))?;
        // Before anything is changed.
        for (_, file) in &files {
            refuse_other_keys(file, master)?;
        }
        let mut segments = Vec::new();
        for (number, file) in &files {
            let is_last = number + 1 == next;
            segments.extend(look_through(file, is_last, master, metrics).map_err(at(file))?);
        }
        Ok(Opened { directory, segments, next })
    }

    fn take(path: &Path) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Disk { path: path.to_owned(), source };
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let names = File::open(path).map_err(failed)?;
        Ok(Self { path: path.to_owned(), names, lock })
    }

    /// The name of the segment `number`.
    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:010}.{ENDING}"))
    }

    /// Leaves the directory to other processes.
    pub(crate) fn leave(&self) {
        // Without it the lock goes with the process.
        let _ = self.lock.unlock();
    }
}

/// Makes the folder at `path` and those above it, where they are missing, so that they last.
fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    DirBuilder::new().mode(MODE).create(path)?;
    File::open(above)?.sync_all()
}

/// Moves a file out of the way under a name that is not read again.
pub(crate) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".");
    aside.push(DAMAGED);
    fs::rename(path, &aside)?;
    Ok(aside.into())
}

/// Segments by number, and a number that no file bears, not even one that was set aside.
fn segment_files(path: &Path) -> io::Result<(Vec<(u64, PathBuf)>, u64)> {
    let (mut files, mut next) = (Vec::new(), 0);
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some((number, ending)) = name.split_once('.') else { continue };
        let Ok(number) = number.parse::<u64>() else { continue };
        next = next.max(number.saturating_add(1));
        if ending == ENDING {
            files.push((number, file));
        }
    }
    files.sort();
    Ok((files, next))
}

fn refuse_other_keys(path: &Path, master: Option<&MasterKey>) -> Result<(), OpenError> {
    let failed = |source| OpenError::Disk { path: path.to_owned(), source };
    let mut begin = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path).map_err(failed)?, HEADER as u64), &mut begin)
        .map_err(failed)?;
    let Some(header) = Header::decode(&begin) else { return Ok(()) };
    match SegmentKey::open(&header, master) {
        Err(KeyError::Other(wanted)) => {
            let given = master.map(|master| master.fingerprint().to_owned());
            Err(OpenError::OtherKey { path: path.to_owned(), wanted, given })
        }
        Ok(_) | Err(KeyError::Broken) => Ok(()),
    }
}

/// Looks through the segment at `path`. None where it holds nothing, or nothing that can be read.
///
/// The last one may end in a record whose write was never finished, so nobody was told that it is safe.
fn look_through(
    path: &Path,
    is_last: bool,
    master: Option<&MasterKey>,
    metrics: &Metrics,
) -> io::Result<Option<Segment>> {
    let bytes = Bytes::from(fs::read(path)?);
    let file = path.display();
    if bytes.len() < HEADER {
        tracing::warn!(%file, bytes = bytes.len(), "a segment of the spool was never begun");
        metrics.torn.inc();
        fs::remove_file(path)?;
        return Ok(None);
    }
    let key = Header::decode(&bytes).and_then(|header| SegmentKey::open(&header, master).ok());
    let Some(key) = key else {
        let aside = set_aside(path)?;
        tracing::error!(aside = %aside.display(), "the header of a segment of the spool is damaged");
        metrics.damaged.inc();
        return Ok(None);
    };
    let (mut tally, mut oldest, mut length) = (Tally::default(), i64::MAX, bytes.len());
    for found in Records::new(key.id(), bytes.slice(HEADER..), 0) {
        match found {
            Found::Record(record) => {
                tally += Tally { records: 1, events: record.head.events.into() };
                oldest = oldest.min(record.head.oldest);
            }
            Found::Rest(rest) if is_last => {
                tracing::warn!(%file, bytes = rest.len(), "the last write to the spool was not finished");
                metrics.torn.inc();
                length = HEADER + rest.start;
                cut(path, length as u64)?;
            }
            // The drainer comes across it, and tells.
            Found::Damage(_) | Found::Rest(_) => {}
        }
    }
    let path = path.to_owned();
    Ok(Some(Segment { path, key, length: length as u64, tally, oldest, is_closed: true }))
}

fn cut(path: &Path, length: u64) -> io::Result<()> {
    let file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    file.sync_all()
}
