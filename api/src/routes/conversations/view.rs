use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, ContactId, ConversationId, TeamId, UserId};
use shared::domain::window::CUSTOMER_SERVICE_WINDOW;
use shared::store::conversations::read::{Contact, Conversation};
use utoipa::ToSchema;

/// A conversation in an inbox.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ConversationView {
    id: ConversationId,
    account_id: AccountId,
    /// The platform's id of the account.
    account_external_id: String,
    contact_id: ContactId,
    channel: Channel,
    status: String,
    handler: String,
    assigned_to_user_id: Option<UserId>,
    assigned_to_team_id: Option<TeamId>,
    contact: ContactView,
    window_expires_at: Option<DateTime<Utc>>,
    last_message_text: Option<String>,
    last_message_at: DateTime<Utc>,
    message_count: i64,
    unread_count: i32,
    #[schema(value_type = Object)]
    references: Value,
    started_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    close_reason: Option<String>,
    /// What a flow told the person whom it handed the conversation to.
    #[serde(skip_serializing_if = "Option::is_none")]
    handoff_note: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationContact)]
struct ContactView {
    id: ContactId,
    wa_id: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    tags: Vec<String>,
}

impl From<Conversation> for ConversationView {
    fn from(conversation: Conversation) -> Self {
        let window_expires_at = match conversation.channel {
            Channel::WhatsApp | Channel::Messenger => {
                conversation.last_inbound_at.map(|last| last + CUSTOMER_SERVICE_WINDOW)
            }
            Channel::X => None,
        };
        Self {
            id: conversation.id,
            account_id: conversation.account_id,
            account_external_id: conversation.account_external_id,
            contact_id: conversation.contact.id,
            channel: conversation.channel,
            status: conversation.status,
            handler: conversation.handler,
            assigned_to_user_id: conversation.assignee_id,
            assigned_to_team_id: conversation.team_id,
            contact: conversation.contact.into(),
            window_expires_at,
            last_message_text: conversation.last_message_text,
            last_message_at: conversation.last_message_at,
            message_count: conversation.message_count,
            unread_count: conversation.unread_count,
            references: conversation.refs,
            started_at: conversation.opened_at,
            closed_at: conversation.closed_at,
            close_reason: conversation.close_reason,
            handoff_note: conversation.handoff_note,
        }
    }
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        Self {
            id: contact.id,
            wa_id: contact.wa_id,
            username: contact.username,
            display_name: contact.display_name,
            tags: contact.tags,
        }
    }
}
