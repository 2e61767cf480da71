//! The limits of X's direct messages (platform notes, sections 5 and 7).
//!
//! Buttons go out as quick replies. A picture or film may have words beside it, as long as a text.

use super::findings::Findings;
use super::{file, refuse, text_limit};
use crate::domain::channel::Channel;
use crate::domain::message::Content;
use crate::domain::message::interactive::{Action, Interactive};
use crate::domain::message::media::{Media, MediaSource};

const OPTIONS: usize = 20;
const LABEL: usize = 36;
/// The notes name no limit; X's own page on quick replies does.
const METADATA: usize = 1000;

const NO_PLACE: &str = "has no place in a direct message of x";

pub(super) fn check(content: &Content, findings: &mut Findings) {
    match content {
        Content::Text { body, .. } => findings.words("body", body, text_limit(Channel::X)),
        Content::Image(media) | Content::Video(media) => check_media(content, media, findings),
        Content::Interactive(message) => interactive(message, content, findings),
        _ => refuse(Channel::X, content, findings),
    }
}

fn check_media(content: &Content, media: &Media, findings: &mut Findings) {
    match &media.source {
        MediaSource::Link { url } => findings.web_page("source", url),
        MediaSource::Lost => findings.add("source", "is lost: the platform does not have the file, it cannot be sent"),
        MediaSource::Platform { .. } | MediaSource::Stored { .. } => {}
    }
    findings.optional("caption", media.caption.as_deref(), text_limit(Channel::X));
    if let (Some((kind, _)), Some(mime)) = (content.media(), &media.mime_type)
        && let Err(broken) = file::media_type(Channel::X, kind, mime)
    {
        findings.add(broken.field, broken.problem);
    }
}

fn interactive(message: &Interactive, content: &Content, findings: &mut Findings) {
    findings.absent("header", message.header.is_some(), NO_PLACE);
    findings.absent("footer", message.footer.is_some(), NO_PLACE);
    let Action::Buttons { buttons } = &message.action else {
        findings.add("action.type", format!("must be `buttons`: x carries nothing else in `{}`", content.kind()));
        return;
    };
    findings.needed("body", message.body.as_deref(), text_limit(Channel::X));
    findings.count("action.buttons", buttons.len(), 1..=OPTIONS, "buttons");
    for (index, button) in buttons.iter().enumerate() {
        findings.words(&format!("action.buttons[{index}].title"), &button.title, LABEL);
        findings.words(&format!("action.buttons[{index}].id"), &button.id, METADATA);
    }
}
