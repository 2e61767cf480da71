use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::ConversationId;
use shared::domain::message::Said;
use sqlx::PgPool;
use tests::api::TestApi;

const CONVERSATIONS: &str = "/api/v1/whatsapp/conversations";

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn contents(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect()
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_inbox_is_read_by_the_page_or_by_the_cursor_the_latest_first(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let mut expected = Vec::new();
    for minutes in 0..5 {
        let phone = format!("8490000000{minutes}");
        let thread = app.thread(&owner, account, &phone, clock::now() - TimeDelta::minutes(minutes)).await?;
        expected.push(thread.id.to_string());
    }
    let second = app.get(&format!("{CONVERSATIONS}?skip=2&take=2&accountId={account}"), &owner).await?;
    assert_eq!(ids(second.data()?), expected[2..4]);
    let told = &second.body["pagination"];
    assert_eq!(
        (&told["page"], &told["limit"], &told["total"], &told["totalPages"]),
        (&json!(2), &json!(2), &json!(5), &json!(3))
    );

    let (mut seen, mut path) = (Vec::new(), format!("{CONVERSATIONS}?take=2"));
    loop {
        let page = app.get(&path, &owner).await?;
        seen.extend(ids(page.data()?));
        let Some(cursor) = page.body["pagination"]["nextCursor"].as_str() else { break };
        path = format!("{CONVERSATIONS}?take=2&cursor={cursor}");
    }
    assert_eq!(seen, expected);

    let clamped = app.get(&format!("{CONVERSATIONS}?take=5000&status=open"), &owner).await?;
    assert_eq!(clamped.body["pagination"]["limit"], 100);
    assert_eq!(app.get(&format!("{CONVERSATIONS}?status=closed"), &owner).await?.data()?, &json!([]));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_conversation_in_the_inbox_shows_its_contact_and_its_window(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let listed = app.get(CONVERSATIONS, &owner).await?;
    let one = &listed.data()?[0];
    let contact = json!({
        "id": thread.contact_id, "waId": "84901234567", "username": null, "displayName": "An", "tags": ["vip"]
    });
    assert_eq!(one["contact"], contact);
    assert_eq!(one["handler"], "bot");
    assert_eq!(one["unreadCount"], 2);
    let expires: chrono::DateTime<chrono::Utc> = serde_json::from_value(one["windowExpiresAt"].clone())?;
    assert!(expires > clock::now() + TimeDelta::hours(23));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_whole_history_comes_oldest_first_however_long(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let path = format!("{CONVERSATIONS}/{}", thread.id);
    assert_eq!(app.get(&path, &owner).await?.data()?["messages"], json!([]));

    // Two full chunks and a bit: 500 are read at a time.
    app.messages(&owner, thread, 1001).await?;
    let answer = app.get(&path, &owner).await?;
    let expected: Vec<String> = (0..1001).map(|number| format!("said {number}")).collect();
    assert_eq!(contents(&answer.data()?["messages"]), expected);
    let first = &answer.data()?["messages"][0];
    assert_eq!(first["waMessageId"], "wamid.0");
    assert_eq!(
        (&first["direction"], &first["author"], &first["isFromBot"]),
        (&json!("inbound"), &json!("contact"), &json!(false))
    );
    assert_eq!((&first["attachments"], &first["cost"], &first["error"]), (&json!([]), &Value::Null, &Value::Null));

    let bare = app.get(&format!("{path}?includeMessages=false"), &owner).await?;
    assert!(bare.data()?.get("messages").is_none());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_history_is_paged_backwards_where_a_page_is_asked_for(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 5).await?;
    let path = format!("{CONVERSATIONS}/{}?messagesTake=2", thread.id);

    let latest = app.get(&path, &owner).await?;
    assert_eq!(contents(&latest.data()?["messages"]), ["said 3", "said 4"]);
    let before = latest.data()?["messagesBefore"].as_str().unwrap();
    let older = app.get(&format!("{path}&messagesBefore={before}"), &owner).await?;
    assert_eq!(contents(&older.data()?["messages"]), ["said 1", "said 2"]);
    let before = older.data()?["messagesBefore"].as_str().unwrap();
    let oldest = app.get(&format!("{path}&messagesBefore={before}"), &owner).await?;
    assert_eq!(contents(&oldest.data()?["messages"]), ["said 0"]);
    assert_eq!(oldest.data()?["messagesBefore"], Value::Null);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn another_merchants_conversation_does_not_exist(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (mine, theirs) = (app.merchant().await?, app.merchant().await?);
    let thread = app.whatsapp_thread(&theirs).await?;
    app.messages(&theirs, thread, 1).await?;

    assert_eq!(app.get(CONVERSATIONS, &mine).await?.data()?, &json!([]));
    for id in [thread.id.to_string(), ConversationId::new().to_string(), "not-an-id".to_owned()] {
        let answer = app.get(&format!("{CONVERSATIONS}/{id}"), &mine).await?;
        assert_eq!(answer.failure()?, (404, "NOT_FOUND"));
    }
    let answer = app.post(&TestApi::messages_path(thread), &mine, &TestApi::text("hello")).await?;
    assert_eq!(answer.failure()?, (404, "NOT_FOUND"));
    // The door is part of the name: the same conversation is none of Messenger's.
    let answer = app.get(&format!("/api/v1/channels/messenger/conversations/{}", thread.id), &theirs).await?;
    assert_eq!(answer.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_message_shows_what_was_done_to_it_and_what_stands_around_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 2).await?;
    let now = clock::now();
    let of = |value: Value| serde_json::from_value::<Said>(value).unwrap();
    let told = [
        ("wamid.a", json!({ "type": "reaction", "message_id": "wamid.0", "emoji": "👍" })),
        (
            "wamid.b",
            json!({ "type": "edit", "original": "wamid.0", "content": { "type": "text", "body": "corrected" } }),
        ),
        ("wamid.c", json!({ "type": "revoke", "original": "wamid.1" })),
        (
            "wamid.d",
            json!({ "type": "text", "body": "passed on", "surroundings": {
                "forwarded": "often", "referral": { "source_type": "ad", "headline": "Summer", "click_id": "c1" },
            }}),
        ),
    ];
    let told: Vec<_> = told.into_iter().map(|(id, said)| (id.to_owned(), now, of(said))).collect();
    app.tell(&owner, thread, &told).await?;

    let answer = app.get(&format!("{CONVERSATIONS}/{}", thread.id), &owner).await?;
    let messages = answer.data()?["messages"].clone();
    let of = |id: &str| messages.as_array().unwrap().iter().find(|one| one["waMessageId"] == id).unwrap().clone();
    let (edited, gone, around) = (of("wamid.0"), of("wamid.1"), of("wamid.d"));
    assert_eq!(edited["content"], "corrected");
    assert!(edited["editedAt"].is_string() && edited["revokedAt"].is_null());
    assert_eq!((&edited["reactions"][0]["from"], &edited["reactions"][0]["emoji"]), (&json!("contact"), &json!("👍")));
    assert!(edited["reactions"][0]["at"].is_string());
    assert_eq!((&gone["content"], gone["revokedAt"].is_string()), (&Value::Null, true));
    assert_eq!((&around["forwarded"], &edited["forwarded"]), (&json!("often"), &json!("no")));
    assert_eq!(around["referral"]["headline"], "Summer");
    assert_eq!(around["referral"]["clickId"], "c1");
    assert_eq!(edited["referral"], Value::Null);
    app.stop().await
}
