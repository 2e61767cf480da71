use serde::Serialize;
use serde_json::Value;
use shared::domain::message::Content;
use shared::domain::message::media::{Media, MediaKind, MediaSource};
use shared::store::media::read::FileOf;
use utoipa::ToSchema;

/// A file of a message.
#[derive(Debug, Serialize, ToSchema)]
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
    /// Bytes, once they are known.
    size: Option<u64>,
    /// `pending`, `stored`, `failed` or `erased`; none where Loa keeps nothing of it.
    state: Option<String>,
    /// Why it is not there, and whether it may be tried again.
    error: Option<Value>,
}

/// Where it comes from, under the names by which it is sent.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttachmentSource)]
struct Source {
    url: Option<String>,
    media_id: Option<String>,
    platform_id: Option<String>,
}

/// The files of a message, headers and cards included, in their order, with what became of each.
pub(super) fn all(content: &Content, kept: &[FileOf]) -> Vec<Attachment> {
    let mut all: Vec<Attachment> = match content.media() {
        Some((kind, media)) => vec![of_media(kind, media)],
        None => content.files().into_iter().map(|(kind, source)| of_source(kind, source)).collect(),
    };
    for file in kept {
        if let Some(attachment) = all.get_mut(usize::from(file.position)) {
            attachment.note(file);
        }
    }
    all
}

impl Attachment {
    fn note(&mut self, file: &FileOf) {
        self.source.media_id = Some(file.id.to_string());
        self.mime_type = file.mime_type.clone().or(self.mime_type.take());
        self.size = file.size;
        self.state = Some(file.state.clone());
        self.error.clone_from(&file.error);
    }
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
    Attachment {
        kind,
        source,
        mime_type: None,
        filename: None,
        caption: None,
        voice: false,
        animated: false,
        size: None,
        state: None,
        error: None,
    }
}
