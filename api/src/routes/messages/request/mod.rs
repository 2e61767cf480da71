//! A message to send, as it is asked for.
//!
//! `type` says what it is. The words of a text and under files stand in `content`, files in
//! `attachments`, everything else in a field named as the type.

mod attachment;
mod parts;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use shared::domain::channel::Channel;
use shared::domain::message::{Content, limits};
use utoipa::ToSchema;

use self::attachment::Attachment;
use super::spelling;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;

const LONGEST_REFERENCE: usize = 128;

/// Messages that the channel carries; several where there are several files.
#[derive(Debug)]
pub(super) struct SendRequest {
    /// In the order in which they are sent; at least one.
    pub(super) contents: Vec<Content>,
    /// Our id or the platform's of the message it answers.
    pub(super) reply_to: Option<String>,
    pub(super) reference: Option<String>,
}

/// A message to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SendMessage)]
pub(super) struct Body {
    #[serde(rename = "type")]
    kind: String,
    content: Option<String>,
    #[serde(default)]
    preview_url: bool,
    #[serde(default)]
    attachments: Vec<Attachment>,
    #[schema(value_type = Option<Object>)]
    location: Option<Value>,
    #[schema(value_type = Option<Vec<Object>>)]
    contacts: Option<Value>,
    #[schema(value_type = Option<Object>)]
    reaction: Option<Value>,
    #[schema(value_type = Option<Object>)]
    interactive: Option<Value>,
    #[schema(value_type = Option<Object>)]
    template: Option<Value>,
    reply_to: Option<String>,
    reference: Option<String>,
    /// Taken everywhere; the conversation says which shop it is.
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// A content, and where its fields stand in the request.
struct Part {
    content: Content,
    at: At,
}

/// Where the fields of a content stand in the request.
enum At {
    /// The words of a text: in `content`.
    Words,
    /// In a field named so.
    Field(&'static str),
    /// In an attachment, whose file comes from the field named.
    Attachment(usize, &'static str),
}

impl At {
    /// The field of the request that the content's `field` was read from.
    fn request_field(&self, field: &str) -> String {
        let field = spelling::field(field);
        match self {
            Self::Words if field == "body" => "content".to_owned(),
            Self::Words => field,
            Self::Field(_) if field == "type" => field,
            // The cards are the list itself.
            Self::Field("contacts") => format!("contacts{}", field.trim_start_matches("cards")),
            Self::Field(name) => format!("{name}.{field}"),
            Self::Attachment(index, source) => {
                let field = if field == "source" { source } else { field.as_str() };
                format!("attachments[{index}].{field}")
            }
        }
    }
}

/// Reads a message and holds it against the limits of `channel`, all of them at once.
pub(super) fn read(channel: Channel, body: Json) -> Result<SendRequest, ApiError> {
    let mut body: Body = body.read()?;
    let (reply_to, reference) = (body.reply_to.take(), body.reference.take());
    let mut problems = Vec::new();
    if reference.as_ref().is_some_and(|text| text.is_empty() || text.chars().count() > LONGEST_REFERENCE) {
        problems.push(FieldProblem::new("reference", format!("must hold 1 to {LONGEST_REFERENCE} characters")));
    }
    if body.kind == "reaction" && reply_to.is_some() {
        problems.push(FieldProblem::new("replyTo", "is not for reactions: reaction.messageId names the message"));
    }
    let parts = parts::of(body, &mut problems);
    for part in &parts {
        for broken in limits::check(channel, &part.content).err().into_iter().flatten() {
            problems.push(FieldProblem::new(part.at.request_field(&broken.field), broken.problem));
        }
    }
    if problems.is_empty() && !parts.is_empty() {
        let contents = parts.into_iter().map(|part| part.content).collect();
        Ok(SendRequest { contents, reply_to, reference })
    } else {
        Err(ApiError::Invalid(problems))
    }
}

#[cfg(test)]
mod request_tests;
