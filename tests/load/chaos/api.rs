//! The REST API, as an agent's console uses it.

use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use shared::channels::http;
use uuid::Uuid;

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Longer than a send waits for its outcome.
const LIMIT: Duration = Duration::from_secs(15);

/// Someone who has logged in. A token holds for an hour, longer than a run.
#[derive(Clone)]
pub(crate) struct Api {
    base: String,
    client: reqwest::Client,
    token: String,
}

/// How a request to send was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The message is queued.
    Queued,
    /// Nobody was there: nothing was queued.
    NotAsked,
    /// Anything else: it may be queued or not.
    Unknown(String),
}

impl Api {
    /// Logs in.
    pub(crate) async fn login(base: String, email: &str, password: &str) -> anyhow::Result<Self> {
        let client = http::client_with(CONNECT_LIMIT, LIMIT)?;
        let login = json!({ "email": email, "password": password });
        let answer = client.post(format!("{base}/api/v1/auth/login")).json(&login).send().await?;
        let answer: Value = answer.error_for_status()?.json().await?;
        let token = answer["data"]["accessToken"].as_str().context("no token")?.to_owned();
        Ok(Self { base, client, token })
    }

    /// Connects a WhatsApp number.
    pub(crate) async fn connect(&self, phone_number_id: &str, waba_id: &str) -> anyhow::Result<()> {
        let account =
            json!({ "phoneNumberId": phone_number_id, "businessAccountId": waba_id, "accessToken": "load-token" });
        let answer = self.post("accounts", &account).send().await?;
        ensure!(answer.status().is_success(), "the number was not connected: {}", answer.status());
        Ok(())
    }

    /// Sends a text into `conversation`, once; the message bears `reference`.
    pub(crate) async fn send(&self, conversation: Uuid, reference: &str) -> Answer {
        let text = json!({ "type": "text", "content": format!("answer {reference}"), "reference": reference });
        match self.post(&format!("conversations/{conversation}/messages"), &text).send().await {
            Ok(answer) if answer.status().is_success() => Answer::Queued,
            Ok(answer) => Answer::Unknown(answer.status().as_u16().to_string()),
            Err(error) if error.is_connect() => Answer::NotAsked,
            Err(error) if error.is_timeout() => Answer::Unknown("timeout".to_owned()),
            Err(_) => Answer::Unknown("cut".to_owned()),
        }
    }

    fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.client.post(format!("{}/api/v1/whatsapp/{path}", self.base)).bearer_auth(&self.token).json(body)
    }
}
