//! Messages with something to tap. One file per kind.

mod button;
mod carousel;
mod cta_url;
mod flow;
mod list;
mod location_request;
mod product;

use super::media::{self, MediaUse};
use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: characters of a header's line.
const MAX_HEADER: usize = 60;
/// Cloud API: characters of the words, but for a list.
const MAX_BODY: usize = 1024;
/// Cloud API: characters of the words of a list.
const MAX_LIST_BODY: usize = 4096;
/// Cloud API: characters of the line below.
const MAX_FOOTER: usize = 60;
/// Cloud API: characters of a button's label.
const MAX_LABEL: usize = 20;
/// Cloud API: characters of a button's id.
const MAX_BUTTON_ID: usize = 256;
/// Cloud API: characters of a section's heading.
const MAX_SECTION_TITLE: usize = 24;

const KINDS: [&str; 9] = [
    "button",
    "list",
    "cta_url",
    "location_request_message",
    "carousel",
    "flow",
    "product",
    "product_list",
    "catalog_message",
];

const ANY_HEADER: &[&str] = &["text", "image", "video", "document"];
const TEXT_HEADER: &[&str] = &["text"];
const NO_HEADER: &[&str] = &[];

pub(super) fn check(interactive: &Fields<'_>, files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    interactive.only(&["type", "header", "body", "footer", "action"])?;
    let kind = interactive.word("type", &KINDS)?;
    let headers = match kind {
        "button" | "cta_url" | "flow" => ANY_HEADER,
        "list" | "product_list" => TEXT_HEADER,
        _ => NO_HEADER,
    };
    header(interactive, headers, files)?;
    if kind == "product_list" && !interactive.has("header") {
        return Err(interactive.missing("header"));
    }
    body(interactive, if kind == "list" { MAX_LIST_BODY } else { MAX_BODY }, kind != "product")?;
    footer(interactive, !matches!(kind, "carousel" | "location_request_message"))?;
    let action = interactive.required_object("action")?;
    match kind {
        "button" => button::check(&action),
        "list" => list::check(&action),
        "cta_url" => cta_url::check(&action),
        "location_request_message" => location_request::check(&action),
        "carousel" => carousel::check(&action, files),
        "flow" => flow::check(&action),
        "product" => product::check_one(&action),
        "product_list" => product::check_several(&action),
        _ => product::check_catalog(&action),
    }
}

/// A line of text, or a file of one of the kinds in `allowed`.
fn header(holder: &Fields<'_>, allowed: &[&'static str], files: &mut Vec<MediaUse>) -> Result<(), Refusal> {
    let Some(header) = holder.object("header")? else {
        return Ok(());
    };
    if allowed.is_empty() {
        return Err(holder.invalid("header", "is not allowed for this type of message."));
    }
    let kind = header.word("type", allowed)?;
    header.only(&["type", kind])?;
    if kind == "text" {
        header.required_limited_text("text", MAX_HEADER)?;
        return Ok(());
    }
    media::read_above(&header, kind, files)
}

fn body(holder: &Fields<'_>, limit: usize, required: bool) -> Result<(), Refusal> {
    let Some(body) = holder.object("body")? else {
        return if required { Err(holder.missing("body")) } else { Ok(()) };
    };
    body.only(&["text"])?;
    body.required_limited_text("text", limit)?;
    Ok(())
}

fn footer(interactive: &Fields<'_>, allowed: bool) -> Result<(), Refusal> {
    let Some(footer) = interactive.object("footer")? else {
        return Ok(());
    };
    if !allowed {
        return Err(interactive.invalid("footer", "is not allowed for this type of message."));
    }
    footer.only(&["text"])?;
    footer.required_limited_text("text", MAX_FOOTER)?;
    Ok(())
}

/// Refuses an action that is not called `name`.
fn named(action: &Fields<'_>, name: &'static str) -> Result<(), Refusal> {
    action.word("name", &[name]).map(|_| ())
}

/// A button that opens a web page.
fn link(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["name", "parameters"])?;
    named(action, "cta_url")?;
    let parameters = action.required_object("parameters")?;
    parameters.only(&["display_text", "url"])?;
    parameters.required_limited_text("display_text", MAX_LABEL)?;
    parameters.required_url("url")?;
    Ok(())
}

/// The sections of `action`; where there are several, each must bear a heading.
fn sections<'a>(action: &Fields<'a>, limit: usize) -> Result<Vec<Fields<'a>>, Refusal> {
    let sections = action.objects_within("sections", 1, limit)?;
    for section in &sections {
        let title = section.limited_text("title", MAX_SECTION_TITLE)?;
        if title.is_none() && sections.len() > 1 {
            return Err(section.missing("title"));
        }
    }
    Ok(sections)
}
