//! A message to send, as it is asked for.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use shared::domain::channel::Channel;
use shared::domain::message::{Content, limits};

use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;

const LONGEST_REFERENCE: usize = 128;

/// A message that the channel carries.
#[derive(Debug)]
pub(super) struct SendRequest {
    pub(super) content: Content,
    /// Our id or the platform's of the message it answers.
    pub(super) reply_to: Option<String>,
    pub(super) reference: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    #[serde(rename = "type")]
    kind: String,
    content: String,
    #[serde(default)]
    attachments: Vec<Value>,
    reply_to: Option<String>,
    reference: Option<String>,
    /// Taken everywhere; the conversation says which shop it is.
    #[serde(rename = "shopId")]
    _shop_id: Option<IgnoredAny>,
}

/// Reads a message and holds it against the limits of `channel`, all of them at once.
pub(super) fn read(channel: Channel, body: Json) -> Result<SendRequest, ApiError> {
    let body: Body = body.read()?;
    let mut problems = Vec::new();
    if body.kind != "text" {
        problems.push(FieldProblem::new("type", format!("expected `text`, got `{}`", body.kind)));
    }
    if !body.attachments.is_empty() {
        problems.push(FieldProblem::new("attachments", "a text carries none"));
    }
    if body.reference.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > LONGEST_REFERENCE) {
        problems.push(FieldProblem::new("reference", format!("must hold 1 to {LONGEST_REFERENCE} characters")));
    }
    let content = Content::text_of(body.content);
    for broken in limits::check(channel, &content).err().into_iter().flatten() {
        problems.push(FieldProblem::new(broken.field, broken.problem));
    }
    if problems.is_empty() {
        Ok(SendRequest { content, reply_to: body.reply_to, reference: body.reference })
    } else {
        Err(ApiError::Invalid(problems))
    }
}
