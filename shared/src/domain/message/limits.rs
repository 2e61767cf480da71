//! What each channel carries, and how much of it: checked before anything is queued.

use std::fmt;

use super::Content;
use crate::domain::channel::Channel;

/// A limit that a content breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenLimit {
    /// The field, as a path from the content: `body`, `action.buttons[2].title`.
    pub field: String,
    /// What is wrong with it: the limit, and the value that breaks it.
    pub problem: String,
}

impl fmt::Display for BrokenLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.problem)
    }
}

/// Holds `content` against the limits of `channel`; gives every one that it breaks.
pub fn check(channel: Channel, content: &Content) -> Result<(), Vec<BrokenLimit>> {
    let problem = match content {
        Content::Text { body, .. } => check_text(body, channel),
        _ => Some(format!("of type `{}` cannot be sent", content.kind())),
    };
    let Some(problem) = problem else {
        return Ok(());
    };
    Err(vec![BrokenLimit { field: "content".to_owned(), problem }])
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

fn check_text(body: &str, channel: Channel) -> Option<String> {
    if body.trim().is_empty() {
        return Some("must hold at least one character that is not a space".to_owned());
    }
    let (length, limit) = (body.chars().count(), text_limit(channel));
    (length > limit).then(|| format!("is {length} characters long, {channel} takes at most {limit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(length: usize) -> Content {
        Content::text_of("ế".repeat(length))
    }

    #[test]
    fn each_channel_has_its_own_limit_counted_in_characters() {
        for channel in Channel::ALL {
            let limit = text_limit(channel);
            assert_eq!(check(channel, &text(limit)), Ok(()));
            let broken = check(channel, &text(limit + 1)).unwrap_err();
            assert!(broken[0].problem.ends_with(&format!("takes at most {limit}")), "{broken:?}");
        }
    }

    #[test]
    fn spaces_alone_say_nothing() {
        let broken = check(Channel::WhatsApp, &Content::text_of(" \n ")).unwrap_err();
        assert_eq!(broken[0].field, "content");
    }
}
