//! What a request to `/messages` asks for, checked as far as the request alone tells.

use serde_json::Value;

use super::media::{self, MediaUse};
use super::template::{self, TemplateUse};
use super::{contacts, interactive, location, reaction, recipient, text};
use crate::graph::error;
use crate::graph::fields::Fields;
use crate::message::Customer;
use crate::taking::Refusal;

/// Cloud API: characters of `biz_opaque_callback_data`.
const MAX_REFERENCE: usize = 512;

/// A request that is well formed.
#[derive(Debug)]
pub(crate) enum Request {
    /// A read mark, perhaps with a typing indicator.
    Mark,
    /// A message.
    Send(Box<Send>),
}

/// A message to send.
#[derive(Debug)]
pub(crate) struct Send {
    pub(crate) customer: Customer,
    /// The customer's address as the request wrote it.
    pub(crate) input: String,
    pub(crate) reference: Option<String>,
    pub(crate) content: Content,
    /// Every file that the message names, wherever in it.
    pub(crate) files: Vec<MediaUse>,
}

/// What a message says, as far as the platform minds.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    /// A recording with `voice`.
    Voice,
    Template(TemplateUse),
    /// Anything else.
    Other,
}

/// Reads the body of a request.
pub(crate) fn read(body: Option<&Value>) -> Result<Request, Refusal> {
    let body = Fields::of_body(body, true)?;
    if body.required_text("messaging_product")? != "whatsapp" {
        return Err(body.invalid("messaging_product", "must be one of {WHATSAPP}."));
    }
    if body.has("status") {
        return mark(&body).map(|()| Request::Mark);
    }
    send(&body).map(|send| Request::Send(Box::new(send)))
}

fn mark(body: &Fields<'_>) -> Result<(), Refusal> {
    body.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    if body.required_text("status")? != "read" {
        return Err(body.invalid("status", "must be one of {READ}."));
    }
    body.required_text("message_id")?;
    if let Some(typing) = body.object("typing_indicator")? {
        typing.only(&["type"])?;
        typing.word("type", &["text"])?;
    }
    Ok(())
}

fn send(body: &Fields<'_>) -> Result<Send, Refusal> {
    let kind = body.text("type")?.unwrap_or("text").to_ascii_lowercase();
    let part = part_of(&kind)?;
    body.only(&[
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        part,
        "context",
        "biz_opaque_callback_data",
        "recipient_identity_key_hash",
    ])?;
    if body.text("recipient_type")?.is_some_and(|kind| !kind.eq_ignore_ascii_case("individual")) {
        return Err(body.invalid("recipient_type", "must be one of {INDIVIDUAL}."));
    }
    let (customer, input) = recipient::read(body)?;
    if let Some(context) = body.object("context")? {
        context.only(&["message_id"])?;
        context.required_text("message_id")?;
    }
    body.text("recipient_identity_key_hash")?;
    let reference = body.short_text("biz_opaque_callback_data", MAX_REFERENCE)?;
    let mut files = Vec::new();
    let content = content(part, body, &mut files)?;
    Ok(Send { customer, input: input.to_owned(), reference: reference.map(str::to_owned), content, files })
}

/// The part of the body that holds a message of this type.
fn part_of(kind: &str) -> Result<&'static str, Refusal> {
    const PARTS: [&str; 11] = [
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "reaction",
        "interactive",
        "template",
    ];

    let part = PARTS.iter().find(|part| **part == kind);
    part.copied().ok_or_else(|| error::with_details(131_051, &format!("Message type {kind} is not supported")))
}

fn content(part: &'static str, body: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<Content, Refusal> {
    match part {
        "text" => return text::read(body).map(Content::Text),
        "template" => return template::read(&body.required_object(part)?, files).map(Content::Template),
        "audio" => {
            let is_voice = media::read_audio(&body.required_object(part)?, files)?;
            return Ok(if is_voice { Content::Voice } else { Content::Other });
        }
        "location" => location::check(&body.required_object(part)?)?,
        "contacts" => contacts::check(body)?,
        "reaction" => reaction::check(&body.required_object(part)?)?,
        "interactive" => interactive::check(&body.required_object(part)?, files)?,
        kind => media::read(&body.required_object(part)?, kind, files)?,
    }
    Ok(Content::Other)
}
