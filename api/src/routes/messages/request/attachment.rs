//! Files of a message to send.

use serde::Deserialize;
use shared::domain::ids::MediaId;
use shared::domain::message::Content;
use shared::domain::message::media::{Media, MediaKind, MediaSource};
use utoipa::ToSchema;

use crate::error::FieldProblem;

/// A file: an address that Loa fetches it from, our id of an upload, or the platform's own id.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SendAttachment)]
pub(super) struct Attachment {
    #[serde(rename = "type")]
    kind: Option<MediaKind>,
    url: Option<String>,
    media_id: Option<MediaId>,
    platform_id: Option<String>,
    mime_type: Option<String>,
    caption: Option<String>,
    filename: Option<String>,
    #[serde(default)]
    voice: bool,
}

impl Attachment {
    /// The file as a message of its own, the `index`th of the request, of `kind` where it names none
    /// itself; with the field that tells where it comes from. `words` stand under it where it has no
    /// caption of its own.
    pub(super) fn into_content(
        self,
        index: usize,
        kind: Option<MediaKind>,
        words: Option<&str>,
    ) -> Result<(Content, &'static str), FieldProblem> {
        let problem = |field: &str, message: &str| FieldProblem::new(format!("attachments[{index}]{field}"), message);
        let kind = self.kind.or(kind).ok_or_else(|| problem(".type", "is required beside a text"))?;
        let (source, field) = match (self.url, self.media_id, self.platform_id) {
            (Some(url), None, None) => (MediaSource::Link { url }, "url"),
            (None, Some(media_id), None) => (MediaSource::Stored { media_id }, "mediaId"),
            (None, None, Some(id)) => (MediaSource::Platform { id }, "platformId"),
            _ => return Err(problem("", "needs one of url, mediaId and platformId")),
        };
        let media = Media {
            mime_type: self.mime_type,
            caption: self.caption.or_else(|| words.map(ToOwned::to_owned)),
            filename: self.filename,
            voice: self.voice,
            ..Media::from(source)
        };
        let content = match kind {
            MediaKind::Image => Content::Image(media),
            MediaKind::Video => Content::Video(media),
            MediaKind::Audio => Content::Audio(media),
            MediaKind::Document => Content::Document(media),
            MediaKind::Sticker => Content::Sticker(media),
        };
        Ok((content, field))
    }
}
