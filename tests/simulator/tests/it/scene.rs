//! A simulator, a receiver, and a client that sends.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use simulator::{Behaviour, Config, Delay, Simulator};

use crate::receiver::Receiver;

pub(crate) const NUMBER: &str = "106540352242922";
pub(crate) const CUSTOMER: &str = "84901234567";
pub(crate) const REFERENCE: &str = "loa:018f0000-0000-7000-8000-000000000000:1";

pub(crate) struct Scene {
    pub(crate) simulator: Simulator,
    pub(crate) receiver: Receiver,
    pub(crate) client: Client,
}

impl Scene {
    /// A tidy platform whose statuses wait until they are flushed.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::with(later()).await
    }

    pub(crate) async fn with(behaviour: Behaviour) -> anyhow::Result<Self> {
        Self::of(Config { behaviour, ..quick() }).await
    }

    pub(crate) async fn of(mut config: Config) -> anyhow::Result<Self> {
        let receiver = Receiver::start().await?;
        config.behaviour.webhook_target = Some(receiver.url.clone());
        Ok(Self {
            simulator: Simulator::start(config).await?,
            receiver,
            client: Client::builder().timeout(Duration::from_secs(10)).no_proxy().build()?,
        })
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.simulator.url())).json(body)
    }

    /// Sends `body` from the number, with a token.
    pub(crate) async fn send(&self, body: &Value) -> reqwest::Result<Response> {
        self.post(&format!("/v25.0/{NUMBER}/messages"), body).bearer_auth("token").send().await
    }

    /// Every status that the receiver got, in order.
    pub(crate) fn statuses(&self) -> Vec<Value> {
        self.receiver
            .webhooks()
            .iter()
            .flat_map(|webhook| {
                let body = webhook.json();
                let changes = items(&body["entry"]).flat_map(|entry| items(&entry["changes"]).collect::<Vec<_>>());
                changes.flat_map(|change| items(&change["value"]["statuses"]).collect::<Vec<_>>()).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The names of the statuses that the receiver got, in order.
    pub(crate) fn status_names(&self) -> Vec<String> {
        self.statuses().iter().filter_map(|status| Some(status["status"].as_str()?.to_owned())).collect()
    }
}

/// Retries follow at once, and few.
pub(crate) fn quick() -> Config {
    Config { attempts: 3, retry_after_ms: 5, seed: Some(7), ..Config::default() }
}

/// Statuses come hours later: only a flush brings them.
pub(crate) fn later() -> Behaviour {
    Behaviour {
        sent_after_ms: Delay::millis(3_600_000),
        delivered_after_ms: Delay::millis(7_200_000),
        read_after_ms: Delay::millis(10_800_000),
        ..Behaviour::default()
    }
}

pub(crate) fn text(body: &str) -> Value {
    json!({
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": format!("+{CUSTOMER}"),
        "type": "text",
        "text": { "body": body },
        "biz_opaque_callback_data": REFERENCE,
    })
}

/// A message of the type `kind`.
pub(crate) fn message(kind: &str, content: &Value) -> Value {
    json!({ "messaging_product": "whatsapp", "to": format!("+{CUSTOMER}"), "type": kind, kind: content })
}

/// A message with something to tap, with words where `parts` has none.
pub(crate) fn interactive(kind: &str, action: &Value, parts: &Value) -> Value {
    let mut interactive = json!({ "type": kind, "body": { "text": "Choose" }, "action": action });
    if let (Some(interactive), Some(parts)) = (interactive.as_object_mut(), parts.as_object()) {
        interactive.extend(parts.clone());
    }
    message("interactive", &interactive)
}

/// Polls until `holds`, ten seconds at most.
pub(crate) async fn eventually(holds: impl Fn() -> bool) -> bool {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while !holds() {
        if tokio::time::Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

fn items(list: &Value) -> impl Iterator<Item = Value> {
    list.as_array().cloned().unwrap_or_default().into_iter()
}
