//! The audit trail as the merchant reads it.

use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::{TestApi, TestUser};

const AUDIT: &str = "/api/v1/audit";

async fn actions(app: &TestApi, user: &TestUser, query: &str) -> anyhow::Result<Vec<Value>> {
    let answer = app.get(&format!("{AUDIT}{query}"), user).await?;
    Ok(answer.data()?.as_array().into_iter().flatten().map(|entry| entry["action"].clone()).collect())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn it_is_filtered_by_who_what_and_when(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let admin = app.colleague(&owner, UserRole::Admin).await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    app.post("/api/v1/teams", &admin, &json!({ "name": "Orders" })).await?.data()?;

    let all = ["team.created", "account.connected", "merchant.created"];
    assert_eq!(actions(&app, &owner, "").await?, all);
    for (query, expected) in [
        (format!("?actor={}", admin.id), &all[..1]),
        ("?actor=system".to_owned(), &all[2..]),
        ("?entity=account".to_owned(), &all[1..2]),
        (format!("?entityId={account}"), &all[1..2]),
        ("?action=team.created".to_owned(), &all[..1]),
        ("?from=2001-01-01T00:00:00Z".to_owned(), &all[..]),
        ("?to=2001-01-01T00:00:00Z".to_owned(), &all[..0]),
    ] {
        assert_eq!(actions(&app, &owner, &query).await?, expected, "{query}");
    }
    let refused = app.get(&format!("{AUDIT}?actor=somebody&from=now&colour=red"), &owner).await?;
    let fields: Vec<_> = refused.body["details"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, [json!("actor"), json!("from"), json!("colour")]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn it_is_read_on_by_its_cursor(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for number in 0..5 {
        app.post("/api/v1/teams", &owner, &json!({ "name": format!("team {number}") })).await?.data()?;
    }
    let (mut seen, mut query) = (Vec::new(), "?take=2".to_owned());
    loop {
        let page = app.get(&format!("{AUDIT}{query}"), &owner).await?;
        seen.extend(page.data()?.as_array().unwrap().iter().map(|entry| entry["id"].clone()));
        assert_eq!(page.body["pagination"]["total"], 6);
        match page.body["pagination"]["nextCursor"].as_str() {
            Some(cursor) => query = format!("?take=2&cursor={cursor}"),
            None => break,
        }
    }
    let mut once = seen.clone();
    once.dedup();
    assert_eq!((seen.len(), once.len()), (6, 6));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn agents_viewers_operators_and_other_merchants_do_not_read_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    app.account(&owner, Channel::WhatsApp, "2002").await?;
    for role in [UserRole::Agent, UserRole::Viewer, UserRole::Operator] {
        let user = app.colleague(&owner, role).await?;
        assert_eq!(app.get(AUDIT, &user).await?.failure()?, (403, "FORBIDDEN"), "{role}");
    }
    assert_eq!(actions(&app, &other, "").await?, ["merchant.created"]);
    assert_eq!(actions(&app, &other, &format!("?actor={}", owner.id)).await?, Vec::<Value>::new());
    app.stop().await
}
