//! Putting messages into a conversation: what has to hold before, and everything that is written with them.

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, ConversationId, MessageId};
use shared::domain::message::{Author, Content};
use shared::domain::window;
use shared::store::Transaction;
use shared::store::audit::{self, Entry};
use shared::store::conversations::answer::{self, Answerable};
use shared::store::keyring::Keys;
use shared::store::messages::history::Message;
use shared::store::messages::queue::{self, NewOutbound};

use super::allowance;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::AppState;

/// Messages to put into one conversation.
#[derive(Clone, Copy, Debug)]
pub(in crate::routes) struct Outgoing<'a> {
    pub(in crate::routes) channel: Channel,
    /// The conversation, locked.
    pub(in crate::routes) to: &'a Answerable,
    /// In the order in which they are sent.
    pub(in crate::routes) contents: &'a [Content],
    /// The platform's id of the message that the first of them answers.
    pub(in crate::routes) reply_to: Option<&'a str>,
    pub(in crate::routes) reference: Option<&'a str>,
    pub(in crate::routes) author: Author,
    pub(in crate::routes) priority: i16,
    pub(in crate::routes) at: DateTime<Utc>,
}

/// Messages that wait to be sent, as they are known without looking again.
#[derive(Clone, Debug)]
pub(in crate::routes) struct Queued {
    pub(super) account_id: AccountId,
    pub(super) conversation_id: ConversationId,
    pub(super) messages: Vec<Message>,
}

impl Outgoing<'_> {
    /// Refuses what may not go now.
    fn check(&self) -> Result<(), ApiError> {
        if !self.to.open {
            return Err(ApiError::Conflict("the conversation is closed".to_owned()));
        }
        if self.to.account_status == AccountStatus::Inactive {
            return Err(ApiError::Conflict("the account of the conversation is disconnected".to_owned()));
        }
        let window = window::judge(self.channel, self.author, self.to.last_inbound_at, self.at);
        let goes = |content: &Content| window.lets_through(self.channel, content);
        if self.contents.iter().all(goes) { Ok(()) } else { Err(ApiError::WindowClosed) }
    }
}

/// Messages, outbox, conversation and audit, or nothing of it: the caller commits. Where a person writes, the
/// conversation is theirs from here on; an integration with its key takes nothing over.
pub(in crate::routes) async fn queue(
    transaction: &mut Transaction,
    state: &AppState,
    caller: &Caller,
    outgoing: &Outgoing<'_>,
) -> Result<Queued, ApiError> {
    let merchant = caller.merchant_id;
    outgoing.check()?;
    allowance::check(transaction, merchant, outgoing).await?;
    let keys = state.keyring.of(transaction, merchant).await?;
    let new = |(index, content)| NewOutbound {
        id: MessageId::new(),
        merchant_id: merchant,
        account_id: outgoing.to.account_id,
        conversation_id: outgoing.to.id,
        contact_id: outgoing.to.contact_id,
        author: outgoing.author,
        author_user_id: caller.user_id(),
        content,
        // Several files answer once.
        reply_to: outgoing.reply_to.filter(|_| index == 0),
        reference: outgoing.reference,
        priority: outgoing.priority,
        not_before: None,
        trace: caller.trace,
        at: outgoing.at,
    };
    let messages: Vec<NewOutbound<'_>> = outgoing.contents.iter().enumerate().map(new).collect();
    queue::queue_all(transaction, &Keys::from((merchant, keys)), &messages).await?;
    if outgoing.author == Author::Agent {
        answer::taken_over(transaction, merchant, outgoing.to.id).await?;
    }
    let entries: Vec<Entry> = messages.iter().map(|message| entry(caller, message)).collect();
    audit::record_all(transaction, &entries).await?;
    Ok(Queued {
        account_id: outgoing.to.account_id,
        conversation_id: outgoing.to.id,
        messages: messages.iter().map(Message::queued).collect(),
    })
}

fn entry(caller: &Caller, message: &NewOutbound<'_>) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "message.sent",
        entity: "message",
        entity_id: message.id.0,
        before: None,
        after: Some(json!({ "conversationId": message.conversation_id, "type": message.content.kind() })),
        at: message.at,
    }
}
