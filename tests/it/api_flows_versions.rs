//! Flows: what is published, what differs, and the way back.

use api::config::Calls;
use http::Method;
use serde_json::{Value, json};
use shared::domain::hosts::AllowedHosts;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::{FLOWS, answering};

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_draft_is_published_changed_and_taken_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.flow(&owner, "Hello", &answering("hello", "Hi")).await?;
    let path = |rest: &str| format!("{FLOWS}/{id}{rest}");
    let activate = path("/activate");
    let first = app.post(&activate, &owner, &json!({ "note": "The first" })).await?;
    let told = first.data()?;
    assert_eq!((&told["status"], &told["publishedVersion"]), (&json!("active"), &json!(1)));
    assert_eq!((&told["isActive"], &told["hasChanges"]), (&json!(true), &json!(false)));
    app.ask(Method::POST, &activate, Some(&owner), None).await?.data()?;
    assert_eq!(app.count("select count(*) from flow_versions").await?, 1, "nothing new is no version");

    // The draft goes on without what is published.
    let mut next = answering("hello", "Good morning");
    next["nodes"][0]["name"] = json!("Greeting");
    let changed = app.ask(Method::PUT, &path(""), Some(&owner), Some(&json!({ "document": next }))).await?;
    assert_eq!((&changed.data()?["hasChanges"], &changed.data()?["publishedVersion"]), (&json!(true), &json!(1)));
    let published = app.get(&path("/versions/1"), &owner).await?;
    assert_eq!(published.data()?["document"]["nodes"][0]["config"]["message"]["body"], "Hi");
    let diff = app.get(&path("/diff"), &owner).await?;
    assert_eq!((&diff.data()?["from"], &diff.data()?["to"]), (&json!("1"), &json!("draft")));
    assert_eq!(diff.data()?["nodes"]["changed"][0]["id"], "greet", "{}", diff.text);
    assert_eq!(app.get(&path("/diff?from=1&to=1"), &owner).await?.data()?["nodes"]["changed"], json!([]));
    assert_eq!(app.get(&path("/diff?from=7"), &owner).await?.problem().0, "from");

    app.post(&activate, &owner, &json!({})).await?.data()?;
    let versions = app.get(&path("/versions"), &owner).await?;
    let list = versions.data()?.as_array().unwrap();
    let numbers: Vec<&Value> = list.iter().map(|version| &version["version"]).collect();
    assert_eq!(numbers, [2, 1]);
    assert_eq!((&list[0]["isPublished"], &list[1]["note"]), (&json!(true), &json!("The first")));
    let next = app.get(&path("/versions?take=1"), &owner).await?;
    let cursor = next.body["pagination"]["nextCursor"].as_str().unwrap();
    let last = app.get(&path(&format!("/versions?take=1&cursor={cursor}")), &owner).await?;
    assert_eq!(last.data()?[0]["version"], 1);

    let back = app.post(&path("/rollback"), &owner, &json!({ "version": 1 })).await?;
    let told = back.data()?;
    assert_eq!((&told["publishedVersion"], &told["status"]), (&json!(1), &json!("active")));
    assert_eq!(told["document"]["nodes"][0]["config"]["message"]["body"], "Hi");
    let nowhere = app.post(&path("/rollback"), &owner, &json!({ "version": 9 })).await?;
    assert_eq!((nowhere.failure()?, nowhere.problem().0), ((422, "VALIDATION_ERROR"), "version"));

    let off = app.post(&path("/deactivate"), &owner, &json!({})).await?;
    assert_eq!((&off.data()?["status"], &off.data()?["publishedVersion"]), (&json!("inactive"), &json!(1)));
    app.post(&path("/deactivate"), &owner, &json!({})).await?.data()?;
    let done: Vec<String> = sqlx::query_scalar("select action from audit_entries where entity = 'flow' order by id")
        .fetch_all(&app.pool)
        .await?;
    let expected = ["created", "activated", "changed", "activated", "rolled_back", "deactivated"];
    assert_eq!(done, expected.map(|what| format!("flow.{what}")));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_flow_that_cannot_work_is_refused_with_every_fault_by_its_node(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let broken = json!({
        "triggers": [{ "type": "keyword", "config": { "words": ["hello"] } }],
        "nodes": [
            { "id": "a", "type": "send_message", "config": { "message": { "type": "text" } } },
            { "id": "b", "type": "sing_a_song" },
            { "id": "c", "type": "wait", "config": { "minutes": 5 } }
        ],
        "edges": [{ "from": "a", "to": "b" }, { "from": "b", "to": "c" }]
    });
    let id = app.flow(&owner, "Broken", &broken).await?;
    let told = app.post(&format!("{FLOWS}/{id}/validate"), &owner, &json!({})).await?;
    assert_eq!(told.data()?["publishable"], false);
    let refused = app.post(&format!("{FLOWS}/{id}/activate"), &owner, &json!({})).await?;
    assert_eq!(refused.failure()?, (422, "VALIDATION_ERROR"));
    let faults = refused.body["details"].as_array().unwrap();
    let nodes: std::collections::BTreeSet<&str> = faults.iter().filter_map(|fault| fault["nodeId"].as_str()).collect();
    assert!(nodes.is_superset(&["a", "b", "c"].into()), "{}", refused.text);
    for fault in faults {
        let is_told = fault["field"].is_string() && fault["message"].is_string() && fault["code"].is_string();
        assert!(is_told, "{fault}");
    }
    let shown = app.get(&format!("{FLOWS}/{id}"), &owner).await?;
    assert_eq!((&shown.data()?["status"], &shown.data()?["publishedVersion"]), (&json!("draft"), &Value::Null));

    // A document that no flow has yet, by the limits of its channel.
    let good = app.post(&format!("{FLOWS}/validate"), &owner, &json!({ "document": answering("a", "b") })).await?;
    assert_eq!(good.data()?["publishable"], true, "{}", good.text);
    let long = json!({ "document": answering("a", &"x".repeat(5_000)) });
    let too_long = app.post(&format!("{FLOWS}/validate"), &owner, &long).await?;
    assert_eq!(too_long.data()?["publishable"], false, "{}", too_long.text);
    assert_eq!(too_long.data()?["faults"][0]["nodeId"], "greet", "{}", too_long.text);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_active_flow_stays_on_its_channel(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.active_flow(&owner, "Hello", &answering("hello", "Hi")).await?;
    let path = format!("/api/v1/flows/{id}");
    let moved = app.ask(Method::PUT, &path, Some(&owner), Some(&json!({ "channel": "x" }))).await?;
    assert_eq!(moved.failure()?, (409, "CONFLICT"));
    app.post(&format!("{path}/deactivate"), &owner, &json!({})).await?.data()?;
    let moved = app.ask(Method::PUT, &path, Some(&owner), Some(&json!({ "channel": "x" }))).await?;
    assert_eq!(moved.data()?["channel"], "x");
    assert_eq!(app.get(&format!("{FLOWS}/{id}"), &owner).await?.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_call_of_a_host_that_the_installation_does_not_allow_is_refused_at_publish(
    pool: PgPool,
) -> anyhow::Result<()> {
    let calls = Calls { hosts: "*.shop.example".parse()?, private: AllowedHosts::new(["10.0.0.7".to_owned()]) };
    let app = TestApi::calling(pool, calls).await?;
    let owner = app.merchant().await?;
    let calling = |url: &str| {
        json!({
            "triggers": [{ "type": "api" }],
            "nodes": [{ "id": "ask", "type": "http_request", "config": { "url": url } }, { "id": "end", "type": "end" }],
            "edges": [{ "from": "ask", "outlet": "ok", "to": "end" }, { "from": "ask", "outlet": "failed", "to": "end" }],
        })
    };
    let id = app.flow(&owner, "Orders", &calling("https://elsewhere.example/orders")).await?;
    let activate = format!("{FLOWS}/{id}/activate");
    let refused = app.post(&activate, &owner, &json!({})).await?;
    assert_eq!(refused.failure()?.0, 422);
    let fault = &refused.body["details"][0];
    assert_eq!((&fault["nodeId"], &fault["code"]), (&json!("ask"), &json!("host_not_allowed")), "{}", refused.text);
    for url in ["https://eu.shop.example/orders", "http://10.0.0.7/orders"] {
        let changed = json!({ "document": calling(url) });
        app.ask(Method::PUT, &format!("{FLOWS}/{id}"), Some(&owner), Some(&changed)).await?.data()?;
        app.post(&activate, &owner, &json!({})).await?.data()?;
    }
    app.stop().await
}
