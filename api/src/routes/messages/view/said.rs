use serde::Serialize;
use serde_json::Value;
use shared::domain::message::Content;
use utoipa::ToSchema;

use super::attachment::{self, Attachment};
use super::payload;

/// What a message says, without a message around it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct SaidView {
    #[serde(rename = "type")]
    kind: String,
    /// The words; none where there are none.
    content: Option<String>,
    /// What it says beyond words and files.
    payload: Option<Value>,
    attachments: Vec<Attachment>,
}

impl SaidView {
    /// A message of another kind than contents have.
    pub(in crate::routes) fn other(kind: &str, payload: Value) -> Self {
        Self { kind: kind.to_owned(), content: None, payload: Some(payload), attachments: Vec::new() }
    }
}

impl From<&Content> for SaidView {
    fn from(said: &Content) -> Self {
        Self {
            kind: said.kind().to_owned(),
            content: said.text().map(ToOwned::to_owned),
            payload: payload::of(said),
            attachments: attachment::all(said, &[]),
        }
    }
}
