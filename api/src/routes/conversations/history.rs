//! A conversation with all that was ever said in it, written out while it is read: neither the history
//! nor a database connection is held for a client that reads slowly.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures::stream;
use http::header;
use shared::domain::ids::{ConversationId, MerchantId, MessageId};
use shared::store::conversations::parties::Parties;
use shared::store::messages::history as store;
use shared::store::seal::MerchantKeys;

use super::view::ConversationView;
use crate::doors::Door;
use crate::envelope;
use crate::error::ApiError;
use crate::routes::messages::MessageView;
use crate::state::AppState;

/// Messages read at a time.
const CHUNK: i64 = 500;

/// Whose history, and where it comes from.
pub(super) struct History {
    pub(super) state: AppState,
    pub(super) keys: Arc<MerchantKeys>,
    pub(super) merchant: MerchantId,
    pub(super) conversation: ConversationId,
    pub(super) door: Door,
    pub(super) parties: Parties,
}

/// How far it has been written.
enum Progress {
    After(MessageId),
    Ended,
}

/// `conversation` with its whole history.
pub(super) async fn stream(conversation: &ConversationView, history: History) -> Result<Response, ApiError> {
    let mut first = opening(conversation, history.door)?;
    // What goes wrong before the first byte is out is still told by its status.
    let (messages, progress) = history.chunk(None).await?;
    first.extend_from_slice(&messages);
    let rest = stream::try_unfold((history, progress), |(history, progress)| async move {
        let Progress::After(last) = progress else {
            return Ok(None);
        };
        let (messages, progress) = history.chunk(Some(last)).await.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "a history broke off");
        })?;
        Ok::<_, ApiError>(Some((Bytes::from(messages), (history, progress))))
    });
    let whole = futures::StreamExt::chain(stream::iter([Ok(Bytes::from(first))]), rest);
    Ok(([(header::CONTENT_TYPE, envelope::json_type())], Body::from_stream(whole)).into_response())
}

impl History {
    /// The messages after `after`, as they stand in the answer; the last of them close it.
    async fn chunk(&self, after: Option<MessageId>) -> Result<(Vec<u8>, Progress), ApiError> {
        let mut transaction = self.state.begin(self.merchant).await?;
        let mut found =
            store::after(&mut transaction, &self.keys, self.merchant, self.conversation, after, CHUNK).await?;
        drop(transaction);

        let full = i64::try_from(found.len()).is_ok_and(|length| length == CHUNK);
        let last = found.last().map(|message| message.id);
        store::in_reading_order(&mut found);
        let mut out = Vec::new();
        for (index, message) in found.into_iter().enumerate() {
            if index > 0 || after.is_some() {
                out.push(b',');
            }
            out.extend(self.door.spell(&MessageView::new(message, self.door.channel).between(&self.parties))?);
        }
        match last {
            Some(last) if full => Ok((out, Progress::After(last))),
            _ => {
                out.extend_from_slice(b"]}}");
                Ok((out, Progress::Ended))
            }
        }
    }
}

/// Everything up to the first message.
fn opening(conversation: &ConversationView, door: Door) -> Result<Vec<u8>, ApiError> {
    let mut out = br#"{"success":true,"data":"#.to_vec();
    out.extend(door.spell(conversation)?);
    // The object stays open for its last field.
    out.pop();
    out.extend_from_slice(br#","messages":["#);
    Ok(out)
}
