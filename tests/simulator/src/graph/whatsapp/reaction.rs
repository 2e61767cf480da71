//! Reactions.

use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// The longest emoji are families and flags of regions: some ten code points.
const MAX_EMOJI: usize = 16;

pub(super) fn check(reaction: &Fields<'_>) -> Result<(), Refusal> {
    reaction.only(&["message_id", "emoji"])?;
    reaction.required_text("message_id")?;
    let emoji = reaction.text("emoji")?.ok_or_else(|| reaction.missing("emoji"))?;
    // Empty: the reaction is taken back.
    let is_emoji = emoji.chars().count() <= MAX_EMOJI
        && (emoji.is_empty() || !emoji.is_ascii())
        && !emoji.chars().any(char::is_alphabetic);
    is_emoji.then_some(()).ok_or_else(|| reaction.wrong("emoji", "is not an emoji"))
}
