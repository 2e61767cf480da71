//! Files: by the platform's id, or by a link that the platform fetches.

use serde_json::{Map, Value};

use super::body::{Unsendable, put};
use crate::domain::message::interactive::HeaderMedia;
use crate::domain::message::media::{Media, MediaSource};

/// The object of a file that is a message.
pub(super) fn message(media: &Media) -> Result<Value, Unsendable> {
    let mut object = source(&media.source)?;
    put(&mut object, "caption", media.caption.as_deref());
    put(&mut object, "filename", media.filename.as_deref());
    if media.voice {
        object.insert("voice".to_owned(), true.into());
    }
    Ok(Value::Object(object))
}

/// A file above words or on a card: `{"type": "image", "image": {...}}`.
pub(super) fn header(media: &HeaderMedia) -> Result<Value, Unsendable> {
    let mut file = source(&media.source)?;
    put(&mut file, "filename", media.filename.as_deref());
    let kind = media.kind.as_str();
    let mut object = Map::new();
    object.insert("type".to_owned(), kind.into());
    object.insert(kind.to_owned(), Value::Object(file));
    Ok(Value::Object(object))
}

fn source(source: &MediaSource) -> Result<Map<String, Value>, Unsendable> {
    let (key, value) = match source {
        MediaSource::Platform { id } => ("id", id),
        MediaSource::Link { url } => ("link", url),
        MediaSource::Stored { .. } => return Err("its file is not with the platform yet"),
        MediaSource::Lost => return Err("its file is lost"),
    };
    let mut object = Map::new();
    object.insert(key.to_owned(), value.as_str().into());
    Ok(object)
}
