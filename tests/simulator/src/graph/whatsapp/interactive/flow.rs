//! Forms of the platform's own.

use super::named;
use crate::graph::fields::Fields;
use crate::taking::Refusal;

pub(super) fn check(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["name", "parameters"])?;
    named(action, "flow")?;
    let parameters = action.required_object("parameters")?;
    parameters.only(&[
        "flow_message_version",
        "flow_id",
        "flow_name",
        "flow_cta",
        "flow_token",
        "flow_action",
        "flow_action_payload",
        "mode",
    ])?;
    parameters.required_text("flow_message_version")?;
    parameters.required_text("flow_cta")?;
    parameters.text("flow_token")?;
    match (parameters.text("flow_id")?, parameters.text("flow_name")?) {
        (None, None) => return Err(parameters.missing("flow_id or flow_name")),
        (Some(_), Some(_)) => return Err(parameters.wrong("flow_id", "and flow_name cannot be given together")),
        _ => {}
    }
    if parameters.has("mode") {
        parameters.word("mode", &["draft", "published"])?;
    }
    payload(&parameters)
}

/// Where it opens: on a screen, which must be named, or where its own endpoint says.
fn payload(parameters: &Fields<'_>) -> Result<(), Refusal> {
    let navigates =
        !parameters.has("flow_action") || parameters.word("flow_action", &["navigate", "data_exchange"])? == "navigate";
    let Some(payload) = parameters.object("flow_action_payload")? else {
        return Ok(());
    };
    if !navigates {
        return Err(parameters.wrong("flow_action_payload", "is only for flow_action navigate"));
    }
    payload.only(&["screen", "data"])?;
    payload.required_text("screen")?;
    payload.object("data")?;
    Ok(())
}
