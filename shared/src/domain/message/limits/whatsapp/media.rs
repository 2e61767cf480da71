//! Files by themselves, above words, and on cards.

use super::super::file;
use super::super::findings::Findings;
use crate::domain::channel::Channel;
use crate::domain::message::Content;
use crate::domain::message::interactive::HeaderMedia;
use crate::domain::message::media::{Media, MediaKind, MediaSource};

const CAPTION: usize = 1024;
const FILENAME: usize = 240;

/// A file that is a message.
pub(super) fn check(content: &Content, media: &Media, findings: &mut Findings) {
    let Some((kind, _)) = content.media() else {
        return;
    };
    source("source", &media.source, findings);
    if let Some(mime) = &media.mime_type
        && let Err(broken) = file::media_type(Channel::WhatsApp, kind, mime)
    {
        findings.add(broken.field, broken.problem);
    }
    match kind {
        MediaKind::Image | MediaKind::Video | MediaKind::Document => {
            findings.optional("caption", media.caption.as_deref(), CAPTION);
        }
        MediaKind::Audio | MediaKind::Sticker => {
            findings.absent("caption", media.caption.is_some(), &format!("stands under no `{kind}`"));
        }
    }
    filename("filename", kind, media.filename.as_deref(), findings);
    voice(kind, media, findings);
}

/// A voice message is Opus in Ogg, and sound.
fn voice(kind: MediaKind, media: &Media, findings: &mut Findings) {
    if !media.voice {
        return;
    }
    if kind != MediaKind::Audio {
        findings.add("voice", format!("may be set on `audio` alone, not on `{kind}`"));
    } else if let Some(mime) = &media.mime_type
        && file::essence(mime) != "audio/ogg"
    {
        findings.add("voice", format!("needs audio/ogg with opus, the file is `{}`", file::essence(mime)));
    }
}

/// A file above words or on a card, at the path `at`.
pub(super) fn header(at: &str, media: &HeaderMedia, allowed: &[MediaKind], findings: &mut Findings) {
    source(&format!("{at}.source"), &media.source, findings);
    if !allowed.contains(&media.kind) {
        let names: Vec<&str> = allowed.iter().map(|kind| kind.as_str()).collect();
        findings.add(format!("{at}.kind"), format!("must be one of {}, is `{}`", names.join(", "), media.kind));
    }
    filename(&format!("{at}.filename"), media.kind, media.filename.as_deref(), findings);
}

fn filename(field: &str, kind: MediaKind, name: Option<&str>, findings: &mut Findings) {
    if kind == MediaKind::Document {
        findings.optional(field, name, FILENAME);
    } else {
        findings.absent(field, name.is_some(), &format!("may be given for a document alone, not for `{kind}`"));
    }
}

fn source(field: &str, source: &MediaSource, findings: &mut Findings) {
    match source {
        MediaSource::Platform { id } => findings.words(field, id, 256),
        MediaSource::Link { url } => findings.web_page(field, url),
        MediaSource::Stored { .. } => {}
        MediaSource::Lost => findings.add(field, "is lost: the platform does not have the file, it cannot be sent"),
    }
}
