//! Files: pictures, films, sound, documents, stickers.

use serde_json::Value;

use super::faults;
use crate::channels::fields::{self, Misfit};
use crate::channels::read;
use crate::domain::message::media::{Media, MediaSource};

/// The file of a message of type `kind`. Where the platform does not have it itself, too large or not
/// to be fetched, the message says so in `errors` and names no file: it is a file of that kind still.
pub(super) fn file(message: &Value, kind: &str) -> Result<Media, Misfit> {
    let faults = faults::of(message);
    let object = message.get(kind).filter(|object| object.is_object());
    let source = match object.and_then(|object| read::id(object, "id")) {
        Some(id) => MediaSource::Platform { id },
        None if !faults.is_empty() => MediaSource::Lost,
        None => fields::inside(message, kind, |of| fields::id(of, "id")).map(|id| MediaSource::Platform { id })?,
    };
    let mut media = object.map_or(Ok(Media::from(MediaSource::Lost)), |of| described(of, kind))?;
    media.source = source;
    media.faults = faults;
    Ok(media)
}

fn described(of: &Value, kind: &str) -> Result<Media, Misfit> {
    Ok(Media {
        mime_type: read::label(of, "mime_type"),
        sha256: read::label(of, "sha256"),
        caption: fields::optional(of, "caption").map_err(|misfit| misfit.within(kind))?,
        filename: read::label(of, "filename"),
        // Ancient payloads have a type of their own for voice messages.
        voice: kind == "voice" || fields::flag(of, "voice"),
        animated: fields::flag(of, "animated"),
        ..Media::from(MediaSource::Lost)
    })
}
