//! One request, as it is kept and shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::channel::Channel;

/// A request to send or mark.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Received {
    /// When it came, in microseconds since 1970.
    pub at: i64,
    /// The platform that was asked.
    pub channel: Channel,
    /// The path, without a query.
    pub path: String,
    /// Its headers; credentials are hidden.
    #[serde(serialize_with = "as_map")]
    pub headers: Arc<[(String, String)]>,
    /// The body, as text.
    #[serde(rename = "json", serialize_with = "as_json")]
    pub body: Arc<str>,
    /// The account that sends: phone number id, page id, X user id.
    pub account: String,
    /// The customer's address as the request wrote it, if it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The sender's own name for the message.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The platform's id of the message, where it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform_id: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "is")]
pub enum Outcome {
    /// The message was taken and the sender told.
    Accepted,
    /// The message was taken, but the connection was cut before the answer.
    AnswerLost,
    /// A read mark or typing indicator was taken.
    Marked,
    /// It was refused.
    #[serde(rename_all = "camelCase")]
    Refused {
        /// The HTTP status of the answer.
        http_status: u16,
        /// The platform's code.
        code: i64,
    },
    /// The connection was cut, and nothing taken.
    Dropped,
    /// No answer came for a time, then the connection was cut, and nothing taken.
    Hung,
}

impl Received {
    /// The body as JSON; text that is not JSON as a JSON string.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| Value::from(&*self.body))
    }

    /// The reference without the number of the attempt that it may end in (`…:2`).
    pub fn message_name(&self) -> Option<&str> {
        let reference = self.reference.as_deref()?;
        Some(match reference.rsplit_once(':') {
            Some((name, attempt)) if is_number(attempt) => name,
            _ => reference,
        })
    }
}

/// Which requests to list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Filter {
    /// Only to this customer, written as in the request.
    pub to: Option<String>,
    /// Only those whose reference is this, holds it as message id, or is an attempt of it.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// At most so many, the newest: 100 where nothing is said.
    pub limit: Option<usize>,
}

impl Filter {
    /// Everything that is kept.
    pub fn all() -> Self {
        Self { limit: Some(usize::MAX), ..Self::default() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(100)
    }

    pub(crate) fn fits(&self, received: &Received) -> bool {
        let to_fits = self.to.is_none() || self.to == received.to;
        let reference_fits = self
            .reference
            .as_deref()
            .is_none_or(|wanted| received.reference.as_deref().is_some_and(|reference| names(reference, wanted)));
        to_fits && reference_fits
    }
}

/// Whether `reference` is `wanted`, or one of its parts between colons is.
fn names(reference: &str, wanted: &str) -> bool {
    reference == wanted
        || reference.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(':'))
        || reference.split(':').any(|part| part == wanted)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn as_json<S: Serializer>(body: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::from_str::<Value>(body).unwrap_or_else(|_| Value::from(&**body)).serialize(serializer)
}

fn as_map<S: Serializer>(headers: &Arc<[(String, String)]>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in headers.iter() {
        map.entry(name).or_default().push(value);
    }
    serializer.collect_map(map.into_iter().map(|(name, values)| (name, values.join(", "))))
}
