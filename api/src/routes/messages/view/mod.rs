mod attachment;
mod payload;
mod said;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::domain::channel::Channel;
use shared::domain::ids::{ConversationId, MessageId};
use shared::domain::message::received::{Forwarded, Referral};
use shared::domain::message::{Author, Content, Direction};
use shared::domain::status::MessageStatus;
use shared::store::conversations::parties::Parties;
use shared::store::messages::history::Message;
use shared::store::messages::reactions::Reaction;
use utoipa::ToSchema;

use self::attachment::Attachment;
pub(in crate::routes) use self::said::SaidView;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageView {
    id: MessageId,
    conversation_id: ConversationId,
    #[serde(flatten)]
    platform_id: PlatformId,
    direction: Direction,
    /// The platform's id of who wrote it, in a conversation that is read by itself.
    sender_id: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    /// The words, as they are since the last edit; none where there are none, or none any more.
    content: Option<String>,
    /// What it says beyond words and files.
    payload: Option<Value>,
    attachments: Vec<Attachment>,
    is_from_bot: bool,
    author: Author,
    status: MessageStatus,
    status_at: DateTime<Utc>,
    error: Option<Value>,
    reply_to: Option<String>,
    reference: Option<String>,
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<ReactionView>,
    referral: Option<ReferralView>,
    forwarded: Forwarded,
    cost: Option<Value>,
    sent_at: DateTime<Utc>,
}

/// An emoji on a message.
#[derive(Debug, Serialize, ToSchema)]
struct ReactionView {
    from: Side,
    emoji: String,
    at: DateTime<Utc>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Side {
    Contact,
    Business,
}

impl From<Reaction> for ReactionView {
    fn from(reaction: Reaction) -> Self {
        let from = match reaction.direction {
            Direction::Inbound => Side::Contact,
            Direction::Outbound => Side::Business,
        };
        Self { from, emoji: reaction.emoji, at: reaction.at }
    }
}

/// What led the customer here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReferralView {
    source_type: Option<String>,
    source_id: Option<String>,
    source_url: Option<String>,
    headline: Option<String>,
    body: Option<String>,
    click_id: Option<String>,
    reference: Option<String>,
    media_url: Option<String>,
}

impl From<Referral> for ReferralView {
    fn from(referral: Referral) -> Self {
        Self {
            source_type: referral.source_type,
            source_id: referral.source_id,
            source_url: referral.source_url,
            headline: referral.headline,
            body: referral.body,
            click_id: referral.click_id,
            reference: referral.reference,
            media_url: referral.media_url,
        }
    }
}

/// What was sent for one request: the first message, and all of them.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::routes) struct SentView {
    #[serde(flatten)]
    first: MessageView,
    messages: Vec<MessageView>,
}

impl SentView {
    /// Messages of one request in their order; none where there are none.
    pub(super) fn new(sent: Vec<Message>, channel: Channel) -> Option<Self> {
        let first = sent.first()?.clone();
        let messages = sent.into_iter().map(|message| MessageView::new(message, channel)).collect();
        Some(Self { first: MessageView::new(first, channel), messages })
    }
}

/// The platform's id, under the name that the channel's page has for it.
#[derive(Debug, Serialize, ToSchema)]
enum PlatformId {
    #[serde(rename = "waMessageId")]
    WhatsApp(Option<String>),
    #[serde(rename = "platformMessageId")]
    Other(Option<String>),
}

impl MessageView {
    /// `message` as it is shown on `channel`.
    pub(crate) fn new(message: Message, channel: Channel) -> Self {
        let platform_id = match channel {
            Channel::WhatsApp => PlatformId::WhatsApp(message.platform_id),
            Channel::Messenger | Channel::X => PlatformId::Other(message.platform_id),
        };
        // What was taken back is shown no more.
        let said = message.edited.or(message.content).filter(|_| message.revoked_at.is_none());
        Self {
            id: message.id,
            conversation_id: message.conversation_id,
            platform_id,
            direction: message.direction,
            sender_id: None,
            kind: message.kind,
            content: said.as_ref().and_then(Content::text).map(ToOwned::to_owned),
            payload: said.as_ref().and_then(payload::of),
            attachments: said.as_ref().map(|said| attachment::all(said, &message.files)).unwrap_or_default(),
            is_from_bot: message.author.is_bot(),
            author: message.author,
            status: message.status,
            status_at: message.status_at,
            error: message.error,
            reply_to: message.reply_to,
            reference: message.reference,
            edited_at: message.edited_at,
            revoked_at: message.revoked_at,
            reactions: message.reactions.into_iter().map(ReactionView::from).collect(),
            referral: message.surroundings.referral.map(ReferralView::from),
            forwarded: message.surroundings.forwarded,
            cost: None,
            sent_at: message.written_at,
        }
    }

    /// The message with who wrote it.
    #[must_use]
    pub(crate) fn between(mut self, parties: &Parties) -> Self {
        self.sender_id = parties.sender(self.direction).map(ToOwned::to_owned);
        self
    }
}
