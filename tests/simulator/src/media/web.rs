//! Files on the web that anyone may fetch, for messages that name a link.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use serde::Deserialize;

use super::fault::FileFault;
use super::kind::contradicts;
use super::made::{InvalidMedia, NewMedia, made_up};
use crate::lock::lock;

/// How many files there may be; past it all are forgotten.
const MAX_FILES: usize = 1000;

/// A file at `/files/{name}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebFile {
    /// The last part of its path.
    pub name: String,
    /// What it holds, and what goes wrong with it.
    #[serde(default)]
    pub file: NewMedia,
}

/// Files by name.
#[derive(Default)]
pub(crate) struct WebFiles(Mutex<HashMap<String, Found>>);

/// What is found at a name.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
    pub(crate) fault: Option<FileFault>,
}

impl WebFiles {
    /// Puts a file there, in place of one of the same name.
    pub(crate) fn put(&self, file: &WebFile) -> Result<(), InvalidMedia> {
        let (mime, bytes, fault) = (file.file.mime_type.clone(), file.file.bytes()?, file.file.fault);
        let mut files = lock(&self.0);
        if files.len() >= MAX_FILES {
            files.clear();
        }
        files.insert(file.name.clone(), Found { mime, bytes, fault });
        Ok(())
    }

    /// Whether a message of the kind `message` can show what is at `link`. Only the simulator's
    /// own addresses are looked up; any other is taken to be good.
    pub(crate) fn fits(&self, link: &str, message: &str) -> bool {
        let path = url::Url::parse(link).map(|url| url.path().to_owned()).unwrap_or_default();
        let Some(name) = path.strip_prefix("/files/") else {
            return true;
        };
        self.find(name).is_some_and(|found| found.fault.is_none() && !contradicts(message, &found.mime))
    }

    /// The file of this name. `demo.jpg`, `demo.mp4`, `demo.pdf` and the like are there from the
    /// start.
    pub(crate) fn find(&self, name: &str) -> Option<Found> {
        if let Some(found) = lock(&self.0).get(name) {
            return Some(found.clone());
        }
        let mime = match name.strip_prefix("demo.")? {
            "jpg" => "image/jpeg",
            "png" => "image/png",
            "webp" => "image/webp",
            "mp4" => "video/mp4",
            "ogg" => "audio/ogg",
            "pdf" => "application/pdf",
            _ => return None,
        };
        Some(Found { mime: mime.to_owned(), bytes: made_up(mime, 2000).into(), fault: None })
    }
}
