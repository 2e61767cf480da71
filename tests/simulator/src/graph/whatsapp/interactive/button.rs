//! Reply buttons.

use std::collections::HashSet;

use super::{MAX_BUTTON_ID, MAX_LABEL};
use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: buttons below one message.
const MAX_BUTTONS: usize = 3;

pub(super) fn check(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["buttons"])?;
    replies(action, "reply", MAX_BUTTONS)
}

/// Buttons that answer, all of the type `kind`; no two with the same label or id.
pub(super) fn replies(action: &Fields<'_>, kind: &'static str, limit: usize) -> Result<(), Refusal> {
    let mut titles = HashSet::new();
    let mut ids = HashSet::new();
    for button in action.objects_within("buttons", 1, limit)? {
        button.only(&["type", kind])?;
        button.word("type", &[kind])?;
        let reply = button.required_object(kind)?;
        reply.only(&["id", "title"])?;
        if !ids.insert(reply.required_limited_text("id", MAX_BUTTON_ID)?) {
            return Err(reply.wrong("id", "is the id of another button"));
        }
        if !titles.insert(reply.required_limited_text("title", MAX_LABEL)?) {
            return Err(reply.wrong("title", "is the title of another button"));
        }
    }
    Ok(())
}
