//! Flows as files, and flows to begin with.

use serde_json::{Value, json};
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::{FLOWS, answering, going_through};

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_flow_and_what_it_starts_go_to_another_merchant_as_one_file(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let inner = app.flow(&owner, "Inner", &answering("inner", "in")).await?;
    let outer = app.flow(&owner, "Outer", &going_through(&inner)).await?;

    let file = app.get(&format!("{FLOWS}/{outer}/export"), &owner).await?;
    let names: Vec<&str> =
        file.data()?["flows"].as_array().unwrap().iter().map(|flow| flow["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Outer", "Inner"]);
    let imported = app.post(&format!("{FLOWS}/import"), &other, file.data()?).await?;
    let made = imported.data()?["flows"].as_array().unwrap();
    assert_eq!((&made[0]["name"], &made[0]["status"]), (&json!("Outer"), &json!("draft")));
    assert_ne!(made[0]["id"], json!(outer));
    let shown = app.get(&format!("{FLOWS}/{}", made[0]["id"].as_str().unwrap()), &other).await?;
    assert_eq!(shown.data()?["document"]["nodes"][1]["config"]["flowId"], made[1]["id"], "it starts its own");

    let mut wrong = file.data()?.clone();
    wrong["kind"] = json!("something");
    wrong["flows"][0]["name"] = json!("");
    let refused = app.post(&format!("{FLOWS}/import"), &other, &wrong).await?;
    let fields: Vec<&Value> = refused.body["details"].as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["kind", "flows[0].name"]);
    assert_eq!(app.count("select count(*) from flows").await?, 4, "all of a file or nothing");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_ready_flow_is_taken_and_can_be_published_as_it_is(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let gallery = app.get(&format!("{FLOWS}/gallery?language=vi"), &owner).await?;
    let ready = gallery.data()?["flows"].as_array().unwrap().clone();
    assert!(ready.len() >= 7, "{}", gallery.text);
    let names: Vec<&str> = ready.iter().filter_map(|flow| flow["name"].as_str()).collect();
    for name in &names {
        let body = json!({ "ready": name, "language": "vi" });
        let made = app.post(&format!("{FLOWS}/gallery"), &owner, &body).await?;
        let told = made.data()?;
        assert_eq!((&told["madeFrom"], &told["document"]["language"]), (&json!(name), &json!("vi")));
    }
    let taken = app.get(&format!("{FLOWS}/gallery"), &owner).await?;
    assert!(taken.data()?["flows"].as_array().unwrap().iter().all(|flow| flow["isTaken"] == true), "{}", taken.text);
    let welcome =
        app.post(&format!("{FLOWS}/gallery"), &owner, &json!({ "ready": "welcome", "name": "Hello" })).await?;
    assert_eq!(welcome.data()?["name"], "Hello");
    let id = welcome.data()?["id"].as_str().unwrap();
    let active = app.post(&format!("{FLOWS}/{id}/activate"), &owner, &json!({})).await?;
    assert_eq!(active.data()?["isActive"], true);
    let unknown = app.post(&format!("{FLOWS}/gallery"), &owner, &json!({ "ready": "nothing" })).await?;
    assert_eq!(unknown.problem().0, "ready");
    assert!(unknown.problem().1.contains("welcome"), "{}", unknown.text);
    app.stop().await
}
