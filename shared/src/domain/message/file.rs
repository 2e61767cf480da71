//! What a file really is, and how long it may be that a customer sends.

use super::media::MediaKind;

const MB: u64 = 1024 * 1024;

/// The longest file that is taken in at all, in bytes: WhatsApp hands over none that is longer (platform
/// notes, section 5, error 131052).
pub const LONGEST: u64 = 100 * MB;

/// The longest file of `kind` that is taken from a customer, in bytes. More than customers can send on any
/// channel: what a platform took is not lost here.
pub const fn longest_received(kind: MediaKind) -> u64 {
    match kind {
        MediaKind::Sticker => 5 * MB,
        MediaKind::Image => 25 * MB,
        MediaKind::Video | MediaKind::Audio | MediaKind::Document => LONGEST,
    }
}

/// The kind of file that a media type is sent as, where nobody says.
pub fn kind_of(mime_type: &str) -> MediaKind {
    match essence(mime_type).split('/').next() {
        Some("image") if essence(mime_type) == "image/webp" => MediaKind::Sticker,
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("audio") => MediaKind::Audio,
        _ => MediaKind::Document,
    }
}

/// What a file of `kind` is that was called `declared` and whose first bytes look like `sniffed`: its media
/// type, or an error where it is nothing of that kind at all.
pub fn true_type(kind: MediaKind, declared: Option<&str>, sniffed: Option<&str>) -> Result<Option<String>, WrongType> {
    let Some(sniffed) = sniffed else {
        return Ok(declared.map(str::to_owned));
    };
    if !is_of(kind, sniffed) {
        return Err(WrongType { kind, sniffed: sniffed.to_owned() });
    }
    let Some(declared) = declared else {
        return Ok(Some(sniffed.to_owned()));
    };
    let told = essence(declared);
    let is_vague = told.is_empty() || told == "application/octet-stream";
    // One container holds sound and film, an archive what an office writes: there the first bytes know less.
    let knows_less = is_container(sniffed) && !is_vague;
    Ok(Some(if knows_less || told == sniffed { declared } else { sniffed }.to_owned()))
}

/// A file that is not what it was called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is `{sniffed}`, which is no {kind}")]
pub struct WrongType {
    /// What it was called.
    pub kind: MediaKind,
    /// What it is.
    pub sniffed: String,
}

fn is_of(kind: MediaKind, mime_type: &str) -> bool {
    let family = mime_type.split('/').next().unwrap_or_default();
    match kind {
        MediaKind::Image | MediaKind::Sticker => family == "image",
        MediaKind::Video | MediaKind::Audio => matches!(family, "audio" | "video") || mime_type == "application/ogg",
        MediaKind::Document => true,
    }
}

fn is_container(mime_type: &str) -> bool {
    let family = mime_type.split('/').next().unwrap_or_default();
    matches!(family, "audio" | "video" | "text")
        || matches!(
            mime_type,
            "application/ogg" | "application/zip" | "application/x-ole-storage" | "application/octet-stream"
        )
}

/// A media type without its parameters, in lower case.
fn essence(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_win_over_what_was_said_unless_they_know_less() {
        for (kind, declared, sniffed, expected) in [
            (MediaKind::Image, Some("image/jpeg"), Some("image/png"), Some("image/png")),
            (MediaKind::Image, None, Some("image/png"), Some("image/png")),
            (MediaKind::Image, Some("image/jpeg"), None, Some("image/jpeg")),
            (MediaKind::Audio, Some("audio/ogg; codecs=opus"), Some("audio/ogg"), Some("audio/ogg; codecs=opus")),
            (MediaKind::Audio, Some("audio/mp4"), Some("video/mp4"), Some("audio/mp4")),
            (MediaKind::Document, Some("application/octet-stream"), Some("application/pdf"), Some("application/pdf")),
            (MediaKind::Document, Some("application/epub+zip"), Some("application/zip"), Some("application/epub+zip")),
        ] {
            assert_eq!(true_type(kind, declared, sniffed).unwrap().as_deref(), expected, "{declared:?} {sniffed:?}");
        }
    }

    #[test]
    fn what_is_nothing_of_its_kind_is_refused() {
        for (kind, sniffed) in [
            (MediaKind::Image, "application/vnd.microsoft.portable-executable"),
            (MediaKind::Sticker, "video/mp4"),
            (MediaKind::Video, "text/html"),
        ] {
            assert!(true_type(kind, Some("image/png"), Some(sniffed)).is_err(), "{kind} {sniffed}");
        }
    }

    #[test]
    fn a_type_says_what_a_file_is_sent_as() {
        assert_eq!(kind_of("image/jpeg"), MediaKind::Image);
        assert_eq!(kind_of("Audio/OGG; codecs=opus"), MediaKind::Audio);
        assert_eq!(kind_of("application/pdf"), MediaKind::Document);
    }
}
