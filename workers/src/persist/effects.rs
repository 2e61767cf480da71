//! What stored messages do to their conversations: what an inbox shows, and who has to answer.
//!
//! Which message does what is told by its content (`shared::domain::message`): a reaction is shown and
//! is nothing to read; edits, revocations and the platform's own news are neither, and leave the
//! customer-service window as it is.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use shared::domain::ids::ConversationId;
use shared::domain::message::Direction;
use shared::store::conversations::open::{Open, Standing};
use shared::store::conversations::summary::{Last, Summary};
use shared::store::inbox::{self, Told, Unread};
use shared::store::keyring::Keys;
use shared::store::messages::queue;
use shared::store::{PgConnection, StoreError};

use super::writing::Claimed;

/// What the messages of one conversation add up to.
struct Sum<'a> {
    conversation: Open,
    added: i64,
    unread: i32,
    last_inbound_at: Option<DateTime<Utc>>,
    last: Option<&'a Claimed<'a>>,
}

impl<'a> Sum<'a> {
    fn of(first: &'a Claimed<'a>) -> Self {
        let mut sum = Self { conversation: first.conversation, added: 0, unread: 0, last_inbound_at: None, last: None };
        sum.add(first);
        sum
    }

    fn add(&mut self, claimed: &'a Claimed<'a>) {
        let message = &claimed.read.message;
        let (content, at) = (&message.content, message.sent_at);
        self.added += 1;
        if message.direction == Direction::Inbound {
            self.unread += i32::from(content.counts_as_unread());
            self.last_inbound_at = self.last_inbound_at.max(content.opens_window().then_some(at));
        }
        let is_latest = self.last.is_none_or(|last| last.read.message.sent_at <= at);
        if content.is_shown_as_last() && is_latest {
            self.last = Some(claimed);
        }
    }

    fn summary(self, keys: &Keys) -> Result<Summary, StoreError> {
        let Open { id, standing } = self.conversation;
        let last = match self.last {
            None => None,
            Some(last) => Some(Last {
                at: last.read.message.sent_at,
                message_id: last.read.id,
                preview: queue::preview(keys.of(last.account.merchant_id)?, id, &last.read.message.content)?,
            }),
        };
        Ok(Summary {
            id,
            standing,
            added: self.added,
            unread: self.unread,
            last_inbound_at: self.last_inbound_at,
            last,
        })
    }
}

/// What `stored` changes in the summaries of conversations.
pub(super) fn summaries(keys: &Keys, stored: &[Claimed<'_>]) -> Result<Vec<Summary>, StoreError> {
    let mut sorted: Vec<&Claimed<'_>> = stored.iter().collect();
    // Stable: the messages of one conversation stay in their order.
    sorted.sort_by_key(|claimed| claimed.conversation.id);
    let mut sums: Vec<Sum<'_>> = Vec::new();
    for claimed in sorted {
        match sums.last_mut().filter(|sum| sum.conversation.id == claimed.conversation.id) {
            Some(sum) => sum.add(claimed),
            None => sums.push(Sum::of(claimed)),
        }
    }
    sums.into_iter().map(|sum| sum.summary(keys)).collect()
}

/// Writes the flow engine its inbox: where the account answers by itself and the conversation is not `of_a_person`.
pub(super) async fn hand_to_flow(
    conn: &mut PgConnection,
    stored: &[Claimed<'_>],
    of_a_person: &HashSet<ConversationId>,
) -> Result<HashSet<ConversationId>, StoreError> {
    let (mut met, mut opened) = (HashSet::new(), HashSet::new());
    let unread: Vec<Unread> = stored
        .iter()
        .filter(|claimed| claimed.read.message.direction == Direction::Inbound)
        .filter(|claimed| claimed.read.message.content.asks_for_an_answer())
        .filter(|claimed| claimed.account.auto_reply_enabled && !of_a_person.contains(&claimed.conversation.id))
        .map(|claimed| Unread {
            message_id: claimed.read.id,
            merchant_id: claimed.account.merchant_id,
            account_id: claimed.account.id,
            conversation_id: claimed.conversation.id,
            sent_at: claimed.read.message.sent_at,
            received_at: claimed.read.received_at,
            position: claimed.read.position,
            told: Told {
                contact_is_new: claimed.contact_is_new && met.insert(claimed.contact_id),
                conversation_is_new: is_new(&claimed.conversation) && opened.insert(claimed.conversation.id),
                says_stop: claimed.says_stop,
            },
        })
        .collect();
    inbox::add(conn, &unread).await?;
    Ok(unread.iter().map(|one| one.conversation_id).collect())
}

const fn is_new(conversation: &Open) -> bool {
    matches!(conversation.standing, Standing::New(_))
}
