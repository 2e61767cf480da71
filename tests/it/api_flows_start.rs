//! A flow that the API starts.

use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::ContactId;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::{FLOWS, answering, asking};

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_flow_is_asked_for_in_a_conversation_or_with_a_contact(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "1001").await?;
    let thread = app.thread(&owner, account, "84901234567", clock::now()).await?;
    let id = app.active_flow(&owner, "Ask", &asking()).await?;
    let path = format!("{FLOWS}/{id}/start");
    let by_thread = json!({ "conversationId": thread.id, "variables": { "order": "A-7" } });

    let silent = app.post(&path, &owner, &by_thread).await?;
    assert_eq!(silent.failure()?, (409, "CONFLICT"));
    assert!(silent.text.contains("autoReplyEnabled"), "{}", silent.text);
    let codes = async || -> anyhow::Result<String> {
        Ok(app.get(&format!("{FLOWS}/{id}"), &owner).await?.data()?["faults"].to_string())
    };
    assert!(codes().await?.contains("no_account_answers"));
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&app.pool).await?;
    assert!(!codes().await?.contains("no_account_answers"));
    let asked = app.post(&path, &owner, &by_thread).await?;
    assert_eq!((&asked.data()?["flowId"], &asked.data()?["conversationId"]), (&json!(id), &json!(thread.id)));
    let by_contact = app.post(&path, &owner, &json!({ "contactId": thread.contact_id })).await?;
    assert_eq!(by_contact.data()?["conversationId"], json!(thread.id));
    let waiting = "select count(*) from flow_events where session_id is null";
    assert_eq!(app.count(waiting).await?, 2);
    let leaked = "select count(*) from flow_events where position('A-7'::bytea in body) > 0";
    assert_eq!(app.count(leaked).await?, 0, "what it begins with lies sealed");

    // Who has no open conversation gets one.
    sqlx::query("update conversations set status = 'closed'").execute(&app.pool).await?;
    let closed = app.post(&path, &owner, &by_thread).await?;
    assert_eq!(closed.failure()?, (409, "CONFLICT"));
    let opened = app.post(&path, &owner, &json!({ "contactId": thread.contact_id })).await?;
    assert_ne!(opened.data()?["conversationId"], json!(thread.id));
    sqlx::query("update conversations set handler = 'human'").execute(&app.pool).await?;
    let handled = app.post(&path, &owner, &json!({ "contactId": thread.contact_id })).await?;
    assert_eq!(handled.failure()?, (409, "CONFLICT"));
    assert_eq!(app.count("select count(*) from audit_entries where action = 'flow.started'").await?, 3);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_nothing_would_come_of_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&app.pool).await?;
    let body = json!({ "conversationId": thread.id });
    let draft = app.flow(&owner, "Draft", &asking()).await?;
    let by_word = app.active_flow(&owner, "Word", &answering("hello", "Hi")).await?;
    for id in [draft, by_word] {
        let refused = app.post(&format!("{FLOWS}/{id}/start"), &owner, &body).await?;
        assert_eq!(refused.failure()?, (409, "CONFLICT"));
    }
    let id = app.active_flow(&owner, "Ask", &asking()).await?;
    let path = format!("{FLOWS}/{id}/start");
    let stranger = app.merchant().await?;
    let account = app.account(&stranger, Channel::WhatsApp, "3003").await?;
    let theirs = app.thread(&stranger, account, "84907654321", clock::now()).await?;
    for (body, expected) in [
        (json!({ "conversationId": theirs.id }), (404, "NOT_FOUND")),
        (json!({ "contactId": theirs.contact_id }), (404, "NOT_FOUND")),
        (json!({ "contactId": ContactId::new() }), (404, "NOT_FOUND")),
        (json!({}), (422, "VALIDATION_ERROR")),
        (json!({ "conversationId": thread.id, "contactId": thread.contact_id }), (422, "VALIDATION_ERROR")),
        (json!({ "conversationId": thread.id, "accountId": account }), (409, "CONFLICT")),
        (json!({ "conversationId": thread.id, "variables": { "a": "x".repeat(20_000) } }), (422, "VALIDATION_ERROR")),
    ] {
        let refused = app.post(&path, &owner, &body).await?;
        assert_eq!(refused.failure()?, expected, "{}", refused.text);
    }
    assert_eq!(app.count("select count(*) from flow_events").await?, 0);
    assert_eq!(app.get(FLOWS, &owner).await?.data()?[0]["status"], Value::from("draft"));
    app.stop().await
}
