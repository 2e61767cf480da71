//! Flows: drafts, what may stand in them, and who may change them.

use http::Method;
use serde_json::{Value, json};
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::api::flows::{FLOWS, answering, going_through};
use tests::api::{Answer, TestApi, TestUser};

async fn put(app: &TestApi, user: &TestUser, id: &str, body: &Value) -> anyhow::Result<Answer> {
    app.ask(Method::PUT, &format!("{FLOWS}/{id}"), Some(user), Some(body)).await
}

fn names(answer: &Answer) -> anyhow::Result<Vec<String>> {
    let flows = answer.data()?.as_array().into_iter().flatten();
    Ok(flows.map(|flow| flow["name"].as_str().unwrap_or_default().to_owned()).collect())
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_draft_may_be_unfinished_and_is_kept_as_it_was_left(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let draft = json!({
        "format": 1, "triggers": [], "edges": [{ "from": "a", "to": "nowhere" }],
        "nodes": [{ "id": "a", "type": "send_message", "config": { "message": { "type": "text" } },
                    "position": { "x": 1.5, "y": -2.0 } }]
    });
    let made = app.post(FLOWS, &owner, &json!({ "name": "Half done", "document": draft })).await?;
    let told = made.data()?;
    assert_eq!(told["document"], draft);
    assert_eq!((&told["status"], &told["isActive"], &told["revision"]), (&json!("draft"), &json!(false), &json!(1)));
    assert_eq!((&told["channel"], &told["shopId"]), (&json!("whatsapp"), &json!("default")));
    assert_eq!((&told["nodeCount"], &told["publishedVersion"]), (&json!(1), &Value::Null));
    assert!(!told["faults"].as_array().unwrap().is_empty(), "{told}");
    let id = told["id"].as_str().unwrap();
    let shown = app.get(&format!("{FLOWS}/{id}"), &owner).await?;
    assert_eq!(shown.data()?, told);

    // What was read is put back: nothing changes, and nobody is told so.
    let back = put(&app, &owner, id, told).await?;
    assert_eq!(back.data()?["revision"], 1);
    assert_eq!(app.count("select count(*) from audit_entries where entity = 'flow'").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_change_of_an_older_draft_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.flow(&owner, "Hello", &answering("hello", "Hi")).await?;
    let change = |revision: i32, text: &str| json!({ "revision": revision, "document": answering("hello", text) });
    let first = put(&app, &owner, &id, &change(1, "Good morning")).await?;
    assert_eq!(first.data()?["revision"], 2);
    let late = put(&app, &owner, &id, &change(1, "Good evening")).await?;
    assert_eq!(late.failure()?, (409, "CONFLICT"));
    let late = app.post(&format!("{FLOWS}/{id}/activate"), &owner, &json!({ "revision": 1 })).await?;
    assert_eq!(late.failure()?, (409, "CONFLICT"), "what is published is what was looked at");
    let renamed = put(&app, &owner, &id, &json!({ "name": "Morning", "description": "For early birds" })).await?;
    let told = renamed.data()?;
    assert_eq!((&told["name"], &told["revision"]), (&json!("Morning"), &json!(2)), "the draft is as it was");
    assert_eq!(told["document"]["nodes"][0]["config"]["message"]["body"], "Good morning");
    let bare = put(&app, &owner, &id, &json!({ "description": null })).await?;
    assert_eq!(bare.data()?["description"], Value::Null);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_a_form_may_not_hold_is_refused_by_its_field(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let foreign = app.account(&stranger, shared::domain::channel::Channel::WhatsApp, "2002").await?;
    let named = |more: Value| {
        let mut body = json!({ "name": "A", "document": answering("a", "b") });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    let nodes: Vec<Value> = (0..501).map(|at| json!({ "id": format!("n{at}"), "type": "end" })).collect();
    let long = "x".repeat(600_000);
    for (body, field) in [
        (named(json!({ "document": { "nodes": [], "colour": "red" } })), "document.colour"),
        (named(json!({ "document": { "format": 2, "nodes": [] } })), "document.format"),
        (
            named(json!({ "document": { "nodes": [{ "id": "a", "type": "end", "kind": 1 }] } })),
            "document.nodes[0].kind",
        ),
        (named(json!({ "document": { "nodes": [{ "type": "end" }] } })), "document.nodes[0].id"),
        (named(json!({ "document": { "nodes": [{ "id": "", "type": "end" }] } })), "document.nodes[0].id"),
        (named(json!({ "document": { "nodes": nodes } })), "document.nodes"),
        (named(json!({ "document": answering("a", &long) })), "document"),
        (named(json!({ "name": " " })), "name"),
        (named(json!({ "name": "x".repeat(201) })), "name"),
        (named(json!({ "channel": "x" })), "channel"),
        (named(json!({ "accountIds": [foreign] })), "accountIds[0]"),
        (named(json!({ "nodes": [] })), "document"),
        (json!({ "name": "A" }), "document"),
    ] {
        let refused = app.post(FLOWS, &owner, &body).await?;
        assert_eq!(refused.failure()?, (422, "VALIDATION_ERROR"), "{field}");
        assert_eq!(refused.problem().0, field, "{}", refused.text);
    }
    let refused = app.post(FLOWS, &owner, &named(json!({ "shopId": "elsewhere" }))).await?;
    assert_eq!(refused.failure()?, (403, "FORBIDDEN"));
    assert_eq!(app.count("select count(*) from flows").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn flows_are_listed_by_channel_shop_state_and_name(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.post("/api/v1/shops", &owner, &json!({ "shopId": "hanoi", "name": "Hanoi" })).await?.data()?;
    let document = answering("a", "b");
    for body in [
        json!({ "name": "Welcome", "document": document }),
        json!({ "name": "Hanoi alone", "document": document, "shopId": "hanoi" }),
        json!({ "name": "Everywhere", "document": document, "channel": null, "shopId": null }),
    ] {
        app.post(FLOWS, &owner, &body).await?.data()?;
    }
    app.post("/api/v1/mkt-x/flows", &owner, &json!({ "name": "On X", "document": document })).await?.data()?;
    let neutral = app.post("/api/v1/flows", &owner, &json!({ "name": "Neutral", "document": document })).await?;
    assert_eq!(neutral.data()?["channel"], Value::Null);
    let active = neutral.data()?["id"].as_str().unwrap().to_owned();
    app.post(&format!("/api/v1/flows/{active}/activate"), &owner, &json!({})).await?.data()?;

    for (path, expected) in [
        (FLOWS, "Welcome, Hanoi alone, Everywhere, Neutral"),
        ("/api/v1/channels/x/flows", "Everywhere, On X, Neutral"),
        ("/api/v1/mkt-x/automation/flows", "Everywhere, On X, Neutral"),
        ("/api/v1/flows?channel=x", "Everywhere, On X, Neutral"),
        ("/api/v1/flows?search=HANOI", "Hanoi alone"),
        ("/api/v1/whatsapp/flows?shopId=hanoi", "Hanoi alone, Everywhere"),
        ("/api/v1/flows?status=active", "Neutral"),
        ("/api/v1/flows?skip=1&take=2", "Hanoi alone, Everywhere"),
    ] {
        assert_eq!(names(&app.get(path, &owner).await?)?.join(", "), expected, "{path}");
    }
    let first = app.get("/api/v1/flows?take=2", &owner).await?;
    let cursor = first.body["pagination"]["nextCursor"].as_str().unwrap();
    let next = app.get(&format!("/api/v1/flows?take=2&cursor={cursor}"), &owner).await?;
    assert_eq!(names(&next)?, ["Everywhere", "On X"]);
    assert_eq!(next.body["pagination"]["total"], 5);
    let wrong = app.get("/api/v1/whatsapp/flows?channel=x&status=off", &owner).await?;
    assert_eq!(wrong.body["details"].as_array().map(Vec::len), Some(2));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_flow_that_is_deleted_is_gone_and_leaves_what_it_was(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let inner = app.active_flow(&owner, "Inner", &answering("inner", "in")).await?;
    let outer = app.active_flow(&owner, "Outer", &going_through(&inner)).await?;
    let kept = app.delete(&format!("{FLOWS}/{inner}"), &owner).await?;
    assert_eq!(kept.failure()?, (409, "CONFLICT"));
    assert!(kept.text.contains("Outer"), "{}", kept.text);

    app.delete(&format!("{FLOWS}/{outer}"), &owner).await?.data()?;
    app.delete(&format!("{FLOWS}/{inner}"), &owner).await?.data()?;
    assert_eq!(app.get(&format!("{FLOWS}/{inner}"), &owner).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(names(&app.get(FLOWS, &owner).await?)?, Vec::<String>::new());
    assert_eq!(app.count("select count(*) from flow_versions").await?, 2, "what is under way finishes");
    assert_eq!(app.count("select count(*) from flows where status = 'active'").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn agents_see_and_try_flows_and_change_none(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.flow(&owner, "Hello", &answering("hello", "Hi")).await?;
    for role in [UserRole::Agent, UserRole::Viewer] {
        let user = app.colleague(&owner, role).await?;
        app.get(&format!("{FLOWS}/{id}"), &user).await?.data()?;
        app.post(&format!("{FLOWS}/{id}/validate"), &user, &json!({})).await?.data()?;
        for (method, path) in [
            (Method::POST, FLOWS.to_owned()),
            (Method::PUT, format!("{FLOWS}/{id}")),
            (Method::DELETE, format!("{FLOWS}/{id}")),
            (Method::POST, format!("{FLOWS}/{id}/activate")),
            (Method::POST, format!("{FLOWS}/{id}/rollback")),
        ] {
            let refused = app.ask(method, &path, Some(&user), Some(&json!({}))).await?;
            assert_eq!(refused.failure()?, (403, "FORBIDDEN"), "{role} {path}");
        }
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_same_key_makes_one_flow(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "name": "Hello", "document": answering("hello", "Hi") });
    let keyed = async || {
        let request = app.request(Method::POST, FLOWS).bearer_auth(&owner.token).header("idempotency-key", "k");
        app.raw(request.json(&body)).await
    };
    let (first, again) = (keyed().await?, keyed().await?);
    assert_eq!(first.data()?["id"], again.data()?["id"]);
    assert_eq!(app.count("select count(*) from flows").await?, 1);
    app.stop().await
}
