//! Flows: what became of them.

use serde_json::{Value, json};
use sqlx::PgPool;
use tests::api::flows::{FLOWS, asking};
use tests::api::{TestApi, TestUser};
use uuid::Uuid;

/// What the engine counts: some of it folded, the rest beside it.
async fn count(app: &TestApi, owner: &TestUser, flow: &str, figures: &[(&str, &str, &str, i64)]) -> anyhow::Result<()> {
    let flow: Uuid = flow.parse()?;
    for (node, passage, outlet, total) in figures {
        for (table, column, part) in [("flow_figures", "total", total - 1), ("flow_figure_deltas", "delta", 1)] {
            let insert = format!(
                "insert into {table} (flow_id, version, node_id, passage, outlet, merchant_id, {column})
                 values ($1, 1, $2, $3, $4, $5, $6)"
            );
            sqlx::query(sqlx::AssertSqlSafe(insert))
                .bind(flow)
                .bind(node)
                .bind(passage)
                .bind(outlet)
                .bind(owner.merchant_id.0)
                .bind(part)
                .execute(&app.pool)
                .await?;
        }
    }
    Ok(())
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn nodes_and_arms_are_counted_with_how_sure_that_is(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.active_flow(&owner, "Ask", &asking()).await?;
    let path = format!("{FLOWS}/{id}/figures");
    let figures = [
        ("", "started", "", 300),
        ("", "completed", "", 120),
        ("", "handed_off", "", 20),
        ("split", "entered", "", 300),
        ("split", "left", "a", 148),
        ("split", "left", "b", 152),
        ("split", "replied", "a", 81),
        ("split", "converted", "a", 15),
        ("split", "completed", "b", 30),
        ("ask", "entered", "", 300),
        ("ask", "left", "answered", 120),
        ("old", "entered", "", 3),
    ];
    count(&app, &owner, &id, &figures).await?;
    let told = app.get(&path, &owner).await?;
    let data = told.data()?;
    assert_eq!((&data["version"], &data["started"]), (&json!(1), &json!(300)));
    assert_eq!(data["ended"], json!({ "completed": 120, "handed_off": 20 }));
    let node = |id: &str| data["nodes"].as_array().unwrap().iter().find(|node| node["nodeId"] == id).unwrap().clone();
    let ask = node("ask");
    assert_eq!((&ask["type"], &ask["name"]), (&json!("ask"), &json!("How many")));
    assert_eq!((&ask["entered"], &ask["left"]), (&json!(300), &json!({ "answered": 120 })));
    assert_eq!((&node("thanks")["entered"], &node("old")["type"]), (&json!(0), &Value::Null));
    let a = &data["splits"][0]["arms"][0];
    assert_eq!((&a["name"], &a["weight"], &a["entered"]), (&json!("a"), &json!(1), &json!(148)));
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 0.000_1;
    let converted = &a["converted"];
    assert!(near(&converted["rate"], 0.1014), "{converted}");
    assert!(near(&converted["low"], 0.0624) && near(&converted["high"], 0.1605), "{converted}");
    let b = &data["splits"][0]["arms"][1];
    assert_eq!((&b["replied"]["count"], &b["completed"]["count"]), (&json!(0), &json!(30)));

    let all = app.get(&format!("{path}?version=all"), &owner).await?;
    assert_eq!((&all.data()?["version"], &all.data()?["started"]), (&Value::Null, &json!(300)));
    assert_eq!(app.get(&format!("{path}?version=2"), &owner).await?.problem().0, "version");
    assert_eq!(app.get(&format!("{path}?version=x"), &owner).await?.problem().0, "version");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_broke_and_what_is_under_way_is_told(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let id = app.active_flow(&owner, "Ask", &asking()).await?;
    let thread = app.whatsapp_thread(&owner).await?;
    for node in ["split", "ask", "thanks"] {
        sqlx::query(
            "insert into flow_failures (merchant_id, flow_id, version, node_id, code, reason, conversation_id)
             values ($1, $2, 1, $3, 'send_failed', 'the platform refused it', $4)",
        )
        .bind(owner.merchant_id.0)
        .bind(id.parse::<Uuid>()?)
        .bind(node)
        .bind(thread.id.0)
        .execute(&app.pool)
        .await?;
    }
    sqlx::query(
        "insert into flow_sessions (id, merchant_id, account_id, conversation_id, contact_id, flow_id, version, state,
                                    expires_at)
         values ($1, $2, $3, $4, $5, $6, 1, '', now() + interval '1 day')",
    )
    .bind(Uuid::from_u128(7))
    .bind(owner.merchant_id.0)
    .bind(thread.account_id.0)
    .bind(thread.id.0)
    .bind(thread.contact_id.0)
    .bind(id.parse::<Uuid>()?)
    .execute(&app.pool)
    .await?;
    let path = format!("{FLOWS}/{id}/failures");
    let first = app.get(&format!("{path}?take=2"), &owner).await?;
    let nodes = |answer: &Value| -> Vec<String> {
        answer.as_array().unwrap().iter().map(|one| one["nodeId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(nodes(first.data()?), ["thanks", "ask"], "the latest first");
    assert_eq!(first.body["pagination"]["total"], 3);
    assert_eq!(first.data()?[0]["code"], "send_failed");
    let cursor = first.body["pagination"]["nextCursor"].as_str().unwrap();
    let next = app.get(&format!("{path}?take=2&cursor={cursor}"), &owner).await?;
    assert_eq!((nodes(next.data()?), &next.body["pagination"]["total"]), (vec!["split".to_owned()], &json!(3)));
    assert_eq!(app.get(&format!("{path}?version=2"), &owner).await?.data()?, &json!([]));
    assert_eq!(app.get(&format!("{FLOWS}/{id}"), &owner).await?.data()?["sessionsUnderWay"], 1);
    app.stop().await
}
