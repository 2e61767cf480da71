//! Flows to try the API with.

use serde_json::{Value, json};

use super::{TestApi, TestUser};

/// Where flows stand behind WhatsApp's door.
pub const FLOWS: &str = "/api/v1/whatsapp/flows";

/// A document that can work: whoever writes `word` is told `text`.
pub fn answering(word: &str, text: &str) -> Value {
    json!({
        "language": "en",
        "triggers": [{ "type": "keyword", "config": { "words": [word] } }],
        "nodes": [
            { "id": "greet", "type": "send_message", "config": { "message": { "type": "text", "body": text } } },
            { "id": "end", "type": "end" }
        ],
        "edges": [{ "from": "greet", "to": "end" }]
    })
}

/// A document that the API starts: it asks for a number, and puts half of those asked on each of two arms.
pub fn asking() -> Value {
    json!({
        "language": "en",
        "triggers": [{ "type": "api" }],
        "nodes": [
            { "id": "split", "type": "ab_split", "config": { "arms": [
                { "name": "a", "weight": 1 }, { "name": "b", "weight": 1 } ] } },
            { "id": "ask", "type": "ask", "name": "How many", "goal": true, "config": {
                "message": { "type": "text", "body": "How many?" },
                "answer": { "type": "number", "min": 1.0 },
                "variable": "count",
                "timeout": 3600
            } },
            { "id": "thanks", "type": "send_message", "config": {
                "message": { "type": "text", "body": "{{variables.count}} it is" } } },
            { "id": "later", "type": "send_message", "config": {
                "message": { "type": "text", "body": "Another time" } } },
            { "id": "help", "type": "handoff" },
            { "id": "end", "type": "end" }
        ],
        "edges": [
            { "from": "split", "outlet": "a", "to": "ask" },
            { "from": "split", "outlet": "b", "to": "ask" },
            { "from": "ask", "outlet": "answered", "to": "thanks" },
            { "from": "ask", "outlet": "timed_out", "to": "later" },
            { "from": "ask", "outlet": "failed", "to": "help" },
            { "from": "thanks", "to": "end" },
            { "from": "later", "to": "end" }
        ]
    })
}

/// A document whose flow says something and goes through `flow`.
pub fn going_through(flow: &str) -> Value {
    let mut document = answering("outer", "out");
    document["nodes"] = json!([
        document["nodes"][0],
        { "id": "inner", "type": "start_flow", "config": { "flowId": flow } },
        { "id": "end", "type": "end" }
    ]);
    document["edges"] = json!([{ "from": "greet", "to": "inner" }, { "from": "inner", "to": "end" }]);
    document
}

impl TestApi {
    /// A draft of `user`'s behind WhatsApp's door; its id.
    pub async fn flow(&self, user: &TestUser, name: &str, document: &Value) -> anyhow::Result<String> {
        let made = self.post(FLOWS, user, &json!({ "name": name, "document": document })).await?;
        Ok(made.data()?["id"].as_str().unwrap_or_default().to_owned())
    }

    /// An active flow of `user`'s behind WhatsApp's door; its id.
    pub async fn active_flow(&self, user: &TestUser, name: &str, document: &Value) -> anyhow::Result<String> {
        let id = self.flow(user, name, document).await?;
        self.post(&format!("{FLOWS}/{id}/activate"), user, &json!({})).await?.data()?;
        Ok(id)
    }
}
