//! Replies to what was offered: buttons, lists, forms.

use serde_json::Value;

use crate::channels::fields::{self, Misfit, inside};
use crate::domain::message::Content;
use crate::domain::message::received::{FlowReply, Tap, TapOf};

/// Deeper answers of a form stay the string they came as: JSON that is nested further than this
/// within a content could be stored and never be read again.
const DEEPEST_ANSWER: usize = 64;

/// The reply in an `interactive` object.
pub(super) fn reply(of: &Value) -> Result<Content, Misfit> {
    match fields::text(of, "type")? {
        kind @ "button_reply" => inside(of, kind, |of| tap(of, TapOf::Button)),
        kind @ "list_reply" => inside(of, kind, |of| tap(of, TapOf::List)),
        kind @ "nfm_reply" => inside(of, kind, form),
        // Permissions to call, payments, addresses, and what is yet to come.
        _ => Err(Misfit::new("type", "names a reply that Loa has no content for")),
    }
}

fn tap(of: &Value, offered: TapOf) -> Result<Content, Misfit> {
    Ok(Content::Tap(Tap {
        of: offered,
        id: fields::optional(of, "id")?.unwrap_or_default(),
        title: fields::text(of, "title")?.to_owned(),
        description: fields::optional(of, "description")?,
    }))
}

fn form(of: &Value) -> Result<Content, Misfit> {
    let response = match of.get("response_json") {
        Some(Value::String(written)) => answers(written),
        Some(Value::Object(answers)) => Value::Object(answers.clone()),
        Some(Value::Null) | None => return Err(Misfit::new("response_json", "is missing")),
        Some(_) => return Err(Misfit::new("response_json", "is no text")),
    };
    Ok(Content::FlowReply(FlowReply {
        name: fields::optional(of, "name")?,
        body: fields::optional(of, "body")?,
        response,
    }))
}

/// The answers that `written` holds; itself, where it holds no JSON object.
fn answers(written: &str) -> Value {
    match serde_json::from_str(written) {
        Ok(answers @ Value::Object(_)) if depth(&answers) <= DEEPEST_ANSWER => answers,
        _ => Value::String(written.to_owned()),
    }
}

fn depth(value: &Value) -> usize {
    let below = match value {
        Value::Array(list) => list.iter().map(depth).max(),
        Value::Object(fields) => fields.values().map(depth).max(),
        _ => return 0,
    };
    1 + below.unwrap_or(0)
}
