//! The wall between merchants, over everything that the API's own description names.

use std::collections::HashMap;

use api::openapi;
use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{ContactId, MediaId, UserId};
use shared::store::{Role, pool};
use sqlx::PgPool;
use tests::api::{TestApi, TestUser};
use uuid::Uuid;

/// Prefix, channel and document of each door.
const DOORS: [(&str, Channel, usize); 4] = [
    ("/api/v1/channels/whatsapp", Channel::WhatsApp, 0),
    ("/api/v1/whatsapp", Channel::WhatsApp, 1),
    ("/api/v1/mkt-x", Channel::X, 2),
    ("/api/v1/mkt-facebook", Channel::Messenger, 3),
];

/// Every route with an identifier in it is called with another merchant's, by somebody who may do everything at
/// home: there is no such thing, or it is forbidden. Whoever owns it finds it.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn another_merchants_identifiers_lead_nowhere(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let documents = api::router::documents();
    let mut called = 0;
    for (door, channel, document) in DOORS {
        let things = things(&app, &owner, channel, door).await?;
        for ((method, path), operation) in openapi::operations(&documents[document]) {
            let path = path.replace("/api/v1/channels/{channel}", door);
            if !path.contains('{') {
                continue;
            }
            let path = named(&path, &things);
            let body = (method != Method::GET && method != Method::DELETE).then(|| body(&operation.id, channel));
            let answer = app.ask(method.clone(), &path, Some(&stranger), body.as_ref()).await?;
            let told = format!("{} {method} {path}: {} {}", operation.id, answer.status, answer.text);
            assert!([403, 404].contains(&answer.status.as_u16()), "{told}");
            assert_eq!(answer.body["success"], json!(false), "{told}");
            called += 1;
            if method == Method::GET
                && !operation.id.ends_with(".content")
                && !FOR_OPERATORS.contains(&operation.id.as_str())
            {
                let own = app.get(&path, &owner).await?;
                assert!(own.status.is_success(), "the owner: {} {path}: {}", operation.id, own.text);
            }
        }
    }
    assert!(called > 20, "only {called} routes have identifiers");
    app.stop().await
}

/// What belongs to no merchant is an operator's to see.
const FOR_OPERATORS: [&str; 2] = ["deadLetters.get", "unclaimedEvents.get"];

/// One of everything that a path may name, by what stands before it in the path.
async fn things(
    app: &TestApi,
    owner: &TestUser,
    channel: Channel,
    door: &str,
) -> anyhow::Result<HashMap<&'static str, String>> {
    let external_id = format!("{}", 1_000 + door.len());
    let account = app.account(owner, channel, &external_id).await?;
    let phone = format!("8490{:07}", door.len());
    let thread = app.thread(owner, account, &phone, clock::now()).await?;
    let sent = app
        .post(&format!("/api/v1/channels/{channel}/conversations/{}/messages", thread.id), owner, &TestApi::text("hi"))
        .await?;
    let media = MediaId::new().0;
    sqlx::query(
        "insert into media (id, merchant_id, source, kind, state) values ($1, $2, 'upload', 'image', 'pending')",
    )
    .bind(media)
    .bind(owner.merchant_id.0)
    .execute(&app.pool)
    .await?;
    let shop: Uuid = sqlx::query_scalar("select id from shops where merchant_id = $1")
        .bind(owner.merchant_id.0)
        .fetch_one(&app.pool)
        .await?;
    let message = sent.data()?["id"].as_str().unwrap_or_default().to_owned();
    let document = json!({ "triggers": [{ "type": "api" }],
        "nodes": [{ "id": "a", "type": "send_message", "config": { "message": { "type": "text", "body": "hi" } } },
                  { "id": "b", "type": "end" }],
        "edges": [{ "from": "a", "to": "b" }] });
    let flow = made(app, owner, &format!("{door}/flows"), &json!({ "name": door, "document": document })).await?;
    app.post(&format!("{door}/flows/{flow}/activate"), owner, &json!({})).await?.data()?;
    Ok(HashMap::from([
        ("flows", flow),
        ("versions", "1".to_owned()),
        ("accounts", account.to_string()),
        ("conversations", thread.id.to_string()),
        ("contacts", thread.contact_id.to_string()),
        ("messages", message.clone()),
        ("tags", "vip".to_owned()),
        ("media", media.to_string()),
        ("users", owner.id.to_string()),
        ("shops", shop.to_string()),
        ("teams", made(app, owner, "/api/v1/teams", &json!({ "name": door })).await?),
        ("api-keys", made(app, owner, "/api/v1/api-keys", &json!({ "name": door, "role": "agent" })).await?),
        ("doubts", message),
        ("dead-letters", Uuid::nil().to_string()),
        ("unclaimed-events", Uuid::nil().to_string()),
    ]))
}

/// The identifier of what is made at `path`.
async fn made(app: &TestApi, owner: &TestUser, path: &str, body: &Value) -> anyhow::Result<String> {
    let made = app.post(path, owner, body).await?;
    Ok(made.data()?["id"].as_str().unwrap_or_default().to_owned())
}

/// `path` with what it names.
fn named(path: &str, things: &HashMap<&'static str, String>) -> String {
    let mut before = "";
    let parts = path.split('/').map(|part| {
        let named = if part.starts_with('{') {
            things.get(before).map_or_else(|| panic!("{path}: there is none of {before} here: add one"), String::as_str)
        } else {
            part
        };
        before = part;
        named
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A body that reads, so that it is the identifier that is refused.
fn body(operation: &str, channel: Channel) -> Value {
    // What takes two methods is called after the second too.
    let operation = operation.trim_end_matches(".everywhere").trim_end_matches(".put").trim_end_matches(".post");
    match operation {
        "contacts.update" | "users.change" => json!({ "displayName": "New" }),
        "contacts.replace_tags" | "contacts.add_tags" => json!({ "tags": ["new"] }),
        "contacts.change_attributes" => json!({ "attributes": { "size": 7 } }),
        "contacts.opt_in" => json!({ "optedIn": true }),
        "contacts.merge" | "flows.start" => json!({ "contactId": ContactId::new() }),
        "conversations.set_references" => json!({ "references": { "order": "7" } }),
        "messages.send" => json!({ "type": "text", "content": "hi" }),
        "messages.react" => json!({ "emoji": "\u{1f44d}" }),
        "accounts.credentials" => match channel {
            Channel::WhatsApp => json!({ "accessToken": "token" }),
            Channel::Messenger => json!({ "pageAccessToken": "token" }),
            Channel::X => json!({ "oauthToken": "1-token", "oauthTokenSecret": "secret" }),
        },
        "teams.rename" | "shops.change" => json!({ "name": "New" }),
        "teams.set_members" => json!({ "userIds": [] }),
        "flows.rollback" => json!({ "version": 1 }),
        "conversations.assign" => json!({ "userId": UserId::new() }),
        "conversations.hand_over" => json!({ "handler": "bot" }),
        _ => json!({}),
    }
}

/// A query that forgets its merchant sees, changes and deletes nothing of another's all the same.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_query_that_forgets_its_merchant_is_stopped_by_the_database(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let thread = app.whatsapp_thread(&owner).await?;
    let api =
        pool::with_options(app.pool.connect_options().as_ref().clone().username("loa").password("loa"), Role::Api, 1);
    for (merchant, seen) in [(owner.merchant_id, 1), (stranger.merchant_id, 0)] {
        let mut transaction = pool::begin_for(&api, merchant).await?;
        // What `conversations::read::get` asks, without `c.merchant_id = $1`.
        let rows = sqlx::query(
            "select c.id from conversations c join accounts a on a.id = c.account_id
             join contacts k on k.id = c.contact_id where c.id = $1",
        )
        .bind(thread.id.0)
        .fetch_all(&mut *transaction)
        .await?;
        assert_eq!(rows.len(), seen);
        let changed = sqlx::query("update conversations set status = status where id = $1")
            .bind(thread.id.0)
            .execute(&mut *transaction)
            .await?;
        assert_eq!(changed.rows_affected(), seen as u64);
    }
    api.close().await;
    app.stop().await
}
