//! What the page of the WhatsApp service promises, at its addresses.

use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::flows::answering;
use tests::api::{TestApi, TestUser, Thread};

const WHATSAPP: &str = "/api/v1/whatsapp";
const WA_ID: &str = "84901234567";

async fn thread(app: &TestApi, owner: &TestUser) -> anyhow::Result<Thread> {
    let account = app.account(owner, Channel::WhatsApp, "2002").await?;
    app.thread(owner, account, WA_ID, clock::now()).await
}

/// The shop's id as the page writes it into paths.
async fn shop(app: &TestApi, owner: &TestUser) -> anyhow::Result<uuid::Uuid> {
    let shop = sqlx::query_scalar("select id from shops where merchant_id = $1").bind(owner.merchant_id.0);
    Ok(shop.fetch_one(&app.pool).await?)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_is_connected_and_found_by_its_shop(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "phoneNumberId": "2002", "businessAccountId": "1001", "accessToken": "token" });
    let connected = app.post(&format!("{WHATSAPP}/accounts"), &owner, &body).await?;
    assert_eq!(connected.data()?["phoneNumberId"], "2002");
    let found = app.get(&format!("{WHATSAPP}/accounts/{}", shop(&app, &owner).await?), &owner).await?;
    assert_eq!(found.data()?["id"], connected.data()?["id"]);
    assert_eq!(found.data()?["status"], "active");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_is_disconnected_by_its_shop(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.account(&owner, Channel::WhatsApp, "2002").await?;
    let path = format!("{WHATSAPP}/accounts/{}", shop(&app, &owner).await?);
    let gone = app.ask(Method::DELETE, &path, Some(&owner), None).await?;
    assert_eq!(gone.data()?["status"], "inactive");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn conversations_are_listed_and_read_with_their_messages(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    app.messages(&owner, thread, 2).await?;
    let listed = app.get(&format!("{WHATSAPP}/conversations"), &owner).await?;
    assert_eq!(listed.data()?[0]["id"], json!(thread.id));
    let one = app.get(&format!("{WHATSAPP}/conversations/{}", thread.id), &owner).await?;
    assert_eq!(one.data()?["contact"]["waId"], WA_ID);
    let said: Vec<&Value> = one.data()?["messages"].as_array().unwrap().iter().map(|one| &one["content"]).collect();
    assert_eq!(said, ["said 0", "said 1"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_message_is_sent(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    let path = format!("{WHATSAPP}/conversations/{}/messages", thread.id);
    let sent = app.post(&path, &owner, &TestApi::text("hi")).await?;
    let data = sent.data()?;
    assert_eq!((&data["content"], &data["direction"]), (&json!("hi"), &json!("outbound")));
    assert!(data.get("waMessageId").is_some());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_conversation_is_assigned_and_closed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    let path = format!("{WHATSAPP}/conversations/{}", thread.id);
    let assigned = app.post(&format!("{path}/assign"), &owner, &json!({ "userId": owner.id })).await?;
    assert_eq!(assigned.data()?["assignedToUserId"], json!(owner.id));
    let closed = app.ask(Method::POST, &format!("{path}/close"), Some(&owner), None).await?;
    assert_eq!(closed.data()?["status"], "closed");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn customers_are_listed_and_found_by_their_whatsapp_id(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    for resource in ["customers", "contacts"] {
        let listed = app.get(&format!("{WHATSAPP}/{resource}"), &owner).await?;
        assert_eq!(listed.data()?[0]["waId"], WA_ID);
        for id in [WA_ID.to_owned(), thread.contact_id.to_string()] {
            let one = app.get(&format!("{WHATSAPP}/{resource}/{id}"), &owner).await?;
            assert_eq!(one.data()?["id"], json!(thread.contact_id));
        }
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn tags_and_consent_of_a_customer_are_put(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    thread(&app, &owner).await?;
    let path = format!("{WHATSAPP}/customers/{WA_ID}");
    let tags = json!({ "tags": ["gold"] });
    let tagged = app.ask(Method::PUT, &format!("{path}/tags"), Some(&owner), Some(&tags)).await?;
    assert_eq!(tagged.data()?["tags"], json!(["gold"]), "PUT replaces");
    for opted_in in [true, false] {
        let word = json!({ "optedIn": opted_in });
        let told = app.ask(Method::PUT, &format!("{path}/opt-in"), Some(&owner), Some(&word)).await?;
        assert_eq!(told.data()?["optedIn"], opted_in);
    }
    app.stop().await
}

/// The page shows no shape: X's holds, and a whole document besides.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn flows_are_made_changed_and_switched(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let path = "/api/v1/whatsapp/flows";
    let body = json!({ "name": "Hello", "document": answering("hello", "Hi") });
    let made = app.post(path, &owner, &body).await?;
    let id = made.data()?["id"].as_str().unwrap();
    let listed = app.get(path, &owner).await?;
    assert_eq!((&listed.data()?[0]["id"], &listed.data()?[0]["name"]), (&json!(id), &json!("Hello")));
    let change = json!({ "name": "Good morning", "document": answering("hello", "Good morning") });
    let changed = app.ask(Method::PUT, &format!("{path}/{id}"), Some(&owner), Some(&change)).await?;
    assert_eq!(changed.data()?["name"], "Good morning");
    let on = app.ask(Method::POST, &format!("{path}/{id}/activate"), Some(&owner), None).await?;
    assert_eq!((&on.data()?["isActive"], &on.data()?["status"]), (&json!(true), &json!("active")));
    let off = app.ask(Method::POST, &format!("{path}/{id}/deactivate"), Some(&owner), None).await?;
    assert_eq!((&off.data()?["isActive"], &off.data()?["status"]), (&json!(false), &json!("inactive")));
    app.stop().await
}
