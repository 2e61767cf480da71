//! The bare list of nodes of X's page: a chain, gone through in order, with an end behind it.

use serde_json::{Map, Value, json};
use shared::flow::document::{EdgeDocument, NEXT, NodeDocument, TriggerDocument};
use shared::flow::{Document, FORMAT};

use crate::error::FieldProblem;

/// What a node of the page says beside its type, as a node of ours has it in its message.
const SEND_MESSAGE: &str = "send_message";
/// Nodes behind which nothing comes.
const LAST: [&str; 4] = ["end", "handoff", "close", "jump"];

/// The document of a trigger and of nodes without ids and edges. What the page writes beside `type` is the node's
/// configuration; a node may have an `id`, a `name` and a `config` of its own besides.
pub(super) fn document(
    trigger: Option<(String, Map<String, Value>)>,
    nodes: Vec<Map<String, Value>>,
) -> Result<Document, Vec<FieldProblem>> {
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for (at, node) in nodes.into_iter().enumerate() {
        match self::node(at, node) {
            Ok(node) => read.push(node),
            Err((field, message)) => problems.push(FieldProblem::new(format!("nodes[{at}].{field}"), message)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(end) = end(&read) {
        read.push(end);
    }
    let links = read.windows(2).map(|pair| EdgeDocument {
        from: pair[0].id.clone(),
        outlet: NEXT.to_owned(),
        to: pair[1].id.clone(),
    });
    let triggers = trigger.map(|(kind, config)| TriggerDocument { kind, config, priority: 0, interrupts: false });
    Ok(Document {
        format: FORMAT,
        language: None,
        triggers: triggers.into_iter().collect(),
        edges: links.collect(),
        nodes: read,
        start: None,
    })
}

/// What the page leaves out: every way leads somewhere. A list that is empty, or ends of itself, is left as it is.
fn end(nodes: &[NodeDocument]) -> Option<NodeDocument> {
    let last = nodes.last()?;
    let goes_on = !LAST.contains(&last.kind.as_str());
    goes_on.then(|| NodeDocument {
        id: format!("node_{}", nodes.len() + 1),
        kind: "end".to_owned(),
        name: None,
        config: Map::new(),
        goal: false,
        position: None,
    })
}

fn node(at: usize, mut fields: Map<String, Value>) -> Result<NodeDocument, (&'static str, String)> {
    let mut text = |field: &'static str| match fields.remove(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err((field, "must be text".to_owned())),
    };
    let kind = text("type")?.ok_or_else(|| ("type", "is required".to_owned()))?;
    let (id, name) = (text("id")?, text("name")?);
    let mut config = match fields.remove("config") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(config)) => config,
        Some(_) => return Err(("config", "must be an object".to_owned())),
    };
    if kind == SEND_MESSAGE
        && let Some(message) = message(&mut fields)
    {
        config.insert("message".to_owned(), message);
    }
    config.extend(fields);
    Ok(NodeDocument {
        id: id.unwrap_or_else(|| format!("node_{}", at + 1)),
        kind,
        name,
        config,
        goal: false,
        position: None,
    })
}

/// What a node says: a template by its id, or words.
fn message(fields: &mut Map<String, Value>) -> Option<Value> {
    if let Some(id) = fields.remove("templateId") {
        let variables = fields.remove("variables").unwrap_or_else(|| json!({}));
        return Some(json!({ "type": "template", "templateId": id, "variables": variables }));
    }
    let words = fields.remove("content").or_else(|| fields.remove("text"))?;
    Some(json!({ "type": "text", "body": words }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(value: Value) -> Vec<Map<String, Value>> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn nodes_follow_each_other_and_keep_what_they_say() {
        let list = nodes(json!([
            { "type": "send_message", "templateId": "welcome", "delay": 5 },
            { "type": "wait", "duration": 86400 },
            { "type": "send_message", "content": "Hello" }
        ]));
        let chain = document(Some(("contact_created".to_owned(), Map::new())), list).unwrap();
        let message = json!({ "type": "template", "templateId": "welcome", "variables": {} });
        assert_eq!(chain.nodes[0].config["message"], message);
        assert_eq!((&chain.nodes[0].config["delay"], &chain.nodes[1].config["duration"]), (&json!(5), &json!(86400)));
        assert_eq!(chain.nodes[2].config["message"], json!({ "type": "text", "body": "Hello" }));
        let edges: Vec<_> = chain.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str())).collect();
        assert_eq!(edges, [("node_1", "node_2"), ("node_2", "node_3"), ("node_3", "node_4")]);
        assert_eq!((chain.triggers[0].kind.as_str(), chain.nodes[3].kind.as_str()), ("contact_created", "end"));
    }

    #[test]
    fn a_node_without_a_type_is_told_by_its_place() {
        let problems = document(None, nodes(json!([{ "type": "end" }, { "duration": 1 }]))).unwrap_err();
        assert_eq!(problems[0].field, "nodes[1].type");
    }
}
