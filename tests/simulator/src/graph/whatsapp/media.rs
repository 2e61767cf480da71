//! Pictures, films, recordings, documents and stickers; and files above other messages.

use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: characters of a caption.
const MAX_CAPTION: usize = 1024;

/// A file that a message names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaUse {
    /// image, video, audio, document or sticker.
    pub(crate) kind: &'static str,
    /// Where it stands in the request.
    pub(crate) place: String,
    pub(crate) source: Source,
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Uploaded before.
    Id(String),
    /// A public address.
    Link(String),
}

/// A picture, film, document or sticker.
pub(super) fn read(file: &Fields<'_>, kind: &'static str, files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    match kind {
        "document" => file.only(&["id", "link", "caption", "filename"])?,
        "sticker" => file.only(&["id", "link"])?,
        _ => file.only(&["id", "link", "caption"])?,
    }
    file.short_text("caption", MAX_CAPTION)?;
    file.text("filename")?;
    files.push(source(file, kind)?);
    Ok(())
}

/// A recording; whether it is a voice message.
pub(super) fn read_audio(file: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<bool, Refusal> {
    file.only(&["id", "link", "voice"])?;
    files.push(source(file, "audio")?);
    Ok(file.flag("voice")?.unwrap_or(false))
}

/// A file above a message, under the name of its kind: no caption there.
pub(super) fn read_above(holder: &Fields<'_>, kind: &'static str, files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    let file = holder.required_object(kind)?;
    file.only(if kind == "document" { &["id", "link", "filename"] } else { &["id", "link"] })?;
    file.text("filename")?;
    files.push(source(&file, kind)?);
    Ok(())
}

/// The file's id or its link: exactly one of them.
fn source(file: &Fields<'_>, kind: &'static str) -> Result<MediaUse, Refusal> {
    let (name, source) = match (file.has("id"), file.has("link")) {
        (true, false) => ("id", Source::Id(file.required_text("id")?.to_owned())),
        (false, true) => ("link", Source::Link(file.required_url("link")?.to_owned())),
        (false, false) => return Err(file.missing("id or link")),
        (true, true) => return Err(file.invalid("id", "and link cannot be given together.")),
    };
    Ok(MediaUse { kind, place: file.place(name), source })
}
