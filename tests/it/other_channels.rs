//! Messenger and X: the same way, in their own words.

use shared::domain::channel::Channel;
use shared::domain::message::Author;
use simulator::Inbound;
use sqlx::PgPool;
use tests::conversation::{messages, open_thread};
use tests::merchant::NewAccount;
use tests::{MIGRATOR, TestApp};

const PAGE: &str = "1234567890";
const X_USER: &str = "4337869213";

async fn someone_wrote(
    app: &TestApp,
    channel: Channel,
    platform: simulator::Channel,
    account: &str,
) -> anyhow::Result<()> {
    let business_id = None;
    app.connect(&NewAccount { channel, external_id: account, business_id, auto_reply: false, app: "default" }).await?;
    let told = app.platform.inbound(Inbound::from_user(platform, account, "24012345678", "hello & welcome")).await;
    anyhow::ensure!(told.is_ok(), "the platform could not tell");
    app.settle().await
}

async fn answer(app: &TestApp) -> anyhow::Result<String> {
    let (account, conversation, contact) = open_thread(&app.db).await?;
    let id = app.queue_from(account, conversation, contact, Author::Agent, "and to you").await?;
    app.wake(account).await?;
    app.settle().await?;
    let stored = messages(&app.db).await?;
    assert_eq!(stored.len(), 2, "an echo of our own answer is no message of its own");
    Ok(stored.into_iter().find(|message| message.id == id.0).map(|message| message.status).unwrap_or_default())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_text_to_a_page_is_stored_answered_and_read(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    someone_wrote(&app, Channel::Messenger, simulator::Channel::Messenger, PAGE).await?;
    assert_eq!(answer(&app).await?, "read");

    let sent = app.platform.received();
    let [request] = &sent[..] else { panic!("expected one request, found {}", sent.len()) };
    assert_eq!(request.path, format!("/v25.0/{PAGE}/messages"));
    let body = request.json();
    assert_eq!(body["messaging_type"], "RESPONSE");
    assert_eq!(body["message"]["text"], "and to you");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_direct_message_on_x_is_stored_and_answered(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    someone_wrote(&app, Channel::X, simulator::Channel::X, X_USER).await?;
    let stored = messages(&app.db).await?;
    let content = stored[0].content(&app.context.pool, &app.context.keyring).await?;
    assert_eq!(content.text(), Some("hello & welcome"), "X escapes what it delivers");
    assert!(["sent", "read"].contains(&answer(&app).await?.as_str()));

    let sent = app.platform.received();
    let [request] = &sent[..] else { panic!("expected one request, found {}", sent.len()) };
    assert_eq!(request.path, "/2/dm_conversations/with/24012345678/messages");
    assert_eq!(request.json()["text"], "and to you");
    app.stop().await
}
