//! What each channel carries, and how much of it: checked before anything is queued.
//!
//! Sources: the platform notes on WhatsApp (sections 7 and 8), Messenger (section 4) and X (section 5).
//! Lengths are counted in characters.

use std::fmt;

use super::Content;
use crate::domain::channel::Channel;

mod emoji;
mod file;
mod findings;
mod messenger;
mod place;
mod whatsapp;
mod x;

pub use file::media_file;
use findings::Findings;

/// A limit that a content breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLimit {
    /// The field, as a path from the content: `body`, `action.buttons[2].title`.
    pub field: String,
    /// What is wrong with it: the limit, and the value that breaks it. Long values are cut short.
    pub problem: String,
}

impl fmt::Display for BrokenLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Holds `content` against the limits of `channel`; gives every one that it breaks.
pub fn check(channel: Channel, content: &Content) -> Result<(), Vec<BrokenLimit>> {
    let mut findings = Findings::default();
    match channel {
        Channel::WhatsApp => whatsapp::check(content, &mut findings),
        Channel::Messenger => messenger::check(content, &mut findings),
        Channel::X => x::check(content, &mut findings),
    }
    findings.into_result()
}

/// The longest text that a channel carries, in characters.
///
/// Sources: WhatsApp, body of a text message; Messenger, Send API text; X, DM text.
pub const fn text_limit(channel: Channel) -> usize {
    match channel {
        Channel::WhatsApp => 4096,
        Channel::Messenger => 2000,
        Channel::X => 10_000,
    }
}

/// What a channel does not carry, or nobody can send.
fn refuse(channel: Channel, content: &Content, findings: &mut Findings) {
    let problem = match content {
        Content::Tap(_)
        | Content::FlowReply(_)
        | Content::Order(_)
        | Content::System(_)
        | Content::Welcome
        | Content::Edit { .. }
        | Content::Revoke { .. }
        | Content::Unsupported { .. }
        | Content::Unknown { .. } => format!("`{}` only comes in, it cannot be sent", content.kind()),
        _ => format!("`{}` is nothing that {channel} carries", content.kind()),
    };
    findings.add("type", problem);
}

#[cfg(test)]
mod tests;
