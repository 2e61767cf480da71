//! The rows that the product has written, read back, so that the reference writes the very same.

use anyhow::ensure;
use chrono::{DateTime, Utc};
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use super::events::number;

/// A row of `messages`.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Message {
    pub(super) id: Uuid,
    pub(super) merchant_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) conversation_id: Uuid,
    pub(super) contact_id: Uuid,
    pub(super) direction: String,
    pub(super) author: String,
    pub(super) kind: String,
    pub(super) content: Vec<u8>,
    pub(super) platform_id: String,
    pub(super) status: String,
    pub(super) written_at: DateTime<Utc>,
    pub(super) received_at: DateTime<Utc>,
    pub(super) trace_id: Uuid,
}

/// A row of `contacts`.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Contact {
    pub(super) id: Uuid,
    pub(super) merchant_id: Uuid,
    pub(super) display_name: String,
    pub(super) first_interaction_at: DateTime<Utc>,
    pub(super) last_interaction_at: DateTime<Utc>,
    pub(super) last_certain_at: Option<DateTime<Utc>>,
    /// Joined by commas.
    pub(super) channels: String,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) scope: Uuid,
}

/// A row of `conversations`.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Thread {
    pub(super) id: Uuid,
    pub(super) merchant_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) contact_id: Uuid,
    pub(super) last_inbound_at: DateTime<Utc>,
    pub(super) last_message_at: DateTime<Utc>,
    pub(super) last_message_id: Uuid,
    pub(super) last_message_preview: Vec<u8>,
    pub(super) message_count: i64,
    pub(super) unread_count: i32,
    pub(super) opened_at: DateTime<Utc>,
}

/// All of them; each kind in the order in which its events came.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) messages: Vec<Message>,
    /// Of each message its contact, with their address.
    pub(super) contacts: Vec<Contact>,
    /// Of each message its thread.
    pub(super) threads: Vec<Thread>,
}

impl Rows {
    /// What is in `db`: so many messages.
    pub(super) async fn of(db: &PgPool, count: usize) -> anyhow::Result<Self> {
        let mut messages: Vec<Message> = sqlx::query_as(
            "select id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind, content,
                    platform_id, status::text as status, written_at, received_at, trace_id from messages",
        )
        .fetch_all(db)
        .await?;
        ensure!(messages.len() == count, "{} rows are there", messages.len());
        messages.sort_by_cached_key(|message| number(&message.platform_id).unwrap_or(usize::MAX));
        let contacts: Vec<Contact> = sqlx::query_as(
            "select c.id, c.merchant_id, c.display_name, c.first_interaction_at, c.last_interaction_at,
                    c.last_certain_at, array_to_string(c.channels, ',') as channels, i.kind, i.value, i.scope
             from contacts c join identities i on i.contact_id = c.id order by c.id",
        )
        .fetch_all(db)
        .await?;
        let threads: Vec<Thread> = sqlx::query_as(
            "select id, merchant_id, account_id, contact_id, last_inbound_at, last_message_at, last_message_id,
                    last_message_preview, message_count, unread_count, opened_at from conversations order by id",
        )
        .fetch_all(db)
        .await?;
        Ok(Self { messages, contacts, threads })
    }
}
