//! Files in messages.

use serde::{Deserialize, Serialize};

use super::received::PlatformFault;
use crate::domain::ids::MediaId;
use crate::domain::named::named;

/// What kind of file it is, which decides its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Sound.
    Audio,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}

named!(MediaKind, "kind of media", {
    Image => "image",
    Video => "video",
    Audio => "audio",
    Document => "document",
    Sticker => "sticker",
});

/// A file in a message. Where it is kept and how it fares stands in the table of media, by the
/// message's id and the file's place in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Where it comes from.
    pub source: MediaSource,
    /// What the platform says it is, such as `image/jpeg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The platform's checksum, as it wrote it: base64 or hex of SHA-256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Words under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Sound: recorded as a voice message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voice: bool,
    /// A sticker that moves.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub animated: bool,
    /// Why the platform could not hand it over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<PlatformFault>,
}

impl Media {
    /// A file of which nothing is known but where it comes from.
    pub const fn from(source: MediaSource) -> Self {
        Self {
            source,
            mime_type: None,
            sha256: None,
            caption: None,
            filename: None,
            voice: false,
            animated: false,
            faults: Vec::new(),
        }
    }
}

/// Where a file comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum MediaSource {
    /// The platform has it under this id.
    Platform {
        /// The platform's id.
        id: String,
    },
    /// It can be fetched there.
    Link {
        /// The address.
        url: String,
    },
    /// It lies in our own store.
    Stored {
        /// Our id of it.
        media_id: MediaId,
    },
    /// The platform does not have it itself.
    Lost,
}
