//! Texts.

use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: characters of a text.
const MAX_TEXT: usize = 4096;

pub(super) fn read(body: &Fields<'_>) -> Result<String, Refusal> {
    let text = body.required_object("text")?;
    text.only(&["body", "preview_url"])?;
    text.flag("preview_url")?;
    text.required_text("body")?;
    Ok(text.short_text("body", MAX_TEXT)?.unwrap_or_default().to_owned())
}
