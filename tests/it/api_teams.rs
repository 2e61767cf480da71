//! Teams: users who share their work.

use serde_json::{Value, json};
use shared::domain::ids::TeamId;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::{TestApi, TestUser};

const TEAMS: &str = "/api/v1/teams";

async fn team(app: &TestApi, owner: &TestUser, name: &str) -> anyhow::Result<String> {
    let made = app.post(TEAMS, owner, &json!({ "name": name })).await?;
    Ok(format!("{TEAMS}/{}", made.data()?["id"].as_str().unwrap_or_default()))
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_team_is_made_renamed_filled_and_taken_away(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (an, binh) = (app.colleague(&owner, UserRole::Agent).await?, app.colleague(&owner, UserRole::Agent).await?);
    let path = team(&app, &owner, "Orders").await?;
    assert_eq!(app.patch(&path, &owner, &json!({ "name": "Returns" })).await?.data()?["name"], "Returns");

    let members = format!("{path}/members");
    let put = async |users: Value| {
        app.ask(http::Method::PUT, &members, Some(&owner), Some(&json!({ "userIds": users }))).await
    };
    put(json!([an.id, binh.id])).await?.data()?;
    put(json!([binh.id])).await?.data()?;
    assert_eq!(app.get(&members, &an).await?.data()?["userIds"], json!([binh.id]));
    assert_eq!(app.get(&path, &an).await?.data()?["memberCount"], 1);
    let id = path.rsplit('/').next().unwrap();
    let of_team = app.get(&format!("/api/v1/users?teamId={id}"), &owner).await?;
    assert_eq!(of_team.data()?[0]["id"], json!(binh.id));
    assert_eq!(of_team.data()?[0]["teams"], json!([id]));

    app.delete(&path, &owner).await?.data()?;
    assert_eq!(app.get(&path, &owner).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(app.count("select count(*) from team_members").await?, 0);
    let trail = app.get("/api/v1/audit?entity=team", &owner).await?;
    let actions: Vec<&str> =
        trail.data()?.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["team.deleted", "team.members_set", "team.members_set", "team.renamed", "team.created"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_name_is_taken_once_whatever_its_case(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    team(&app, &owner, "Orders").await?;
    let returns = team(&app, &owner, "Returns").await?;
    team(&app, &other, "Orders").await?;
    assert_eq!(app.post(TEAMS, &owner, &json!({ "name": "orders" })).await?.failure()?, (409, "CONFLICT"));
    assert_eq!(app.patch(&returns, &owner, &json!({ "name": "ORDERS" })).await?.failure()?, (409, "CONFLICT"));
    let nameless = app.post(TEAMS, &owner, &json!({ "name": "  " })).await?;
    assert_eq!((nameless.failure()?, nameless.problem().0), ((422, "VALIDATION_ERROR"), "name"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn another_merchants_team_and_users_do_not_exist(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let (own, theirs) = (team(&app, &owner, "Orders").await?, team(&app, &other, "Orders").await?);
    for path in [&theirs, &format!("{TEAMS}/{}", TeamId::new()), &format!("{TEAMS}/x")] {
        let not_found = (404, "NOT_FOUND");
        assert_eq!(app.get(path, &owner).await?.failure()?, not_found);
        assert_eq!(app.patch(path, &owner, &json!({ "name": "X" })).await?.failure()?, not_found);
        assert_eq!(app.delete(path, &owner).await?.failure()?, not_found);
        let members = format!("{path}/members");
        assert_eq!(app.get(&members, &owner).await?.failure()?, not_found);
        let put = json!({ "userIds": [owner.id] });
        assert_eq!(app.ask(http::Method::PUT, &members, Some(&owner), Some(&put)).await?.failure()?, not_found);
    }
    let put = json!({ "userIds": [owner.id, other.id] });
    let refused = app.ask(http::Method::PUT, &format!("{own}/members"), Some(&owner), Some(&put)).await?;
    assert_eq!(refused.problem(), ("userIds[1]", "names no user of yours"));
    app.stop().await
}
