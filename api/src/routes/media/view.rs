//! How a file is shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::domain::ids::{MediaId, MessageId};
use shared::domain::message::media::MediaKind;
use shared::store::media::read::MediaFile;
use utoipa::ToSchema;

/// A file, without what is in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MediaView {
    id: MediaId,
    message_id: Option<MessageId>,
    position: Option<u16>,
    kind: MediaKind,
    mime_type: Option<String>,
    filename: Option<String>,
    size: Option<u64>,
    sha256: Option<String>,
    state: String,
    error: Option<Value>,
    created_at: DateTime<Utc>,
    stored_at: Option<DateTime<Utc>>,
}

impl From<MediaFile> for MediaView {
    fn from(file: MediaFile) -> Self {
        Self {
            id: file.id,
            message_id: file.of.map(|(message, _)| message),
            position: file.of.map(|(_, position)| position),
            kind: file.kind,
            mime_type: file.mime_type,
            filename: file.filename,
            size: file.size,
            sha256: file.sha256,
            state: file.state,
            error: file.error,
            created_at: file.created_at,
            stored_at: file.stored_at,
        }
    }
}
