//! A conversation with a flow that nobody is sent.

use serde_json::{Value, json};
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::{FLOWS, answering, asking};

/// The words of each step's messages.
fn said(simulation: &Value) -> Vec<Vec<&str>> {
    let steps = simulation["steps"].as_array().into_iter().flatten();
    steps
        .map(|step| {
            let messages = step["messages"].as_array().into_iter().flatten();
            messages.map(|message| message["content"].as_str().unwrap_or_default()).collect()
        })
        .collect()
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_conversation_is_played_and_played_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.flow(&owner, "Ask", &asking()).await?;
    let path = format!("{FLOWS}/{id}/simulate");
    let play = async |body: Value| app.post(&path, &owner, &body).await;

    let played = play(json!({ "events": [{ "say": "many" }, { "say": "3" }] })).await?;
    let told = played.data()?;
    let words = said(told);
    assert_eq!(words[0], ["How many?"]);
    assert_eq!(words[1].len(), 1, "it is asked again: {}", played.text);
    assert_eq!(words[2], ["3 it is"], "{}", played.text);
    assert_eq!((&told["standing"], &told["steps"][2]["ended"]["how"]), (&Value::Null, &json!("completed")));
    let trace: Vec<&Value> = told["steps"][0]["trace"].as_array().unwrap().iter().map(|node| &node["nodeId"]).collect();
    assert_eq!(trace, ["split", "ask"]);

    // The same in two requests: the state is all that there is.
    let first = play(json!({ "now": "2026-11-21T09:00:00Z" })).await?;
    let standing = &first.data()?["standing"];
    assert_eq!((&standing["nodeId"], &standing["waitingFor"]), (&json!("ask"), &json!("answer")));
    assert_eq!(standing["until"], "2026-11-21T10:00:00Z", "{}", first.text);
    let state = &first.data()?["state"];
    let on = play(json!({ "state": state, "events": [{ "pass": 3_599 }, { "pass": 1 }] })).await?;
    assert_eq!(said(on.data()?), [vec![], vec!["Another time"]], "{}", on.text);
    assert_eq!(on.data()?["steps"][1]["at"], "2026-11-21T10:00:00Z");
    let answered = play(json!({ "state": state, "events": [{ "say": "12" }] })).await?;
    assert_eq!(said(answered.data()?), [["12 it is"]]);
    for table in ["messages", "flow_sessions", "waits", "flow_figure_deltas", "flow_figures"] {
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("select count(*) from {table}")))
            .fetch_one(&app.pool)
            .await?;
        assert_eq!(count, 0, "{table}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn triggers_calls_failures_and_what_is_learnt_are_played_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let path = format!("{FLOWS}/simulate");
    let by_word = json!({
        "document": answering("hello", "Hi {{contact.name}}"), "byTrigger": true,
        "contact": { "name": "An" }, "events": [{ "say": "good morning" }, { "say": "Hello" }]
    });
    let played = app.post(&path, &owner, &by_word).await?;
    assert_eq!(said(played.data()?), [vec![], vec!["Hi An"]], "{}", played.text);
    assert_eq!(played.data()?["steps"][0]["used"], false);

    let calling = json!({
        "triggers": [{ "type": "api" }],
        "nodes": [
            { "id": "tag", "type": "add_tag", "config": { "tag": "asked" } },
            { "id": "call", "type": "http_request",
              "config": { "url": "https://shop.example/orders/7", "save": { "state": "/order/state" } } },
            { "id": "tell", "type": "send_message",
              "config": { "message": { "type": "text", "body": "It is {{variables.state}}" } } },
            { "id": "sorry", "type": "send_message", "config": { "message": { "type": "text", "body": "Sorry" } } },
            { "id": "end", "type": "end" }
        ],
        "edges": [
            { "from": "tag", "to": "call" },
            { "from": "call", "outlet": "ok", "to": "tell" },
            { "from": "call", "outlet": "failed", "to": "sorry" },
            { "from": "tell", "to": "end" },
            { "from": "sorry", "to": "end" }
        ]
    });
    let body = json!({ "order": { "state": "ready" } });
    for (called, expected) in [
        (json!({ "status": 200, "body": body }), "It is ready"),
        (json!({ "status": 500 }), "Sorry"),
        (json!({ "failed": "timed out" }), "Sorry"),
    ] {
        let asked = json!({ "document": calling, "events": [{ "called": called }] });
        let played = app.post(&path, &owner, &asked).await?;
        assert_eq!(said(played.data()?)[1], [expected], "{}", played.text);
        assert_eq!(played.data()?["contact"]["tags"], json!(["asked"]));
        let effects = played.data()?["steps"][0]["effects"].as_array().unwrap();
        assert!(effects.iter().any(|effect| effect["type"] == "call"), "{}", played.text);
    }
    let asked = json!({ "document": asking(), "events": [{ "failSend": true }] });
    let failed = app.post(&path, &owner, &asked).await?;
    assert_eq!(failed.data()?["standing"], Value::Null, "{}", failed.text);
    assert!(failed.data()?["steps"][1]["ended"]["how"].is_string(), "{}", failed.text);

    for (body, field) in [
        (json!({}), "document"),
        (json!({ "document": asking(), "events": [{}] }), "events[0]"),
        (json!({ "document": asking(), "events": [{ "say": "a", "pass": 1 }] }), "events[0]"),
        (json!({ "document": asking(), "events": [{ "sing": "a" }] }), "events[0].sing"),
        (json!({ "document": asking(), "version": 1 }), "version"),
    ] {
        let refused = app.post(&path, &owner, &body).await?;
        assert_eq!((refused.failure()?, refused.problem().0), ((422, "VALIDATION_ERROR"), field), "{}", refused.text);
    }
    let mut broken = asking();
    broken["nodes"][1]["type"] = json!("sing");
    let refused = app.post(&path, &owner, &json!({ "document": broken })).await?;
    assert_eq!(refused.body["details"][0]["nodeId"], "ask", "{}", refused.text);
    app.stop().await
}
