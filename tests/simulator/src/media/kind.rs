//! Types of files: how large each may be, and what it must not begin with.

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Cloud API, supported media types: the kinds of messages that take a type, and how many bytes.
const TYPES: &[(&str, &[&str], usize)] = &[
    ("audio/aac", &["audio"], 16 * MIB),
    ("audio/amr", &["audio"], 16 * MIB),
    ("audio/mpeg", &["audio"], 16 * MIB),
    ("audio/mp4", &["audio"], 16 * MIB),
    ("audio/ogg", &["audio"], 16 * MIB),
    ("image/jpeg", &["image"], 5 * MIB),
    ("image/png", &["image"], 5 * MIB),
    // Moving stickers; those that stand still have 100 KiB.
    ("image/webp", &["sticker"], 500 * KIB),
    ("video/mp4", &["video"], 16 * MIB),
    ("video/3gpp", &["video"], 16 * MIB),
    ("text/plain", &["document"], 100 * MIB),
    ("text/csv", &["document"], 100 * MIB),
    ("application/pdf", &["document"], 100 * MIB),
    ("application/msword", &["document"], 100 * MIB),
    ("application/vnd.ms-excel", &["document"], 100 * MIB),
    ("application/vnd.ms-powerpoint", &["document"], 100 * MIB),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["document"], 100 * MIB),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["document"], 100 * MIB),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["document"], 100 * MIB),
];
/// Cloud API: bytes of a sticker that stands still.
const STILL_STICKER: usize = 100 * KIB;

/// What files of a type begin with.
const BEGINNINGS: &[(&str, &[u8])] = &[
    ("image/jpeg", &[0xff, 0xd8, 0xff]),
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/webp", b"RIFF"),
    ("application/pdf", b"%PDF-"),
    ("audio/ogg", b"OggS"),
];

/// How many bytes a file of the type `mime` may have; none where the type is not taken.
pub(crate) fn limit_of(mime: &str, bytes: &[u8]) -> Option<usize> {
    let (_, _, limit) = TYPES.iter().find(|(known, _, _)| *known == essence(mime))?;
    let is_still = essence(mime) == "image/webp" && !is_animated(bytes);
    Some(if is_still { STILL_STICKER } else { *limit })
}

/// Whether a message of the kind `message` cannot show a file of the type `mime`. A document
/// takes anything.
pub(crate) fn contradicts(message: &str, mime: &str) -> bool {
    let known = TYPES.iter().find(|(known, _, _)| *known == essence(mime));
    message != "document" && known.is_none_or(|(_, kinds, _)| !kinds.contains(&message))
}

/// Whether the bytes begin as those of another type do.
pub(super) fn is_of_another_type(mime: &str, bytes: &[u8]) -> bool {
    BEGINNINGS.iter().any(|(known, beginning)| *known != essence(mime) && bytes.starts_with(beginning))
}

/// What a file of the type begins with, where that is known.
pub(super) fn beginning(mime: &str) -> &'static [u8] {
    BEGINNINGS.iter().find(|(known, _)| *known == essence(mime)).map_or(b"", |(_, beginning)| *beginning)
}

/// The type without its parameters: `audio/ogg; codecs=opus` is `audio/ogg`.
fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

/// Moving WebP files hold a chunk that says so.
fn is_animated(bytes: &[u8]) -> bool {
    bytes.windows(4).take(64).any(|window| window == b"ANIM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_with_its_parameters() {
        assert_eq!(limit_of("audio/ogg; codecs=opus", b""), Some(16 * MIB));
        assert_eq!(limit_of("image/webp", b"RIFF....WEBPVP8X....ANIM"), Some(500 * KIB));
        assert_eq!(limit_of("image/webp", b"RIFF....WEBPVP8 "), Some(100 * KIB));
        assert_eq!(limit_of("image/tiff", b""), None);
    }
}
