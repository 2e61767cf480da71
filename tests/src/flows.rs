//! Automation flows of a test: published straight into the store, stepped when the test says so.

use std::sync::Arc;

use serde_json::{Value, json};
use shared::broker::consume;
use shared::domain::ids::FlowId;
use workers::janitor::{flow_clock, flows};

use crate::TestApp;

impl TestApp {
    /// Publishes a flow for the whole merchant, and activates it.
    pub async fn publish(&self, name: &str, document: &Value) -> anyhow::Result<FlowId> {
        let id = FlowId::new();
        sqlx::query("insert into flows (id, merchant_id, name, draft) values ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(self.merchant.id.0)
            .bind(name)
            .bind(document)
            .execute(&self.db)
            .await?;
        self.publish_version(id, 1, document).await?;
        Ok(id)
    }

    /// Publishes a version of a flow, and activates it.
    pub async fn publish_version(&self, id: FlowId, version: i32, document: &Value) -> anyhow::Result<()> {
        sqlx::query("insert into flow_versions (flow_id, version, merchant_id, document) values ($1, $2, $3, $4)")
            .bind(id.0)
            .bind(version)
            .bind(self.merchant.id.0)
            .bind(document)
            .execute(&self.db)
            .await?;
        sqlx::query("update flows set published_version = $2, status = 'active' where id = $1")
            .bind(id.0)
            .bind(version)
            .execute(&self.db)
            .await?;
        Ok(())
    }

    /// Flows answer on the merchant's number.
    pub async fn answer_by_flows(&self) -> anyhow::Result<()> {
        sqlx::query("update accounts set auto_reply_enabled = true where id = $1")
            .bind(self.account.0)
            .execute(&self.db)
            .await?;
        Ok(())
    }

    /// Steps flows, and nothing else.
    pub async fn step(&self) -> anyhow::Result<usize> {
        Ok(consume::drain(Arc::clone(&self.flow), &self.broker.broker).await?)
    }

    /// Steps flows by several engines at once.
    pub async fn step_with(&self, engines: usize) -> anyhow::Result<()> {
        let drains = (0..engines).map(|_| consume::drain(Arc::clone(&self.flow), &self.broker.broker));
        futures::future::try_join_all(drains).await?;
        Ok(())
    }

    /// Makes the calls that flows ask for, and nothing else.
    pub async fn call(&self) -> anyhow::Result<usize> {
        Ok(self.caller.settle().await?)
    }

    /// The janitor's round over waits.
    pub async fn fire_waits(&self) -> anyhow::Result<()> {
        Ok(flows::fire_waits(&self.context, &self.janitor).await?)
    }

    /// The janitor's rounds over what flows listen to by the clock.
    pub async fn clock_strikes(&self) -> anyhow::Result<()> {
        flow_clock::unanswered(&self.context).await?;
        Ok(flow_clock::scheduled(&self.context).await?)
    }

    /// Whatever flows wait for is due.
    pub async fn waits_are_over(&self) -> anyhow::Result<()> {
        sqlx::query("update waits set due = now() - interval '1 second'").execute(&self.db).await?;
        self.fire_waits().await
    }

    /// How a flow's sessions went, and how often its nodes were passed: `(node, passage, outlet)`.
    pub async fn figures(&self, flow: FlowId) -> anyhow::Result<Vec<(String, String, String, i64)>> {
        flows::fold(&self.context).await?;
        let rows = sqlx::query_as(
            "select node_id, passage, outlet, total from flow_figures where flow_id = $1 order by 1, 2, 3",
        );
        Ok(rows.bind(flow.0).fetch_all(&self.db).await?)
    }

    /// How many turns of conversations the flow engine has taken.
    pub fn turns(&self) -> u64 {
        let families = self.registry.gather();
        let turns = families.iter().filter(|family| family.name() == "loa_flow_turns_total");
        let sum: f64 = turns
            .flat_map(prometheus::proto::MetricFamily::get_metric)
            .map(|metric| metric.get_counter().get_value())
            .sum();
        // Counts are whole numbers, and few.
        format!("{sum:.0}").parse().unwrap_or_default()
    }

    /// What the flow engine, or anybody, has sent to a customer: the words of each message in order.
    pub fn said_to(&self, phone: &str) -> Vec<String> {
        let sent = self.platform.received_to(phone);
        sent.iter().map(|request| words(&request.json())).collect()
    }
}

/// The words of a message as the platform was given it.
fn words(message: &Value) -> String {
    let body = ["/text/body", "/interactive/body/text", "/template/name"].iter().find_map(|at| message.pointer(at));
    body.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A flow that a word starts: a [`chain`] of nodes.
pub fn on_word(word: &str, nodes: &[(&str, &str, Value)]) -> Value {
    chain(json!({ "type": "keyword", "config": { "words": [word] } }), nodes)
}

/// A flow with one trigger and a chain of nodes: id, type and configuration of each. It ends behind the last.
pub fn chain(trigger: Value, nodes: &[(&str, &str, Value)]) -> Value {
    let mut nodes = nodes.to_vec();
    if !matches!(nodes.last(), Some((_, "end" | "handoff" | "close" | "jump", _))) {
        nodes.push(("over", "end", json!({})));
    }
    let made = nodes.iter().map(|(id, kind, config)| json!({ "id": id, "type": kind, "config": config }));
    let outlet = |kind: &str| if kind == "ask" { "answered" } else { "next" };
    let edges = nodes.windows(2).map(|pair| json!({ "from": pair[0].0, "outlet": outlet(pair[0].1), "to": pair[1].0 }));
    let mut trigger = trigger;
    if trigger.get("config").is_none() {
        trigger["config"] = json!({});
    }
    json!({
        "format": 1,
        "language": "en",
        "triggers": [trigger],
        "nodes": made.collect::<Vec<_>>(),
        "edges": edges.collect::<Vec<_>>(),
    })
}

/// The configuration of a node that says words.
pub fn says(words: &str) -> Value {
    json!({ "message": { "type": "text", "body": words } })
}

/// The configuration of a node that asks for words, kept in a variable.
pub fn asks(words: &str, variable: &str) -> Value {
    json!({ "message": { "type": "text", "body": words }, "answer": { "type": "text" }, "variable": variable })
}
