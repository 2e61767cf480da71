//! A bare list of nodes, without ids and edges: a chain, each node leading to the next.
//!
//! ```json
//! {"name": "Welcome", "trigger": {"type": "contact_created", "config": {}},
//!  "nodes": [{"type": "send_message", "templateId": "...", "delay": 0}, {"type": "wait", "duration": 86400}]}
//! ```

use serde_json::{Map, Value, json};

use super::FORMAT;
use super::document::{Document, EdgeDocument, NEXT, NodeDocument, TriggerDocument};
use super::fault::{Fault, Severity};
use super::parse::field_of;

/// Nodes behind which nothing comes.
const LAST: [&str; 4] = ["end", "handoff", "close", "jump"];

impl Document {
    /// The document of a chain. What stands around it, such as its name, is for the caller.
    pub fn of_chain(object: &Map<String, Value>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut nodes = Vec::new();
        for (index, node) in object.get("nodes").and_then(Value::as_array).into_iter().flatten().enumerate() {
            match read_node(index, node) {
                Ok(node) => nodes.push(node),
                Err(fault) => faults.push(fault),
            }
        }
        let triggers = read_triggers(object).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        if nodes.last().is_some_and(|node| !LAST.contains(&node.kind.as_str())) {
            nodes.push(node("end".to_owned(), "end".to_owned(), Map::new()));
        }
        let pairs = nodes.iter().zip(nodes.iter().skip(1));
        let edges = pairs.filter(|(from, _)| !LAST.contains(&from.kind.as_str())).map(|(from, to)| EdgeDocument {
            from: from.id.clone(),
            outlet: NEXT.to_owned(),
            to: to.id.clone(),
        });
        let edges = edges.collect();
        let language = object.get("language").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { format: FORMAT, language, triggers, nodes, edges, start: None })
    }
}

fn node(id: String, kind: String, config: Map<String, Value>) -> NodeDocument {
    NodeDocument { id, kind, name: None, config, goal: false, position: None }
}

fn read_node(index: usize, given: &Value) -> Result<NodeDocument, Fault> {
    let at = format!("nodes[{index}]");
    let Value::Object(given) = given else {
        return Err(fault(at, "must be an object"));
    };
    let mut config = given.clone();
    let Some(Value::String(kind)) = config.remove("type") else {
        return Err(fault(format!("{at}.type"), "must be a text"));
    };
    let id = match config.remove("id") {
        None | Some(Value::Null) => format!("{kind}_{}", index + 1),
        Some(Value::String(id)) => id,
        Some(_) => return Err(fault(format!("{at}.id"), "must be a text")),
    };
    if let Some(Value::Object(inner)) = config.remove("config") {
        config.extend(inner);
    }
    if kind == "send_message" {
        say(&mut config);
    }
    Ok(node(id, kind, config))
}

/// A chain names a template or a text beside the node's type.
fn say(config: &mut Map<String, Value>) {
    let variables = config.remove("variables");
    let message = if let Some(Value::String(template)) = config.remove("templateId") {
        let by = if uuid::Uuid::parse_str(&template).is_ok() { "templateId" } else { "name" };
        json!({ "type": "template", by: template, "variables": variables.unwrap_or_else(|| json!({})) })
    } else if let Some(text @ (Value::String(_) | Value::Object(_))) =
        ["text", "body", "content"].iter().find_map(|name| config.remove(*name))
    {
        json!({ "type": "text", "body": text })
    } else {
        return;
    };
    config.insert("message".to_owned(), message);
}

/// One trigger, or a list of them.
fn read_triggers(object: &Map<String, Value>) -> Result<Vec<TriggerDocument>, Fault> {
    let given = match (object.get("trigger"), object.get("triggers")) {
        (Some(Value::Null) | None, None) => return Ok(Vec::new()),
        (Some(one), _) => json!([one]),
        (None, Some(list)) => list.clone(),
    };
    serde_path_to_error::deserialize(given)
        .map_err(|error| fault(format!("triggers{}", field_of(error.path())), &error.inner().to_string()))
}

fn fault(field: String, message: &str) -> Fault {
    Fault::new(Severity::Error, None, field, "document", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(chain: Value) -> Result<Document, Vec<Fault>> {
        let Value::Object(chain) = chain else { panic!("a chain stands in an object") };
        Document::of_chain(&chain)
    }

    #[test]
    fn the_pages_own_flow_is_a_chain_that_can_work() {
        let document = read(json!({
            "name": "Chào Mừng Khách Hàng Mới",
            "trigger": { "type": "contact_created", "config": {} },
            "nodes": [
                { "type": "send_message", "templateId": "welcome-template-uuid", "delay": 0 },
                { "type": "wait", "duration": 86400 },
                { "type": "send_message", "templateId": "550e8400-e29b-41d4-a716-446655440000", "delay": 0 },
            ],
        }))
        .unwrap();
        let ids: Vec<&str> = document.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(ids, ["send_message_1", "wait_2", "send_message_3", "end"]);
        assert_eq!(document.edges.len(), 3);
        assert_eq!(document.nodes[0].config["message"]["name"], "welcome-template-uuid");
        assert_eq!(document.nodes[2].config["message"]["templateId"], "550e8400-e29b-41d4-a716-446655440000");
        let definition = document.parse().unwrap();
        assert_eq!((definition.triggers.len(), definition.nodes.len()), (1, 4));
    }

    #[test]
    fn a_chain_that_does_not_read_names_its_node() {
        let faults = read(json!({ "nodes": [{ "duration": 5 }, 7] })).unwrap_err();
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["nodes[0].type", "nodes[1]"]);
    }

    #[test]
    fn a_node_of_a_chain_may_have_an_id_where_it_is_said_to_be_one() {
        let document = read(json!({ "nodes": [{ "id": "first", "type": "wait", "duration": 5 }] })).unwrap();
        assert_eq!((document.nodes[0].id.as_str(), document.edges[0].to.as_str()), ("first", "end"));
        let wrong = read(json!({ "nodes": [{ "id": 1, "type": "end" }] }));
        assert_eq!(wrong.unwrap_err()[0].field, "nodes[0].id");
    }

    #[test]
    fn a_chain_may_end_by_itself() {
        let document = read(json!({ "nodes": [{ "type": "send_message", "text": "hi" }, { "type": "handoff" }] }));
        let document = document.unwrap();
        assert_eq!((document.nodes.len(), document.edges.len()), (2, 1));
        assert_eq!(document.nodes[0].config["message"], json!({ "type": "text", "body": "hi" }));
    }
}
