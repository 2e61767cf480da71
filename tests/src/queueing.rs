//! Messages of the merchant's, put into the outbox without waking anybody.

use shared::domain::clock;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MessageId};
use shared::domain::message::{Author, Content};
use shared::store::messages::queue::{self, NewOutbound, PRIORITY_REPLY};

use crate::{TestApp, conversation};

impl TestApp {
    /// Queues a text into the first conversation there is, and wakes nobody.
    pub async fn queue(&self, author: Author, text: &str) -> anyhow::Result<MessageId> {
        let (account, conversation, contact) = conversation::open_thread(&self.db).await?;
        self.queue_from(account, conversation, contact, author, text).await
    }

    /// Queues a text into a conversation of an account, and wakes nobody.
    pub async fn queue_from(
        &self,
        account_id: AccountId,
        conversation_id: ConversationId,
        contact_id: ContactId,
        author: Author,
        text: &str,
    ) -> anyhow::Result<MessageId> {
        self.queue_content_from(account_id, conversation_id, contact_id, author, &Content::text_of(text)).await
    }

    /// Queues any content into a conversation of an account, and wakes nobody.
    pub async fn queue_content_from(
        &self,
        account_id: AccountId,
        conversation_id: ConversationId,
        contact_id: ContactId,
        author: Author,
        content: &Content,
    ) -> anyhow::Result<MessageId> {
        let id = MessageId::new();
        let mut transaction = self.context.pool.begin().await?;
        let keys = self.context.keyring.of(&mut transaction, self.merchant.id).await?;
        let message = NewOutbound {
            id,
            merchant_id: self.merchant.id,
            account_id,
            conversation_id,
            contact_id,
            author,
            author_user_id: None,
            content,
            reply_to: None,
            reference: None,
            priority: PRIORITY_REPLY,
            not_before: None,
            trace: None,
            at: clock::now(),
        };
        queue::queue(&mut transaction, &keys, &message).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// Queues any content into the first conversation there is, and wakes nobody.
    pub async fn queue_content(&self, content: &Content) -> anyhow::Result<MessageId> {
        let (account, conversation, contact) = conversation::open_thread(&self.db).await?;
        self.queue_content_from(account, conversation, contact, Author::Agent, content).await
    }
}
