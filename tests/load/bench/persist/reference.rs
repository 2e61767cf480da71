//! Bare SQL that writes the same rows to all the same tables, as good as one would write it by hand.
//!
//! It knows everything beforehand: who is known, which ids rows get, what each batch adds up to. So it asks for
//! nothing, locks nothing, and its connections never meet in one row.

use std::collections::BTreeMap;
use std::time::Instant;

use futures::future::try_join_all;
use secrecy::SecretString;
use shared::config::Database;
use shared::store::{PgConnection, Role, pool};
use sqlx::Connection as _;
use uuid::Uuid;

use super::rows::{Contact, Message, Rows, Thread};
use super::statements;
use crate::figures::rate;

/// The batches of one connection.
type Share = Vec<Batch>;

/// What one transaction writes.
pub(super) struct Batch {
    pub(super) messages: statements::Messages,
    pub(super) new: Option<statements::New>,
    pub(super) changed: Option<statements::Changed>,
}

/// Values of every batch, ready to be bound.
pub(super) struct Reference {
    shares: Vec<Share>,
    messages: usize,
    /// Rows in a transaction.
    pub(super) batch: usize,
}

impl Reference {
    /// In batches of `size` rows, each a transaction, for customers that are known before; each is written to by one
    /// connection alone.
    pub(super) fn of_known(rows: &Rows, connections: usize, size: usize) -> Self {
        let (contacts, threads) = by_id(rows);
        let mut of_connection: Vec<Vec<&Message>> = vec![Vec::new(); connections];
        let places: BTreeMap<Uuid, usize> = rows.threads.iter().map(|thread| thread.id).zip(0..).collect();
        for message in &rows.messages {
            let place = places.get(&message.conversation_id).copied().unwrap_or_default();
            of_connection[place % connections].push(message);
        }
        let batch = |messages: &[&Message]| Batch {
            messages: statements::Messages::of(messages),
            new: None,
            changed: Some(statements::Changed::by(messages, &contacts, &threads)),
        };
        let shares = of_connection.iter().map(|messages| messages.chunks(size).map(batch).collect());
        Self { shares: shares.collect(), messages: rows.messages.len(), batch: size }
    }

    /// The same for customers that are all new, each of whom writes once.
    pub(super) fn of_new(rows: &Rows, connections: usize, size: usize) -> Self {
        let (contacts, threads) = by_id(rows);
        let mut shares: Vec<Share> = (0..connections).map(|_| Vec::new()).collect();
        for (number, messages) in rows.messages.chunks(size).enumerate() {
            let messages: Vec<&Message> = messages.iter().collect();
            let new = statements::New::of(
                messages.iter().filter_map(|message| contacts.get(&message.contact_id).copied()),
                messages.iter().filter_map(|message| threads.get(&message.conversation_id).copied()),
            );
            let batch = Batch { messages: statements::Messages::of(&messages), new: Some(new), changed: None };
            shares[number % connections].push(batch);
        }
        Self { shares, messages: rows.messages.len(), batch: size }
    }

    /// Writes everything over a connection for each share; messages a second.
    pub(super) async fn write(&self, login: &str) -> anyhow::Result<f64> {
        let connections = u32::try_from(self.shares.len())?;
        let workers =
            pool::open(&Database { url: SecretString::from(login), pool: connections }, Role::Worker, "bench")?;
        let mut open = Vec::new();
        for _ in &self.shares {
            open.push(workers.acquire().await?);
        }
        let began = Instant::now();
        let writing = open.iter_mut().zip(&self.shares).map(async |(conn, share)| write_share(conn, share).await);
        try_join_all(writing).await?;
        Ok(rate(self.messages as u64, began.elapsed()))
    }
}

fn by_id(rows: &Rows) -> (BTreeMap<Uuid, &Contact>, BTreeMap<Uuid, &Thread>) {
    (
        rows.contacts.iter().map(|contact| (contact.id, contact)).collect(),
        rows.threads.iter().map(|thread| (thread.id, thread)).collect(),
    )
}

async fn write_share(conn: &mut PgConnection, share: &Share) -> anyhow::Result<()> {
    for batch in share {
        let mut transaction = conn.begin().await?;
        if let Some(new) = &batch.new {
            new.write(&mut transaction).await?;
        }
        if let Some(changed) = &batch.changed {
            changed.write(&mut transaction).await?;
        }
        batch.messages.write(&mut transaction).await?;
        transaction.commit().await?;
    }
    Ok(())
}
