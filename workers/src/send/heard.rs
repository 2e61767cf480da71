//! What flows hear of their messages: that a question was sent, and that a message never will arrive.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::broker::{Publisher, Queue};
use shared::domain::ids::{ConversationId, MerchantId, MessageId};
use shared::events::wake::WakeConversation;
use shared::flow::Event;
use shared::store::flows::events::{self, Heard, NewEvent};
use shared::store::flows::sessions::{self, Listening};
use shared::store::{Keyring, PgConnection, StoreError};

/// Tells the flows that wait for it that their questions were sent; gives the conversations to wake.
pub(crate) async fn sent(
    conn: &mut PgConnection,
    keyring: &Keyring,
    messages: &[MessageId],
    at: DateTime<Utc>,
) -> Result<Vec<ConversationId>, StoreError> {
    let listening = sessions::asking(conn, messages).await?;
    let event = |one: &Listening| Some(Event::Sent { message_id: one.message_id, at });
    tell(conn, keyring, &listening, event).await
}

/// Tells flows which of their messages failed, and why, as their rows say; gives the conversations to wake.
pub(crate) async fn failed(
    conn: &mut PgConnection,
    keyring: &Keyring,
    failures: &[(MessageId, Value)],
) -> Result<Vec<ConversationId>, StoreError> {
    let ids: Vec<MessageId> = failures.iter().map(|(id, _)| *id).collect();
    let listening = sessions::saying(conn, &ids).await?;
    let errors: HashMap<MessageId, &Value> = failures.iter().map(|(id, error)| (*id, error)).collect();
    let event = |one: &Listening| {
        let error = errors.get(&one.message_id)?;
        let text =
            |name: &str| error.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        let (code, reason) = (text("code").unwrap_or_default(), text("title").unwrap_or_default());
        Some(Event::SendFailed { message_id: one.message_id, code, reason })
    };
    tell(conn, keyring, &listening, event).await
}

async fn tell(
    conn: &mut PgConnection,
    keyring: &Keyring,
    listening: &[Listening],
    event: impl Fn(&Listening) -> Option<Event>,
) -> Result<Vec<ConversationId>, StoreError> {
    if listening.is_empty() {
        return Ok(Vec::new());
    }
    let merchants: Vec<MerchantId> = listening.iter().map(|one| one.merchant_id).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let new = |one: &Listening| {
        Some(NewEvent {
            merchant_id: one.merchant_id,
            conversation_id: one.conversation_id,
            session_id: Some(one.session_id),
            heard: Heard::Event(event(one)?),
        })
    };
    let new: Vec<NewEvent> = listening.iter().filter_map(new).collect();
    events::add(conn, &keys, &new).await?;
    let told: BTreeSet<ConversationId> = new.iter().map(|event| event.conversation_id).collect();
    Ok(told.into_iter().collect())
}

/// Wakes the flow engine for what it was told. A wake that is lost here is found by the janitor.
pub(crate) async fn wake(publisher: &Publisher, told: Vec<ConversationId>) {
    let wakes = told.into_iter().map(|conversation_id| WakeConversation { conversation_id });
    if let Err(error) = publisher.wake(Queue::Flow, wakes).await {
        tracing::warn!(%error, "the flow engine was not woken");
    }
}
