//! What a message does to the thread that it comes into.
//!
//! | | unread | preview | opens the window | opens a thread | read by flows |
//! | --- | --- | --- | --- | --- | --- |
//! | words, files, places, cards, taps, forms, baskets, what nobody can read | yes | yes | yes | yes | yes |
//! | a reaction put on | no | yes | yes | yes | no |
//! | a reaction taken off | no | no | no | no | no |
//! | the chat opened for the first time | no | no | no | yes | yes |
//! | an edit, a revocation, the platform's own news | no | no | no | no | no |
//!
//! The window is that of the platform, which opens it with each message of the customer's; an edit is
//! none, and a window believed shut too early only costs a template.

use std::borrow::Cow;

use super::Content;

/// The longest preview of a message, in characters.
pub const PREVIEW_LENGTH: usize = 120;

impl Content {
    /// Whether somebody has to read it.
    pub const fn counts_as_unread(&self) -> bool {
        !matches!(
            self,
            Self::Reaction { .. } | Self::Welcome | Self::Edit { .. } | Self::Revoke { .. } | Self::System(_)
        )
    }

    /// Whether an inbox shows it as the thread's last message.
    pub const fn is_shown_as_last(&self) -> bool {
        self.counts_as_unread() || matches!(self, Self::Reaction { emoji: Some(_), .. })
    }

    /// Whether the customer said it, so that the customer-service window opens.
    pub const fn opens_window(&self) -> bool {
        self.is_shown_as_last()
    }

    /// Whether a thread is opened for it where none is open; else it goes into the last one.
    pub const fn opens_thread(&self) -> bool {
        self.is_shown_as_last() || matches!(self, Self::Welcome)
    }

    /// Whether flows and the AI have something to answer.
    pub const fn asks_for_an_answer(&self) -> bool {
        self.counts_as_unread() || matches!(self, Self::Welcome)
    }

    /// The platform's id of the message that this one changes, reacts to or takes back.
    pub fn is_about(&self) -> Option<&str> {
        match self {
            Self::Reaction { message_id, .. } => Some(message_id),
            Self::Edit { original, .. } | Self::Revoke { original } => Some(original),
            _ => None,
        }
    }

    /// The first words of it; where it has none its type in brackets, which every language reads.
    pub fn preview(&self) -> Cow<'_, str> {
        let Some(words) = self.text().map(str::trim).filter(|words| !words.is_empty()) else {
            return Cow::Owned(format!("[{}]", self.kind()));
        };
        let end = words.char_indices().nth(PREVIEW_LENGTH).map_or(words.len(), |(end, _)| end);
        Cow::Borrowed(&words[..end])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn content(value: serde_json::Value) -> Content {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_preview_is_the_words_or_else_the_type() {
        let image = |caption: Option<&str>| {
            content(json!({ "type": "image", "source": { "from": "platform", "id": "1" }, "caption": caption }))
        };
        assert_eq!(image(Some("the receipt")).preview(), "the receipt");
        assert_eq!(image(None).preview(), "[image]");
        assert_eq!(image(Some("  ")).preview(), "[image]");
        assert_eq!(Content::text_of("é".repeat(200)).preview().chars().count(), PREVIEW_LENGTH);
    }

    #[test]
    fn only_what_a_customer_says_opens_the_window() {
        let reaction = |emoji| Content::Reaction { message_id: "wamid.1".to_owned(), emoji };
        assert!(Content::text_of("hello").opens_window());
        assert!(reaction(Some("👍".to_owned())).opens_window());
        assert!(!reaction(None).opens_window());
        assert!(!Content::Revoke { original: "wamid.1".to_owned() }.opens_window());
        assert!(!Content::Edit { original: "wamid.1".to_owned(), content: None }.opens_window());
        assert!(!Content::Welcome.opens_window());
        assert!(!content(json!({ "type": "system", "news": { "kind": "number_changed" } })).opens_window());
    }

    #[test]
    fn a_reaction_is_shown_and_is_nothing_to_read() {
        let reaction = Content::Reaction { message_id: "wamid.1".to_owned(), emoji: Some("👍".to_owned()) };
        assert!(!reaction.counts_as_unread());
        assert!(reaction.is_shown_as_last());
        assert_eq!(reaction.preview(), "👍");
        assert_eq!(reaction.is_about(), Some("wamid.1"));
    }
}
