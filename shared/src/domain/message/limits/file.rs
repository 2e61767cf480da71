//! Files: which types and sizes each platform takes.

use super::BrokenLimit;
use crate::domain::channel::Channel;
use crate::domain::message::media::MediaKind;

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// What a platform takes of one kind of file.
struct Taken {
    /// Media types without parameters; none where any will do.
    types: Option<&'static [&'static str]>,
    /// Bytes.
    most: u64,
}

/// Holds a file of `mime` type and `size` bytes against what `channel` takes as `kind`.
///
/// A sticker may be as long as a moving one. Sources: the platform notes on WhatsApp, section 7; on
/// Messenger, section 4; on X, section 7.
pub fn media_file(channel: Channel, kind: MediaKind, mime: &str, size: u64) -> Result<(), BrokenLimit> {
    let Some(taken) = taken(channel, kind, mime) else {
        return Err(broken("type", format!("`{kind}` is nothing that {channel} carries")));
    };
    media_type(channel, kind, mime)?;
    if size == 0 {
        return Err(broken("size", "is 0 bytes, at least 1".to_owned()));
    }
    if size > taken.most {
        let problem = format!("is {size} bytes, {channel} takes at most {} as `{kind}`", taken.most);
        return Err(broken("size", problem));
    }
    Ok(())
}

/// The same for a file whose size is not known yet.
pub(super) fn media_type(channel: Channel, kind: MediaKind, mime: &str) -> Result<(), BrokenLimit> {
    let types = taken(channel, kind, mime).and_then(|taken| taken.types);
    let Some(types) = types else {
        return Ok(());
    };
    if types.contains(&essence(mime).as_str()) {
        return Ok(());
    }
    let shown: String = mime.chars().take(60).collect();
    Err(broken("mime_type", format!("is `{shown}`, {channel} takes {} as `{kind}`", types.join(", "))))
}

/// A media type without its parameters, in lower case.
pub(super) fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn taken(channel: Channel, kind: MediaKind, mime: &str) -> Option<Taken> {
    match channel {
        Channel::WhatsApp => Some(whatsapp(kind)),
        Channel::Messenger => messenger(kind),
        Channel::X => x(kind, &essence(mime)),
    }
}

const fn whatsapp(kind: MediaKind) -> Taken {
    match kind {
        MediaKind::Image => Taken { types: Some(&["image/jpeg", "image/png"]), most: 5 * MB },
        MediaKind::Video => Taken { types: Some(&["video/mp4", "video/3gpp"]), most: 16 * MB },
        MediaKind::Audio => {
            let types = &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"];
            Taken { types: Some(types), most: 16 * MB }
        }
        MediaKind::Document => Taken { types: None, most: 100 * MB },
        MediaKind::Sticker => Taken { types: Some(&["image/webp"]), most: 500 * KB },
    }
}

const fn messenger(kind: MediaKind) -> Option<Taken> {
    match kind {
        MediaKind::Image => {
            Some(Taken { types: Some(&["image/jpeg", "image/png", "image/gif", "image/webp"]), most: 8 * MB })
        }
        MediaKind::Video | MediaKind::Audio | MediaKind::Document => Some(Taken { types: None, most: 25 * MB }),
        MediaKind::Sticker => None,
    }
}

fn x(kind: MediaKind, essence: &str) -> Option<Taken> {
    match kind {
        MediaKind::Image => {
            let most = if essence == "image/gif" { 15 * MB } else { 5 * MB };
            Some(Taken { types: Some(&["image/jpeg", "image/png", "image/gif", "image/webp"]), most })
        }
        MediaKind::Video => Some(Taken { types: Some(&["video/mp4", "video/quicktime"]), most: 512 * MB }),
        MediaKind::Audio | MediaKind::Document | MediaKind::Sticker => None,
    }
}

fn broken(field: &str, problem: String) -> BrokenLimit {
    BrokenLimit { field: field.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatsapp_takes_what_its_table_says_and_not_a_byte_more() {
        for (kind, mime, most) in [
            (MediaKind::Image, "image/jpeg", 5 * MB),
            (MediaKind::Image, "image/png", 5 * MB),
            (MediaKind::Video, "video/mp4", 16 * MB),
            (MediaKind::Audio, "audio/ogg; codecs=opus", 16 * MB),
            (MediaKind::Document, "application/pdf", 100 * MB),
            (MediaKind::Document, "application/x-of-ours", 100 * MB),
            (MediaKind::Sticker, "image/webp", 500 * KB),
        ] {
            assert_eq!(media_file(Channel::WhatsApp, kind, mime, most), Ok(()), "{kind}");
            let broken = media_file(Channel::WhatsApp, kind, mime, most + 1).unwrap_err();
            assert!(broken.problem.contains(&most.to_string()), "{broken}");
            assert_eq!(media_file(Channel::WhatsApp, kind, mime, 0).unwrap_err().field, "size");
        }
    }

    #[test]
    fn a_file_of_another_type_is_named_with_those_that_go() {
        let broken = media_file(Channel::WhatsApp, MediaKind::Image, "image/gif", 1).unwrap_err();
        assert_eq!(broken.to_string(), "mime_type is `image/gif`, whatsapp takes image/jpeg, image/png as `image`");
    }

    #[test]
    fn what_a_channel_does_not_carry_is_refused_by_kind() {
        for (channel, kind) in [
            (Channel::Messenger, MediaKind::Sticker),
            (Channel::X, MediaKind::Audio),
            (Channel::X, MediaKind::Document),
            (Channel::X, MediaKind::Sticker),
        ] {
            assert_eq!(media_file(channel, kind, "image/png", 1).unwrap_err().field, "type", "{channel} {kind}");
        }
        assert_eq!(media_file(Channel::X, MediaKind::Image, "image/gif", 15 * MB), Ok(()));
        assert_eq!(media_file(Channel::X, MediaKind::Image, "image/png", 6 * MB).unwrap_err().field, "size");
    }
}
