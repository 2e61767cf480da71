//! A conversation as an inbox shows it, out of its row.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ContactId, ConversationId, TeamId, UserId};
use crate::store::conversations::summary::PREVIEW;
use crate::store::error::StoreError;
use crate::store::flows::changes::NOTE;
use crate::store::seal::{Binding, MerchantKeys};

/// A conversation, with what an inbox shows of its contact.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The conversation.
    pub id: ConversationId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The platform's id of it.
    pub account_external_id: String,
    /// The platform.
    pub channel: Channel,
    /// The customer.
    pub contact: Contact,
    /// `open` or `closed`.
    pub status: String,
    /// Who answers: `bot`, `ai` or `human`.
    pub handler: String,
    /// The person it is assigned to.
    pub assignee_id: Option<UserId>,
    /// The team it is assigned to.
    pub team_id: Option<TeamId>,
    /// Why it was closed.
    pub close_reason: Option<String>,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// When anyone last wrote.
    pub last_message_at: DateTime<Utc>,
    /// The first words of the last message.
    pub last_message_text: Option<String>,
    /// How many messages it has.
    pub message_count: i64,
    /// How many of them nobody has read.
    pub unread_count: i32,
    /// Orders and the like that it is found by.
    pub refs: Value,
    /// Since when.
    pub opened_at: DateTime<Utc>,
    /// Until when.
    pub closed_at: Option<DateTime<Utc>>,
    /// What a flow told the person whom it handed the conversation to.
    pub handoff_note: Option<String>,
}

/// A customer in an inbox.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The customer.
    pub id: ContactId,
    /// The WhatsApp id, the phone number in digits; none for whom WhatsApp shows no number.
    pub wa_id: Option<String>,
    /// The user name that the customer shows.
    pub username: Option<String>,
    /// The customer's name.
    pub display_name: Option<String>,
    /// The merchant's tags.
    pub tags: Vec<String>,
}

/// A row of the statements in [`read`](super::read).
pub(super) struct Row {
    pub(super) id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) account_external_id: String,
    pub(super) channel: String,
    pub(super) contact_id: Uuid,
    pub(super) wa_id: Option<String>,
    pub(super) username: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) tags: Vec<String>,
    pub(super) status: String,
    pub(super) handler: String,
    pub(super) assignee_id: Option<Uuid>,
    pub(super) team_id: Option<Uuid>,
    pub(super) close_reason: Option<String>,
    pub(super) last_inbound_at: Option<DateTime<Utc>>,
    pub(super) last_message_at: DateTime<Utc>,
    pub(super) last_message_preview: Option<Vec<u8>>,
    pub(super) message_count: i64,
    pub(super) unread_count: i32,
    pub(super) refs: Value,
    pub(super) opened_at: DateTime<Utc>,
    pub(super) closed_at: Option<DateTime<Utc>>,
    pub(super) handoff_note: Option<Vec<u8>>,
}

impl Row {
    /// The conversation, its preview opened.
    pub(super) fn read(self, keys: &MerchantKeys) -> Result<Conversation, StoreError> {
        let corrupt = |problem: String| StoreError::Corrupt { table: "conversations", problem };
        let words = |sealed: Option<Vec<u8>>, place: &'static str| -> Result<Option<String>, StoreError> {
            let opened = sealed.map(|sealed| keys.open(Binding::new(place, self.id), &sealed)).transpose()?;
            let words = opened.map(String::from_utf8).transpose();
            words.map_err(|error| corrupt(error.utf8_error().to_string()))
        };
        let preview = words(self.last_message_preview, PREVIEW)?;
        let handoff_note = words(self.handoff_note, NOTE)?;
        Ok(Conversation {
            id: self.id.into(),
            account_id: self.account_id.into(),
            account_external_id: self.account_external_id,
            channel: self.channel.parse().map_err(|error| corrupt(format!("{error}")))?,
            contact: Contact {
                id: self.contact_id.into(),
                wa_id: self.wa_id,
                username: self.username,
                display_name: self.display_name,
                tags: self.tags,
            },
            status: self.status,
            handler: self.handler,
            assignee_id: self.assignee_id.map(UserId),
            team_id: self.team_id.map(TeamId),
            close_reason: self.close_reason,
            last_inbound_at: self.last_inbound_at,
            last_message_at: self.last_message_at,
            last_message_text: preview,
            message_count: self.message_count,
            unread_count: self.unread_count,
            refs: self.refs,
            opened_at: self.opened_at,
            closed_at: self.closed_at,
            handoff_note,
        })
    }
}
