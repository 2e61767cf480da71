//! Several customers at once, each with a thread to send into.

use shared::domain::ids::MessageId;
use shared::domain::message::Author;
use uuid::Uuid;

use crate::TestApp;
use crate::conversation::messages;
use crate::whatsapp::from;

/// Account, conversation and contact.
pub type Thread = (Uuid, Uuid, Uuid);

/// As many customers as `count` have written; account, conversation and contact of each.
pub async fn threads(app: &TestApp, count: usize) -> anyhow::Result<Vec<Thread>> {
    for number in 0..count {
        app.receives([from(&format!("8490{number:07}")).says("hello")]).await?;
    }
    app.settle().await?;
    let sql = "select account_id, id, contact_id from conversations order by id";
    let threads: Vec<Thread> = sqlx::query_as(sql).fetch_all(&app.db).await?;
    anyhow::ensure!(threads.len() == count, "{} threads", threads.len());
    Ok(threads)
}

/// Queues a text into a thread, and wakes nobody.
pub async fn queue_text(app: &TestApp, thread: &Thread, author: Author, text: &str) -> anyhow::Result<MessageId> {
    app.queue_from(thread.0.into(), thread.1.into(), thread.2.into(), author, text).await
}

/// Wakes the sender of the merchant's number and serves it, and nothing else.
pub async fn send(app: &TestApp) -> anyhow::Result<()> {
    app.wake_sender().await?;
    app.send().await?;
    Ok(())
}

/// The statuses of what was queued, in its order.
pub async fn statuses(app: &TestApp) -> anyhow::Result<Vec<String>> {
    let stored = messages(&app.db).await?;
    Ok(stored.into_iter().filter(|message| message.direction == "outbound").map(|message| message.status).collect())
}
