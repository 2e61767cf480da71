//! Users: invited, changed, disabled, never without an owner.

use serde_json::json;
use shared::domain::ids::UserId;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::TestApi;

const USERS: &str = "/api/v1/users";

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_invited_colleague_logs_in_with_a_password_that_is_shown_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "email": " Binh@Shop.example", "displayName": "Binh", "role": "agent" });
    let invited = app.post(USERS, &owner, &body).await?;
    let told = invited.data()?;
    assert_eq!((&told["email"], &told["role"]), (&json!("binh@shop.example"), &json!("agent")));
    assert_eq!(told["mustChangePassword"], true);
    let password = told["oneTimePassword"].as_str().unwrap().to_owned();

    let path = format!("{USERS}/{}", told["id"].as_str().unwrap());
    for answer in
        [app.get(&path, &owner).await?, app.get(USERS, &owner).await?, app.get("/api/v1/audit", &owner).await?]
    {
        answer.data()?;
        assert!(!answer.text.contains(&password) && !answer.text.contains("argon2"), "{}", answer.text);
    }

    let here = app.login("binh@shop.example", &password).await?;
    let change = json!({ "currentPassword": password, "newPassword": "a password of my own" });
    app.post("/api/v1/auth/password", &here.user, &change).await?.data()?;
    assert!(app.holds(&here.user).await?);
    assert_eq!(app.get(&path, &owner).await?.data()?["mustChangePassword"], false);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_field_that_is_wrong_is_named(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "email": "nobody", "displayName": "", "role": "agent" });
    let refused = app.post(USERS, &owner, &body).await?;
    let fields: Vec<_> = refused.body["details"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, [json!("email"), json!("displayName")]);
    for (body, field) in [
        (json!({ "email": "a@b.example", "role": "root" }), "role"),
        (json!({ "email": "a@b.example", "role": "agent", "colour": 1 }), "colour"),
        (json!({ "email": "a@b.example", "role": "agent", "teams": [UserId::new()] }), "teams[0]"),
    ] {
        let refused = app.post(USERS, &owner, &body).await?;
        assert_eq!((refused.failure()?, refused.problem().0), ((422, "VALIDATION_ERROR"), field));
    }
    let taken = json!({ "email": "a@b.example", "role": "agent" });
    app.post(USERS, &owner, &taken).await?.data()?;
    assert_eq!(app.post(USERS, &owner, &taken).await?.failure()?, (409, "CONFLICT"));
    let elsewhere = app.merchant().await?;
    assert_eq!(app.post(USERS, &elsewhere, &taken).await?.failure()?, (409, "CONFLICT"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_gives_more_than_he_has(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let admin = app.colleague(&owner, UserRole::Admin).await?;
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    let invite = |role: &str| json!({ "email": format!("{role}@b.example"), "role": role });
    for (giver, role, expected) in [
        (&admin, "owner", 403),
        (&admin, "operator", 403),
        (&owner, "operator", 403),
        (&agent, "viewer", 403),
        (&admin, "admin", 200),
        (&owner, "owner", 200),
    ] {
        assert_eq!(app.post(USERS, giver, &invite(role)).await?.status, expected, "{role}");
    }
    let (of_owner, of_agent) = (format!("{USERS}/{}", owner.id), format!("{USERS}/{}", agent.id));
    for change in [json!({ "role": "agent" }), json!({ "disabled": true }), json!({ "displayName": "X" })] {
        assert_eq!(app.patch(&of_owner, &admin, &change).await?.failure()?, (403, "FORBIDDEN"), "{change}");
    }
    assert_eq!(
        app.post(&format!("{of_owner}/password-reset"), &admin, &json!({})).await?.failure()?,
        (403, "FORBIDDEN")
    );
    assert_eq!(app.patch(&of_agent, &admin, &json!({ "role": "owner" })).await?.failure()?, (403, "FORBIDDEN"));
    assert_eq!(app.patch(&of_agent, &admin, &json!({ "role": "viewer" })).await?.data()?["role"], "viewer");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_last_owner_stays_one(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let own = format!("{USERS}/{}", owner.id);
    assert_eq!(app.patch(&own, &owner, &json!({ "role": "admin" })).await?.failure()?, (409, "CONFLICT"));
    assert_eq!(app.patch(&own, &owner, &json!({ "disabled": true })).await?.failure()?, (409, "CONFLICT"));

    let second = app.colleague(&owner, UserRole::Owner).await?;
    let of_second = format!("{USERS}/{}", second.id);
    // Each demotes the other at the same moment: one of them is too late.
    let demote = json!({ "role": "admin" });
    let (one, other) = tokio::join!(app.patch(&of_second, &owner, &demote), app.patch(&own, &second, &demote));
    let statuses = [one?.status.as_u16(), other?.status.as_u16()];
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(app.count("select count(*) from users where role = 'owner' and disabled_at is null").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_lost_password_is_reset_and_ends_every_session(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "email": "binh@shop.example", "role": "agent" });
    let invited = app.post(USERS, &owner, &body).await?;
    let first = invited.data()?["oneTimePassword"].as_str().unwrap().to_owned();
    let here = app.login("binh@shop.example", &first).await?;
    let path = format!("{USERS}/{}/password-reset", here.user.id);
    let reset = app.ask(http::Method::POST, &path, Some(&owner), None).await?;
    let second = reset.data()?["oneTimePassword"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(app.get("/api/v1/auth/me", &here.user).await?.failure()?, (401, "UNAUTHORIZED"));
    assert!(app.login("binh@shop.example", &first).await.is_err());
    app.login("binh@shop.example", &second).await?;

    let own = format!("{USERS}/{}/password-reset", owner.id);
    assert_eq!(app.post(&own, &owner, &json!({})).await?.failure()?, (409, "CONFLICT"), "one's own needs the old one");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn another_merchants_user_does_not_exist(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let path = format!("{USERS}/{}", other.id);
    let not_found = (404, "NOT_FOUND");
    assert_eq!(app.get(&path, &owner).await?.failure()?, not_found);
    assert_eq!(app.patch(&path, &owner, &json!({ "displayName": "X" })).await?.failure()?, not_found);
    assert_eq!(app.post(&format!("{path}/password-reset"), &owner, &json!({})).await?.failure()?, not_found);
    let listed = app.get(USERS, &owner).await?;
    assert!(!listed.text.contains(&other.id.to_string()));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_list_is_paged_and_filtered(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for _ in 0..4 {
        app.colleague(&owner, UserRole::Agent).await?;
    }
    let disabled = app.colleague(&owner, UserRole::Agent).await?;
    app.patch(&format!("{USERS}/{}", disabled.id), &owner, &json!({ "disabled": true })).await?.data()?;
    let first = app.get(&format!("{USERS}?role=agent&disabled=false&take=3"), &owner).await?;
    assert_eq!(first.body["pagination"]["total"], 4);
    let cursor = first.body["pagination"]["nextCursor"].as_str().unwrap();
    let rest = app.get(&format!("{USERS}?role=agent&disabled=false&take=3&cursor={cursor}"), &owner).await?;
    assert_eq!((first.data()?.as_array().unwrap().len(), rest.data()?.as_array().unwrap().len()), (3, 1));
    assert_eq!(app.get(&format!("{USERS}?disabled=true"), &owner).await?.data()?[0]["id"], json!(disabled.id));
    app.stop().await
}

/// What is read only may be put back as it was given.
#[sqlx::test(migrator = "MIGRATOR")]
async fn a_user_is_put_back_as_it_was_given(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    let path = format!("{USERS}/{}", agent.id);
    let mut user = app.get(&path, &owner).await?.data()?.clone();
    user["displayName"] = json!("Chi");
    assert_eq!(app.patch(&path, &owner, &user).await?.data()?["displayName"], "Chi");
    let trail = app.get(&format!("/api/v1/audit?entityId={}", agent.id), &owner).await?;
    assert_eq!(trail.data()?[0]["before"]["displayName"], "A");
    assert_eq!(trail.data()?[0]["after"]["displayName"], "Chi");
    app.stop().await
}
