//! What a message of the business offers to tap.

use serde_json::{Value, json};

use crate::ledger::Received;
use crate::platform::Platform;

/// The kind of answer and its fields, when what bears `label` is tapped.
pub(super) fn tapped(platform: &Platform, received: &Received, label: &str) -> Option<(&'static str, Value)> {
    let body = received.json();
    let action = &body["interactive"]["action"];
    reply(&action["buttons"], "reply", label)
        .or_else(|| items(&action["cards"]).find_map(|card| reply(&card["action"]["buttons"], "quick_reply", label)))
        .or_else(|| row(&action["sections"], label))
        .or_else(|| of_template(platform, received, &body["template"], label))
}

fn reply(buttons: &Value, kind: &str, label: &str) -> Option<(&'static str, Value)> {
    let reply = items(buttons).map(|button| &button[kind]).find(|reply| reply["title"] == label)?;
    Some(("buttonReply", reply.clone()))
}

fn row(sections: &Value, label: &str) -> Option<(&'static str, Value)> {
    let row = items(sections).flat_map(|section| items(&section["rows"])).find(|row| row["title"] == label)?;
    let mut answer = row.clone();
    // The platform says nothing of a description that is not there.
    answer["description"] = row.get("description").cloned().unwrap_or_else(|| json!(""));
    Some(("listReply", answer))
}

/// A quick reply of a template: its payload is the one that was sent, else its label.
fn of_template(
    platform: &Platform,
    received: &Received,
    template: &Value,
    label: &str,
) -> Option<(&'static str, Value)> {
    let number = platform.config.number(&received.account)?;
    let (name, language) = (template["name"].as_str()?, template["language"]["code"].as_str()?);
    let known = platform.templates.find(&number.waba_id, name, language)?;
    let buttons = known.components.iter().flat_map(|component| items(&component["buttons"]));
    let index = buttons.enumerate().find(|(_, button)| button["text"] == label).map(|(index, _)| index.to_string())?;
    let is_meant = |component: &&Value| {
        component["index"] == index || component["index"].as_u64().is_some_and(|given| given.to_string() == index)
    };
    let sent = items(&template["components"]).find(is_meant);
    let payload = sent.and_then(|component| component["parameters"][0]["payload"].as_str()).unwrap_or(label);
    Some(("button", json!({ "payload": payload, "text": label })))
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}
