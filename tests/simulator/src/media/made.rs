//! Files made on command, as customers would send them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::fault::FileFault;
use super::kind;
use super::shelf::{File, Origin};
use crate::clock;
use crate::platform::Platform;

/// The largest file that is made: more than the product may take.
const MAX_SIZE: usize = 128 * 1024 * 1024;

/// A file that a customer sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewMedia {
    /// Its type, such as `image/jpeg`.
    pub mime_type: String,
    /// How many bytes are made up; 1000 where nothing is said.
    #[serde(default)]
    pub size: Option<usize>,
    /// The bytes themselves, in base64.
    #[serde(default)]
    pub base64: Option<String>,
    /// What goes wrong when it is fetched.
    #[serde(default)]
    pub fault: Option<FileFault>,
}

/// A file that was made, as a webhook tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Made {
    /// The platform's id of the file.
    pub id: String,
    /// Its type.
    pub mime_type: String,
    /// Its checksum, in lower-case hex; not the right one where that was ordered.
    pub sha256: String,
    /// How many bytes it has, as is told.
    pub file_size: usize,
}

/// A file that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum InvalidMedia {
    /// It is too large.
    #[error("size: at most {MAX_SIZE}")]
    TooLarge,
    /// The bytes are not in base64.
    #[error("base64: {0}")]
    NotBase64(#[from] base64::DecodeError),
}

impl NewMedia {
    /// Makes the file and keeps it.
    pub(crate) fn make(&self, platform: &Platform) -> Result<Made, InvalidMedia> {
        let bytes = self.bytes()?;
        let file = platform.files.add(&self.mime_type, bytes, Origin::Customer, self.fault, clock::now());
        Ok(Made::of(&file))
    }

    pub(super) fn bytes(&self) -> Result<Bytes, InvalidMedia> {
        let bytes = match &self.base64 {
            Some(text) => STANDARD.decode(text)?,
            None => made_up(&self.mime_type, self.size.unwrap_or(1000).min(MAX_SIZE + 1)),
        };
        if bytes.len() > MAX_SIZE {
            return Err(InvalidMedia::TooLarge);
        }
        Ok(bytes.into())
    }
}

impl Made {
    fn of(file: &File) -> Self {
        Self {
            id: file.id.clone(),
            mime_type: file.mime.clone(),
            sha256: file.told_sha256(),
            file_size: file.told_size(),
        }
    }
}

/// So many bytes that begin as a file of the type does; the same for the same question.
pub(super) fn made_up(mime: &str, size: usize) -> Vec<u8> {
    let mut bytes = kind::beginning(mime).to_vec();
    bytes.truncate(size);
    let rest = (bytes.len()..size).map(|place| u8::try_from(place * 31 % 251).unwrap_or_default());
    bytes.extend(rest);
    bytes
}
