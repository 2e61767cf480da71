//! What the page of the X service promises, at its addresses and in its shapes.

use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::{TestApi, TestUser, Thread};

const X: &str = "/api/v1/mkt-x";

async fn thread(app: &TestApi, owner: &TestUser) -> anyhow::Result<Thread> {
    let account = app.account(owner, Channel::X, "123456789").await?;
    let thread = app.thread(owner, account, "84901234567", clock::now()).await?;
    sqlx::query("update contacts set display_name = 'John Doe', username = 'customer_john' where id = $1")
        .bind(thread.contact_id.0)
        .execute(&app.pool)
        .await?;
    sqlx::query(
        "insert into identities values ($1, 'x_user', '987654321', '00000000-0000-0000-0000-000000000000', $2)",
    )
    .bind(owner.merchant_id.0)
    .bind(thread.contact_id.0)
    .execute(&app.pool)
    .await?;
    Ok(thread)
}

/// Whether `entity` has every field that the page shows.
fn has(entity: &Value, fields: &[&str]) {
    for field in fields {
        assert!(entity.get(*field).is_some(), "there is no {field} in {entity}");
    }
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_login_gives_both_tokens_and_their_time(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner("user@example.com", "password").await?;
    let body = json!({ "email": "user@example.com", "password": "password" });
    let answer = app.ask(Method::POST, "/api/v1/auth/login", None, Some(&body)).await?;
    assert!(answer.data()?["accessToken"].is_string() && answer.data()?["refreshToken"].is_string());
    assert!(answer.data()?["expiresIn"].is_u64());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn accounts_are_connected_listed_and_shown(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "oauthToken": "123456789-token", "oauthTokenSecret": "secret" });
    let connected = app.post(&format!("{X}/accounts"), &owner, &body).await?;
    has(connected.data()?, &["id", "merchantId", "username", "displayName", "connectedAt"]);
    assert_eq!(connected.data()?["twitterUserId"], "123456789");
    assert_eq!(connected.data()?["status"], "active");
    assert_eq!(app.post(&format!("{X}/accounts"), &owner, &body).await?.failure()?, (409, "CONFLICT"));

    let listed = app.get(&format!("{X}/accounts?status=active"), &owner).await?;
    assert_eq!(listed.data()?[0]["twitterUserId"], "123456789");
    let id = connected.data()?["id"].as_str().unwrap();
    let one = app.get(&format!("{X}/accounts/{id}"), &owner).await?;
    has(one.data()?, &["profileImageUrl", "webhookId", "statistics"]);
    has(&one.data()?["statistics"], &["totalContacts", "totalConversations", "messagesThisMonth"]);
    let nobody = app.get(&format!("{X}/accounts/{}", uuid::Uuid::nil()), &owner).await?;
    assert_eq!(nobody.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn settings_of_an_account_are_put(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::X, "123456789").await?;
    let body = json!({
        "autoReplyEnabled": true,
        "businessHours": {
            "enabled": true,
            "timezone": "Asia/Ho_Chi_Minh",
            "schedule": {
                "monday": { "start": "09:00", "end": "18:00" },
                "tuesday": { "start": "09:00", "end": "18:00" }
            }
        }
    });
    let set = app.ask(Method::PUT, &format!("{X}/accounts/{account}"), Some(&owner), Some(&body)).await?;
    assert_eq!(set.data()?["autoReplyEnabled"], true);
    assert_eq!(set.data()?["businessHours"]["timezone"], "Asia/Ho_Chi_Minh");
    assert_eq!(set.data()?["businessHours"]["schedule"]["tuesday"]["end"], "18:00");
    // What was read is put back as it is: an entity's own fields are no mistake.
    let back = app.ask(Method::PUT, &format!("{X}/accounts/{account}"), Some(&owner), Some(set.data()?)).await?;
    back.data()?;
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_is_disconnected_and_nothing_is_given(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::X, "123456789").await?;
    let gone = app.ask(Method::DELETE, &format!("{X}/accounts/{account}"), Some(&owner), None).await?;
    assert_eq!(gone.body, json!({ "success": true, "data": null }));
    let inactive = app.get(&format!("{X}/accounts?status=inactive"), &owner).await?;
    assert_eq!(inactive.data()?[0]["id"], json!(account));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn contacts_are_listed_and_shown(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    let query = format!("accountId={}&tags=vip,customer&search=john&skip=0&take=20", thread.account_id);
    let none = app.get(&format!("{X}/contacts?{query}"), &owner).await?;
    assert_eq!(none.data()?, &json!([]), "the contact has not both tags");
    let listed = app.get(&format!("{X}/contacts?{}", query.replace(",customer", "")), &owner).await?;
    let shown = [
        "id",
        "accountId",
        "username",
        "displayName",
        "profileImageUrl",
        "tags",
        "attributes",
        "conversationCount",
        "firstInteractionAt",
        "lastInteractionAt",
    ];
    has(&listed.data()?[0], &shown);
    assert_eq!(listed.data()?[0]["twitterUserId"], "987654321");
    assert_eq!(listed.body["pagination"]["total"], 1);

    let one = app.get(&format!("{X}/contacts/{}", thread.contact_id), &owner).await?;
    has(one.data()?, &["source", "engagement"]);
    has(&one.data()?["engagement"], &["messagesSent", "messagesReceived", "averageResponseTime"]);

    let path = format!("{X}/contacts/{}/conversations?status=open&skip=0&take=20", thread.contact_id);
    let conversations = app.get(&path, &owner).await?;
    has(&conversations.data()?[0], &["id", "contactId", "status", "messageCount", "startedAt", "lastMessageAt"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_contact_is_changed_tagged_and_given_attributes(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    let path = format!("{X}/contacts/{}", thread.contact_id);
    let ask = async |method: Method, path: &str, body: Option<Value>| {
        app.ask(method, path, Some(&owner), body.as_ref()).await
    };
    let change = json!({ "displayName": "John Doe (VIP)", "attributes": { "preferredLanguage": "vi" } });
    let changed = ask(Method::PUT, &path, Some(change)).await?;
    assert_eq!(changed.data()?["displayName"], "John Doe (VIP)");
    let tagged = ask(Method::POST, &format!("{path}/tags"), Some(json!({ "tags": ["vip", "premium"] }))).await?;
    assert_eq!(tagged.data()?["tags"], json!(["vip", "premium"]), "POST adds");
    let bare = ask(Method::DELETE, &format!("{path}/tags/vip"), None).await?;
    assert_eq!(bare.body["success"], true);
    let attributes = json!({ "attributes": { "purchaseCount": 6, "membershipTier": "gold" } });
    let merged = ask(Method::PUT, &format!("{path}/attributes"), Some(attributes)).await?;
    let expected = json!({ "preferredLanguage": "vi", "purchaseCount": 6, "membershipTier": "gold" });
    assert_eq!(merged.data()?["attributes"], expected, "PUT merges");
    assert_eq!(merged.data()?["tags"], json!(["premium"]));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn conversations_are_listed_assigned_and_closed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = thread(&app, &owner).await?;
    let path = format!("{X}/conversations/{}", thread.id);
    let assigned = app.post(&format!("{path}/assign"), &owner, &json!({ "userId": owner.id })).await?;
    assert_eq!(assigned.data()?["assignedToUserId"], json!(owner.id));

    let query = format!("accountId={}&status=open&assignedTo={}&skip=0&take=20", thread.account_id, owner.id);
    let listed = app.get(&format!("{X}/conversations?{query}"), &owner).await?;
    let one = &listed.data()?[0];
    has(one, &["id", "contactId", "accountId", "messageCount", "startedAt", "lastMessageAt"]);
    assert_eq!((&one["channel"], &one["status"]), (&json!("direct_message"), &json!("open")));
    assert_eq!(one["contact"]["username"], "customer_john");

    let reason = json!({ "reason": "resolved" });
    let closed = app.ask(Method::PUT, &format!("{path}/close"), Some(&owner), Some(&reason)).await?;
    assert_eq!((&closed.data()?["status"], &closed.data()?["closeReason"]), (&json!("closed"), &json!("resolved")));
    let again = app.ask(Method::POST, &format!("{path}/close"), Some(&owner), None).await?;
    assert_eq!(again.data()?["status"], "closed");
    app.stop().await
}

/// The page's own body, with the ids of templates in place of their names.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_bare_list_of_nodes_is_a_flow_that_is_switched_on_and_off(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let path = format!("{X}/automation/flows");
    let body = |nodes: Value| {
        json!({
            "name": "Chào Mừng Khách Hàng Mới",
            "trigger": { "type": "contact_created", "config": {} },
            "nodes": nodes
        })
    };
    let page = body(json!([
        { "type": "send_message", "templateId": "welcome-template-uuid", "delay": 0 },
        { "type": "wait", "duration": 86400 },
        { "type": "send_message", "templateId": "followup-template-uuid", "delay": 0 }
    ]));
    let made = app.post(&path, &owner, &page).await?;
    let document = &made.data()?["document"];
    let kinds: Vec<&Value> = document["nodes"].as_array().unwrap().iter().map(|node| &node["type"]).collect();
    assert_eq!(kinds, ["send_message", "wait", "send_message", "end"]);
    assert_eq!((&document["triggers"][0]["type"], &made.data()?["nodeCount"]), (&json!("contact_created"), &json!(4)));
    assert_eq!(document["edges"].as_array().map(Vec::len), Some(3), "they are gone through in order");
    assert_eq!(document["nodes"][1]["config"]["duration"], 86400);

    // On X there are no templates of the platform: what is said stands in the node.
    let spoken = body(json!([
        { "type": "send_message", "content": "Xin chào", "delay": 0 },
        { "type": "wait", "duration": 3600 },
        { "type": "send_message", "content": "Are you there?", "delay": 0 }
    ]));
    let made = app.post(&path, &owner, &spoken).await?;
    let id = made.data()?["id"].as_str().unwrap();
    let on = app.ask(Method::POST, &format!("{path}/{id}/activate"), Some(&owner), None).await?;
    assert_eq!(on.data()?["isActive"], true);
    let off = app.ask(Method::POST, &format!("{path}/{id}/deactivate"), Some(&owner), None).await?;
    assert_eq!(off.data()?["isActive"], false);
    let played = app.post(&format!("{path}/{id}/simulate"), &owner, &json!({ "events": [{ "pass": 3600 }] })).await?;
    let steps = &played.data()?["steps"];
    assert_eq!(steps[0]["messages"][0]["content"], "Xin chào");
    assert_eq!(steps[1]["messages"][0]["content"], "Are you there?", "{}", played.text);
    let gone = app.ask(Method::DELETE, &format!("{path}/{id}"), Some(&owner), None).await?;
    assert_eq!(gone.body, json!({ "success": true, "data": null }));
    app.stop().await
}
