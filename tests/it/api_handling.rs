//! Whose a conversation is, who answers in it, and whether it is open.

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{ConversationId, UserId};
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser, Thread};
use tests::conversation::{conversations, count};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const CONVERSATIONS: &str = "/api/v1/whatsapp/conversations";

fn path(thread: Thread, what: &str) -> String {
    format!("{CONVERSATIONS}/{}/{what}", thread.id)
}

async fn put(app: &TestApi, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
    app.ask(Method::PUT, path, Some(user), Some(body)).await
}

async fn actions(app: &TestApi) -> anyhow::Result<Vec<String>> {
    let actions = "select action from audit_entries where entity = 'conversation' order by id";
    Ok(sqlx::query_scalar(actions).fetch_all(&app.pool).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_is_assigned_to_a_user_or_a_team_and_taken_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    let team = Uuid::from_u128(7);
    sqlx::query("insert into teams (id, merchant_id, name) values ($1, $2, 'Repairs')")
        .bind(team)
        .bind(owner.merchant_id.0)
        .execute(&app.pool)
        .await?;
    let assign = path(thread, "assign");
    let given = app.post(&assign, &agent, &json!({ "userId": agent.id })).await?;
    let told = given.data()?;
    assert_eq!((&told["assignedToUserId"], &told["handler"]), (&json!(agent.id), &json!("human")));
    let given = app.post(&assign, &agent, &json!({ "teamId": team })).await?;
    let told = given.data()?;
    assert_eq!((&told["assignedToUserId"], &told["assignedToTeamId"]), (&Value::Null, &json!(team)));

    for (query, expected) in [
        (format!("teamId={team}"), 1),
        (format!("assignedTo={}", agent.id), 0),
        ("unassigned=true".to_owned(), 0),
        ("unassigned=false".to_owned(), 1),
        ("handler=human".to_owned(), 1),
        ("handler=bot".to_owned(), 0),
    ] {
        let found = app.get(&format!("{CONVERSATIONS}?{query}"), &owner).await?;
        assert_eq!(found.data()?.as_array().unwrap().len(), expected, "{query}");
        assert_eq!(found.body["pagination"]["total"], json!(expected), "{query}");
    }
    let freed = app.ask(Method::DELETE, &assign, Some(&agent), None).await?;
    assert_eq!((&freed.data()?["assignedToTeamId"], &freed.data()?["handler"]), (&Value::Null, &json!("human")));
    assert_eq!(actions(&app).await?, ["conversation.assigned"; 3]);

    let both = app.post(&assign, &agent, &json!({ "userId": agent.id, "teamId": team })).await?;
    assert_eq!(both.problem().0, "teamId");
    for nobody in [json!({ "userId": UserId::new() }), json!({ "teamId": UserId::new() })] {
        assert_eq!(app.post(&assign, &agent, &nobody).await?.failure()?, (404, "NOT_FOUND"));
    }
    let stranger = app.merchant().await?;
    let foreign = app.post(&assign, &agent, &json!({ "userId": stranger.id })).await?;
    assert_eq!(foreign.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_is_handed_to_bot_ai_and_person(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let waiting =
        "insert into inbox (message_id, merchant_id, account_id, conversation_id, sent_at, received_at, position)
                   values (gen_random_uuid(), $1, $2, $3, now(), now(), 0)";
    sqlx::query(waiting)
        .bind(owner.merchant_id.0)
        .bind(thread.account_id.0)
        .bind(thread.id.0)
        .execute(&app.pool)
        .await?;
    for (handler, left) in [("ai", 1), ("human", 0), ("bot", 0)] {
        let handed = put(&app, &path(thread, "handler"), &owner, &json!({ "handler": handler })).await?;
        assert_eq!(handed.data()?["handler"], handler);
        assert_eq!(app.count("select count(*) from inbox").await?, left, "{handler}");
    }
    let wrong = put(&app, &path(thread, "handler"), &owner, &json!({ "handler": "nobody" })).await?;
    assert_eq!(wrong.problem().0, "handler");
    assert_eq!(actions(&app).await?, ["conversation.handed_over"; 3]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_is_closed_with_a_reason_and_opened_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let close = path(thread, "close");
    let closed = put(&app, &close, &owner, &json!({ "reason": "resolved" })).await?;
    let told = closed.data()?;
    assert_eq!((&told["status"], &told["closeReason"]), (&json!("closed"), &json!("resolved")));
    assert!(told["closedAt"].is_string());
    // Closed already: it stays as it is. The body may be left out.
    let again = app.ask(Method::POST, &close, Some(&owner), None).await?;
    assert_eq!(again.data()?["closeReason"], "resolved");

    let reopen = path(thread, "reopen");
    let opened = app.ask(Method::POST, &reopen, Some(&owner), None).await?;
    assert_eq!((&opened.data()?["status"], &opened.data()?["closeReason"]), (&json!("open"), &Value::Null));
    assert_eq!(actions(&app).await?, ["conversation.closed", "conversation.reopened"]);

    app.ask(Method::POST, &close, Some(&owner), None).await?.data()?;
    sqlx::query(
        "insert into conversations (id, merchant_id, account_id, contact_id, last_message_at, opened_at)
         select gen_random_uuid(), merchant_id, account_id, contact_id, now(), now() from conversations",
    )
    .execute(&app.pool)
    .await?;
    let barred = app.ask(Method::POST, &reopen, Some(&owner), None).await?;
    assert_eq!(barred.failure()?, (409, "CONFLICT"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_is_found_by_what_it_refers_to_and_by_its_contact(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let ours = app.thread(&owner, account, "84901234567", clock::now()).await?;
    let other = app.thread(&owner, account, "84907654321", clock::now() - TimeDelta::days(2)).await?;
    sqlx::query("update contacts set display_name = 'Trần Thị Đào', tags = '{gold}' where id = $1")
        .bind(other.contact_id.0)
        .execute(&app.pool)
        .await?;
    let references = path(ours, "references");
    let body = json!({ "references": { "orderId": 12345, "technicianId": "t-7" } });
    let told = put(&app, &references, &owner, &body).await?;
    assert_eq!(told.data()?["references"], json!({ "orderId": "12345", "technicianId": "t-7" }));
    let told = put(&app, &references, &owner, &json!({ "references": { "technicianId": null } })).await?;
    assert_eq!(told.data()?["references"], json!({ "orderId": "12345" }));
    let wrong = json!({ "references": { "a b": "x", "list": [] } });
    assert_eq!(put(&app, &references, &owner, &wrong).await?.body["details"].as_array().unwrap().len(), 2);

    let day_ago = (clock::now() - TimeDelta::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    for (query, expected) in [
        ("reference=orderId:12345".to_owned(), Some(ours)),
        ("orderId=12345".to_owned(), Some(ours)),
        ("orderId=1234".to_owned(), None),
        ("reference=technicianId:12345".to_owned(), None),
        ("search=12345".to_owned(), Some(ours)),
        ("search=dao".to_owned(), Some(other)),
        ("search=0907654321".to_owned(), Some(other)),
        ("search=gold".to_owned(), Some(other)),
        ("tag=vip".to_owned(), Some(ours)),
        ("tag=gold&status=open".to_owned(), Some(other)),
        ("tag=gold&status=closed".to_owned(), None),
        (format!("updatedSince={day_ago}"), Some(ours)),
    ] {
        let found = app.get(&format!("{CONVERSATIONS}?{query}"), &owner).await?;
        let ids: Vec<&Value> = found.data()?.as_array().unwrap().iter().map(|one| &one["id"]).collect();
        let expected: Vec<Value> = expected.iter().map(|thread| json!(thread.id)).collect();
        assert_eq!(ids, expected.iter().collect::<Vec<_>>(), "{query}");
        assert_eq!(found.body["pagination"]["total"], json!(expected.len()), "{query}");
    }
    let unread = app.get(&format!("{CONVERSATIONS}?unread=true&take=1"), &owner).await?;
    let cursor = unread.body["pagination"]["nextCursor"].as_str().unwrap();
    let next = app.get(&format!("{CONVERSATIONS}?unread=true&take=1&cursor={cursor}"), &owner).await?;
    assert_eq!((&next.data()?[0]["id"], &next.body["pagination"]["total"]), (&json!(other.id), &json!(2)));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_who_may_manage_conversations_does_and_only_their_own(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let thread = app.whatsapp_thread(&owner).await?;
    let viewer = app.colleague(&owner, UserRole::Viewer).await?;
    for (what, body) in [
        ("assign", json!({ "userId": null })),
        ("handler", json!({ "handler": "ai" })),
        ("close", json!({})),
        ("reopen", json!({})),
    ] {
        assert_eq!(app.post(&path(thread, what), &viewer, &body).await?.failure()?, (403, "FORBIDDEN"), "{what}");
        assert_eq!(app.post(&path(thread, what), &stranger, &body).await?.failure()?, (404, "NOT_FOUND"), "{what}");
    }
    let foreign = put(&app, &path(thread, "references"), &stranger, &json!({ "references": {} })).await?;
    assert_eq!(foreign.failure()?, (404, "NOT_FOUND"));
    assert!(actions(&app).await?.is_empty());
    app.stop().await
}

/// A conversation of a customer who keeps writing, in the product as a whole.
async fn written(pool: PgPool) -> anyhow::Result<(TestApp, TestApi, TestUser, ConversationId)> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&app.db).await?;
    let api = TestApi::beside(&app).await?;
    app.receives([from("84901234567").seconds_ago(60).says("hello")]).await?;
    app.settle().await?;
    let user = api.token(UserId::new(), app.merchant.id, UserRole::Agent).await?;
    let id: Uuid = sqlx::query_scalar("select id from conversations").fetch_one(&app.db).await?;
    Ok((app, api, user, id.into()))
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_finds_its_conversation_closed_opens_another(pool: PgPool) -> anyhow::Result<()> {
    let (app, api, user, id) = written(pool).await?;
    // The close has the row when the message comes to be stored, and commits while that waits for it.
    let mut closing = app.db.begin().await?;
    sqlx::query("update conversations set status = 'closed', closed_at = now() where id = $1")
        .bind(id.0)
        .execute(&mut *closing)
        .await?;
    app.receives([from("84901234567").says("one more thing")]).await?;
    let committed = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        closing.commit().await
    };
    let (stored, committed) = tokio::join!(app.settle(), committed);
    stored?;
    committed?;
    let threads = conversations(&app.db).await?;
    assert_eq!(threads.len(), 2, "{threads:?}");
    assert_eq!(count(&app.db, "messages").await?, 2);

    let reopen = format!("{CONVERSATIONS}/{id}/reopen");
    assert_eq!(api.ask(Method::POST, &reopen, Some(&user), None).await?.failure()?, (409, "CONFLICT"));
    api.stop().await?;
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn closing_and_writing_at_once_loses_nothing_and_leaves_one_open(pool: PgPool) -> anyhow::Result<()> {
    let (app, api, user, _) = written(pool).await?;
    for round in 0..5 {
        let open: Uuid =
            sqlx::query_scalar("select id from conversations where status = 'open'").fetch_one(&app.db).await?;
        app.receives([from("84901234567").says(&format!("round {round}"))]).await?;
        let close = format!("{CONVERSATIONS}/{open}/close");
        let (stored, closed) = tokio::join!(app.settle(), api.ask(Method::POST, &close, Some(&user), None));
        stored?;
        closed?.data()?;
        // Whichever was first: what was written is in it or in the next one, and the next message finds one open.
        app.receives([from("84901234567").says(&format!("after {round}"))]).await?;
        app.settle().await?;
    }
    assert_eq!(count(&app.db, "messages").await?, 11);
    let open: i64 =
        sqlx::query_scalar("select count(*) from conversations where status = 'open'").fetch_one(&app.db).await?;
    assert_eq!(open, 1);
    let astray: i64 = sqlx::query_scalar(
        "select count(*) from conversations c
         where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(astray, 0);
    api.stop().await?;
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_after_the_hand_over_to_a_person_asks_no_bot(pool: PgPool) -> anyhow::Result<()> {
    let (app, api, user, id) = written(pool).await?;
    let handler = format!("{CONVERSATIONS}/{id}/handler");
    let to_a_person = json!({ "handler": "human" });
    app.receives([from("84901234567").says("is anybody there?")]).await?;
    let (stored, handed) = tokio::join!(app.persist(), put(&api, &handler, &user, &to_a_person));
    stored?;
    handed?.data()?;
    assert_eq!(count(&app.db, "inbox").await?, 0, "whichever came first, the bot has nothing to say");
    api.stop().await?;
    app.stop().await
}
