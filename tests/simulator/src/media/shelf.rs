//! The files that have an id.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::fault::FileFault;
use super::kind;
use crate::id;
use crate::lock::lock;

/// Bytes of all files together; past it the oldest go.
const MAX_BYTES: usize = 512 * 1024 * 1024;
/// Addresses that are told; past it the oldest are forgotten.
const MAX_ADDRESSES: usize = 100_000;

/// A file and how it is found.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) id: String,
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
    /// Lower-case hex.
    pub(crate) sha256: String,
    pub(crate) fault: Option<FileFault>,
    ends_at: DateTime<Utc>,
}

/// Who made a file: its id lives longer where the business did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Business,
    Customer,
}

/// Files by id, and the addresses they were given.
#[derive(Default)]
pub(crate) struct Files(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    files: HashMap<String, File>,
    order: VecDeque<String>,
    bytes: usize,
    addresses: HashMap<String, (String, DateTime<Utc>)>,
    address_order: VecDeque<String>,
}

impl Files {
    /// Keeps a file.
    pub(crate) fn add(
        &self,
        mime: &str,
        bytes: Bytes,
        origin: Origin,
        fault: Option<FileFault>,
        now: DateTime<Utc>,
    ) -> File {
        let lives = match origin {
            Origin::Business => TimeDelta::days(30),
            Origin::Customer => TimeDelta::days(7),
        };
        let file = File {
            id: id::media(),
            mime: mime.to_owned(),
            sha256: hex::encode(Sha256::digest(&bytes)),
            bytes,
            fault,
            ends_at: now + lives,
        };
        lock(&self.0).add(file.clone());
        file
    }

    /// The file with this id, while it lives.
    pub(crate) fn find(&self, id: &str, now: DateTime<Utc>) -> Option<File> {
        let kept = lock(&self.0);
        kept.files.get(id).filter(|file| now < file.ends_at && file.fault != Some(FileFault::Gone)).cloned()
    }

    /// Forgets a file; whether there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        lock(&self.0).remove(id)
    }

    /// A new address of a file, good until `until`.
    pub(crate) fn address(&self, id: &str, until: DateTime<Utc>) -> String {
        let token = id::trace();
        let mut kept = lock(&self.0);
        if kept.address_order.len() >= MAX_ADDRESSES
            && let Some(oldest) = kept.address_order.pop_front()
        {
            kept.addresses.remove(&oldest);
        }
        kept.addresses.insert(token.clone(), (id.to_owned(), until));
        kept.address_order.push_back(token.clone());
        token
    }

    /// The file at an address, while both are good.
    pub(crate) fn at(&self, token: &str, now: DateTime<Utc>) -> Option<File> {
        let (id, until) = lock(&self.0).addresses.get(token).cloned()?;
        if now >= until {
            return None;
        }
        self.find(&id, now)
    }
}

impl Kept {
    fn add(&mut self, file: File) {
        self.bytes += file.bytes.len();
        self.order.push_back(file.id.clone());
        self.files.insert(file.id.clone(), file);
        while self.bytes > MAX_BYTES
            && self.order.len() > 1
            && let Some(oldest) = self.order.front().cloned()
        {
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, id: &str) -> bool {
        self.order.retain(|known| known != id);
        let removed = self.files.remove(id);
        self.bytes -= removed.as_ref().map_or(0, |file| file.bytes.len());
        removed.is_some()
    }
}

impl File {
    /// How large it is, as is told.
    pub(crate) fn told_size(&self) -> usize {
        self.bytes.len()
    }

    /// Its checksum, as is told.
    pub(crate) fn told_sha256(&self) -> String {
        match self.fault {
            Some(FileFault::WrongChecksum) => hex::encode(Sha256::digest(self.sha256.as_bytes())),
            _ => self.sha256.clone(),
        }
    }

    /// Whether its bytes are those of another type.
    pub(crate) fn is_mislabelled(&self) -> bool {
        kind::is_of_another_type(&self.mime, &self.bytes)
    }
}
