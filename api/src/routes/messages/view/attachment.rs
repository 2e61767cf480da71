use serde::Serialize;
use shared::domain::message::Content;
use shared::domain::message::media::{Media, MediaKind, MediaSource};

/// A file of a message. What Loa has of it stands in the table of media.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    #[serde(rename = "type")]
    kind: MediaKind,
    #[serde(flatten)]
    source: Source,
    mime_type: Option<String>,
    filename: Option<String>,
    caption: Option<String>,
    voice: bool,
    animated: bool,
}

/// Where it comes from, under the names by which it is sent.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    url: Option<String>,
    media_id: Option<String>,
    platform_id: Option<String>,
}

/// The files of a message, headers and cards included, in their order.
pub(super) fn all(content: &Content) -> Vec<Attachment> {
    if let Some((kind, media)) = content.media() {
        return vec![of_media(kind, media)];
    }
    content.files().into_iter().map(|(kind, source)| of_source(kind, source)).collect()
}

fn of_media(kind: MediaKind, media: &Media) -> Attachment {
    Attachment {
        mime_type: media.mime_type.clone(),
        filename: media.filename.clone(),
        caption: media.caption.clone(),
        voice: media.voice,
        animated: media.animated,
        ..of_source(kind, &media.source)
    }
}

fn of_source(kind: MediaKind, source: &MediaSource) -> Attachment {
    let source = match source.clone() {
        MediaSource::Link { url } => Source { url: Some(url), ..Source::default() },
        MediaSource::Stored { media_id } => Source { media_id: Some(media_id.to_string()), ..Source::default() },
        MediaSource::Platform { id } => Source { platform_id: Some(id), ..Source::default() },
        MediaSource::Lost => Source::default(),
    };
    Attachment { kind, source, mime_type: None, filename: None, caption: None, voice: false, animated: false }
}
