//! Wake-ups: they say who has something to do, never what. What is to be done stands in a work table.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, ConversationId};

/// A conversation has something to read (queue `flow`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WakeConversation {
    /// Which.
    pub conversation_id: ConversationId,
}

/// An account has messages to send (queue `outbound`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WakeAccount {
    /// Which.
    pub account_id: AccountId,
}
