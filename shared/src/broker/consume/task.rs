//! What a delivery carries: one task or several.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::events::envelope::{self, EnvelopeError};
use crate::events::raw::RawEvent;
use crate::events::wake::{WakeAccount, WakeConversation};

/// One unit of work. A delivery carries several where events were coalesced.
pub trait Task: Send + Sync + Sized + 'static {
    /// How [`encode`](Self::encode) lays it out.
    const CONTENT_TYPE: &'static str;

    /// Reads the tasks of one delivery.
    fn decode(body: Bytes) -> Result<Vec<Self>, CodecError>;

    /// Lays one task out as a delivery of its own.
    fn encode(&self) -> Result<Bytes, CodecError>;

    /// The identifier of the task's own, where it has one.
    fn id(&self) -> Option<String> {
        None
    }

    /// When it was accepted from outside, where it says so itself.
    fn received_at(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// W3C trace context, where it carries its own.
    fn traceparent(&self) -> Option<&str> {
        None
    }
}

/// Why a delivery does not read, or a task cannot be laid out.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not an envelope of events.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Not the JSON that was expected.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl Task for RawEvent {
    const CONTENT_TYPE: &'static str = envelope::CONTENT_TYPE;

    fn decode(body: Bytes) -> Result<Vec<Self>, CodecError> {
        Ok(envelope::decode(body)?)
    }

    fn encode(&self) -> Result<Bytes, CodecError> {
        Ok(envelope::encode([self])?)
    }

    fn id(&self) -> Option<String> {
        Some(self.head.id.to_string())
    }

    fn received_at(&self) -> Option<DateTime<Utc>> {
        Some(self.head.received_at)
    }

    fn traceparent(&self) -> Option<&str> {
        self.head.traceparent.as_deref()
    }
}

/// Wake-ups are one JSON object a delivery.
macro_rules! json_task {
    ($($task:ty),*) => {$(
        impl Task for $task {
            const CONTENT_TYPE: &'static str = JSON;

            fn decode(body: Bytes) -> Result<Vec<Self>, CodecError> {
                read_json(&body)
            }

            fn encode(&self) -> Result<Bytes, CodecError> {
                write_json(self)
            }
        }
    )*};
}

json_task!(WakeConversation, WakeAccount);

pub(in crate::broker) const JSON: &str = "application/json";

fn read_json<T: DeserializeOwned>(body: &Bytes) -> Result<Vec<T>, CodecError> {
    Ok(vec![serde_json::from_slice(body)?])
}

fn write_json<T: Serialize>(task: &T) -> Result<Bytes, CodecError> {
    Ok(serde_json::to_vec(task)?.into())
}
