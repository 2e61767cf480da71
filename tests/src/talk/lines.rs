//! What a flow does, as a line of a play.

use shared::domain::message::Content;
use shared::domain::message::interactive::{Action, Interactive};
use shared::domain::message::media::{Media, MediaSource};
use shared::flow::effect::{Effect, Outgoing, Request};
use shared::flow::session::End;

/// The line of an effect, where a reader needs one: figures and waits that are over have none.
pub(super) fn of(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Send { content, .. } => format!("loa: {}", said(content)),
        Effect::Wait { due, .. } => format!("waits: {}", due.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        Effect::Call { request, .. } => format!("calls: {}", call(request)),
        Effect::SetAttribute { name, value } => format!("sets: {name} = {value}"),
        Effect::AddTag { tag } => format!("adds tag: {tag}"),
        Effect::RemoveTag { tag } => format!("removes tag: {tag}"),
        Effect::Consent { purpose, granted, .. } => {
            format!("consent: {} {}", purpose.as_str(), if *granted { "granted" } else { "taken back" })
        }
        Effect::AskAi { instructions } => format!("asks the agent: {}", instructions.as_deref().unwrap_or_default()),
        Effect::HandOff { note, .. } => format!("hands off: {}", note.as_deref().unwrap_or("-")),
        Effect::Close { reason } => format!("closes: {}", reason.as_deref().unwrap_or("-")),
        Effect::Ended(end) => format!("ends: {}", ended(end)),
        Effect::Forget { .. } | Effect::Passed { .. } => return None,
    })
}

fn ended(end: &End) -> String {
    match end {
        End::Completed => "completed".to_owned(),
        End::HandedOff => "handed off".to_owned(),
        End::Interrupted => "interrupted".to_owned(),
        End::Expired => "expired".to_owned(),
        End::Failed(failure) => format!("failed at {}: {}", failure.node_id, failure.code),
        End::Stopped => "stopped".to_owned(),
    }
}

fn call(request: &Request) -> String {
    let body = request.body.as_ref().map(|body| format!(" {body}")).unwrap_or_default();
    format!("{} {}{body}", request.method, request.url)
}

fn said(outgoing: &Outgoing) -> String {
    match outgoing {
        Outgoing::Content(content) => words(content),
        Outgoing::TemplateById { template_id, .. } => format!("template {template_id}"),
    }
}

/// What a customer sees of a message.
pub fn words(content: &Content) -> String {
    match content {
        Content::Interactive(interactive) => offered(interactive),
        Content::Template(template) => format!("template {} {}", template.name, template.language),
        Content::Location(place) => {
            let named = [place.name.as_deref(), place.address.as_deref()].into_iter().flatten().collect::<Vec<_>>();
            format!("location {} {} {}", place.latitude, place.longitude, named.join(", ")).trim_end().to_owned()
        }
        other => match other.media() {
            Some((kind, media)) => format!("{} {}", kind.as_str(), file(media)),
            None => other.text().unwrap_or(other.kind()).to_owned(),
        },
    }
}

fn file(media: &Media) -> String {
    let source = match &media.source {
        MediaSource::Link { url } => url.clone(),
        MediaSource::Stored { media_id } => media_id.to_string(),
        MediaSource::Platform { id } => id.clone(),
        MediaSource::Lost => "lost".to_owned(),
    };
    [Some(source.as_str()), media.caption.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn offered(interactive: &Interactive) -> String {
    let titles: Vec<&str> = match &interactive.action {
        Action::Buttons { buttons } => buttons.iter().map(|button| button.title.as_str()).collect(),
        Action::List { sections, .. } => {
            sections.iter().flat_map(|section| &section.rows).map(|row| row.title.as_str()).collect()
        }
        Action::CtaUrl { display_text, .. } => vec![display_text],
        _ => Vec::new(),
    };
    let mut line = interactive.body.clone().unwrap_or_default();
    for title in titles {
        line.extend([" [", title, "]"]);
    }
    line
}
