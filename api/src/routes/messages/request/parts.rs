//! The contents that a request asks for.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use shared::domain::message::card::ContactCard;
use shared::domain::message::media::MediaKind;
use shared::domain::message::{Content, Location};

use super::super::spelling;
use super::{At, Body, Part};
use crate::error::FieldProblem;
use crate::extract;

/// Files of one request.
const MOST_FILES: usize = 10;

/// What is put on a message; without `emoji` it is taken off.
#[derive(Debug, Deserialize, serde::Serialize)]
struct Reaction {
    message_id: String,
    emoji: Option<String>,
}

/// The contents of `body`; what is wrong with it is added to `problems`.
pub(super) fn of(mut body: Body, problems: &mut Vec<FieldProblem>) -> Vec<Part> {
    let read = match body.kind.as_str() {
        "text" => text(&mut body, problems),
        "location" => one("location", body.location.take(), Content::Location as fn(Location) -> Content),
        "contacts" => {
            one("contacts", body.contacts.take(), |cards: Vec<ContactCard>| Content::Contacts { cards, origin: None })
        }
        "reaction" => one("reaction", body.reaction.take(), |reaction: Reaction| Content::Reaction {
            message_id: reaction.message_id,
            // Others write no emoji as an empty one.
            emoji: reaction.emoji.filter(|emoji| !emoji.is_empty()),
        }),
        "interactive" => one("interactive", body.interactive.take(), |message| Content::Interactive(Box::new(message))),
        "template" => one("template", body.template.take(), |message| Content::Template(Box::new(message))),
        kind => {
            let Ok(kind) = kind.parse::<MediaKind>() else {
                let types = "text, image, video, audio, document, sticker, location, contacts, reaction, interactive, \
                             template";
                problems.push(FieldProblem::new("type", format!("must be one of {types}, is `{kind}`")));
                return Vec::new();
            };
            files(&mut body, Some(kind), problems)
        }
    };
    left_over(&body, problems);
    read.unwrap_or_else(|found| {
        problems.extend(found);
        Vec::new()
    })
}

type Read = Result<Vec<Part>, Vec<FieldProblem>>;

/// Words, and files behind them.
fn text(body: &mut Body, problems: &mut Vec<FieldProblem>) -> Read {
    let mut parts = Vec::new();
    match body.content.take() {
        Some(words) if body.attachments.is_empty() || !words.trim().is_empty() => {
            let preview_url = std::mem::take(&mut body.preview_url);
            parts.push(Part { content: Content::Text { body: words, preview_url }, at: At::Words });
        }
        None if body.attachments.is_empty() => return Err(vec![FieldProblem::new("content", "is required")]),
        _ => {}
    }
    if !body.attachments.is_empty() {
        parts.extend(files(body, None, problems)?);
    }
    Ok(parts)
}

/// Files, of `kind` where they name none; the words of the request stand under the first.
fn files(body: &mut Body, kind: Option<MediaKind>, problems: &mut Vec<FieldProblem>) -> Read {
    let count = body.attachments.len();
    if count == 0 || count > MOST_FILES {
        let told = format!("holds {count} files, 1 to {MOST_FILES} may be there");
        return Err(vec![FieldProblem::new("attachments", told)]);
    }
    let mut words = body.content.take();
    let mut parts = Vec::new();
    for (index, attachment) in std::mem::take(&mut body.attachments).into_iter().enumerate() {
        match attachment.into_content(index, kind, words.take().as_deref()) {
            Ok((content, source)) => parts.push(Part { content, at: At::Attachment(index, source) }),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(parts)
}

/// The content in the field `name`, with every field of it that nobody knows.
fn one<T>(name: &'static str, given: Option<Value>, content: impl FnOnce(T) -> Content) -> Read
where
    T: DeserializeOwned + serde::Serialize,
{
    let given = given.ok_or_else(|| vec![FieldProblem::new(name, "is required")])?;
    let kept = spelling::from_api(given);
    let understood: T = extract::read_value(name, kept.clone())
        .map_err(|problem| vec![FieldProblem::new(spelling::field(&problem.field), problem.message)])?;
    let unknown = spelling::not_understood(name, &kept, &understood);
    if !unknown.is_empty() {
        let told = |path: String| FieldProblem::new(spelling::field(&path), "is not a field of this request");
        return Err(unknown.into_iter().map(told).collect());
    }
    Ok(vec![Part { content: content(understood), at: At::Field(name) }])
}

/// What the type has no place for.
fn left_over(body: &Body, problems: &mut Vec<FieldProblem>) {
    let present = [
        ("content", body.content.is_some()),
        ("previewUrl", body.preview_url),
        ("attachments", !body.attachments.is_empty() && body.attachments.len() <= MOST_FILES),
        ("location", body.location.is_some()),
        ("contacts", body.contacts.is_some()),
        ("reaction", body.reaction.is_some()),
        ("interactive", body.interactive.is_some()),
        ("template", body.template.is_some()),
    ];
    for (name, is_there) in present {
        if is_there {
            problems.push(FieldProblem::new(name, format!("has no place in a `{}`", body.kind)));
        }
    }
}
