//! What belongs to no merchant, for operators, and doubts, for whoever leads a merchant.

use serde_json::json;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{DeadLetterId, EventId, MessageId};
use shared::domain::user::UserRole;
use shared::events::dead_letter::{Circumstances, DeadLetter};
use shared::events::raw::{EventHead, Kinds, RawEvent};
use shared::store::dead_letters::keep as dead_letters;
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::{TestApi, TestUser, Thread, as_worker};

const LETTERS: &str = "/api/v1/dead-letters";
const EVENTS: &str = "/api/v1/unclaimed-events";
const DOUBTS: &str = "/api/v1/doubts";

async fn letter(app: &TestApi, queue: &str) -> anyhow::Result<DeadLetterId> {
    let letter = DeadLetter {
        id: DeadLetterId::new(),
        queue: queue.to_owned(),
        message_id: Some("m-1".to_owned()),
        reason: "no partition".to_owned(),
        attempts: 3,
        received_at: None,
        died_at: clock::now(),
        put_backs: 0,
        circumstances: Circumstances::default(),
        body: "what was said".into(),
    };
    let mut conn = as_worker(&app.pool).acquire().await?;
    dead_letters::keep(&mut conn, &app.state.keyring, std::slice::from_ref(&letter)).await?;
    Ok(letter.id)
}

async fn event(app: &TestApi) -> anyhow::Result<EventId> {
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds::UNKNOWN,
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: None,
    };
    let event = RawEvent { head, body: "{}".into() };
    let kept = Unclaimed { event: &event, account: "2002".to_owned(), reason: Reason::UnknownAccount, detail: None };
    let mut conn = as_worker(&app.pool).acquire().await?;
    keep::keep(&mut conn, &app.state.keyring, &[kept]).await?;
    Ok(event.head.id)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_operator_reads_dead_letters_puts_them_back_and_drops_them(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let operator = app.colleague(&owner, UserRole::Operator).await?;
    let (first, second) = (letter(&app, "persist.0").await?, letter(&app, "status").await?);
    let listed = app.get(LETTERS, &operator).await?;
    assert_eq!(listed.body["pagination"]["total"], 2);
    assert_eq!(listed.data()?[0]["id"], json!(second));
    assert!(!listed.text.contains("what was said"), "contents are opened one by one");
    assert_eq!(app.get(&format!("{LETTERS}?queue=persist.0"), &operator).await?.data()?[0]["id"], json!(first));

    let path = format!("{LETTERS}/{first}");
    assert_eq!(app.get(&path, &operator).await?.data()?["contents"], json!(["what was said"]));
    let back = app.post(&format!("{path}/put-back"), &operator, &json!({})).await?;
    assert_eq!(back.data()?["ids"], json!([first]));
    assert!(app.get(LETTERS, &operator).await?.data()?[1]["putBackAt"].is_string());
    let all = app.post(&format!("{LETTERS}/put-back"), &operator, &json!({ "queue": "status" })).await?;
    assert_eq!(all.data()?["ids"], json!([second]));

    app.delete(&path, &operator).await?.data()?;
    assert_eq!(app.get(&path, &operator).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(app.delete(&path, &operator).await?.failure()?, (404, "NOT_FOUND"));
    let told = "select count(*) from audit_entries where entity = 'dead_letter' and actor_kind = 'user'";
    assert_eq!(app.count(told).await?, 3);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_operator_gives_unclaimed_events_back_or_discards_them(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let operator = app.colleague(&owner, UserRole::Operator).await?;
    let (first, second) = (event(&app).await?, event(&app).await?);
    let shown = app.get(&format!("{EVENTS}/{first}"), &operator).await?;
    assert_eq!(shown.data()?["accounts"][0]["account"], "2002");
    let given = app.post(&format!("{EVENTS}/{first}/give-back"), &operator, &json!({})).await?;
    assert_eq!(given.data()?["id"], json!(first));
    assert_eq!(app.count("select count(*) from unclaimed_events where given_back_at is not null").await?, 1);
    app.delete(&format!("{EVENTS}/{second}"), &operator).await?.data()?;
    assert_eq!(app.get(&format!("{EVENTS}/{second}"), &operator).await?.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_else_sees_what_belongs_to_nobody(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (letter, event) = (letter(&app, "status").await?, event(&app).await?);
    for role in [UserRole::Owner, UserRole::Admin, UserRole::Agent, UserRole::Viewer] {
        let user = app.colleague(&owner, role).await?;
        for path in [LETTERS.to_owned(), EVENTS.to_owned(), format!("{LETTERS}/{letter}"), format!("{EVENTS}/{event}")]
        {
            assert_eq!(app.get(&path, &user).await?.failure()?, (403, "FORBIDDEN"), "{role} {path}");
        }
        for path in [format!("{LETTERS}/{letter}/put-back"), format!("{EVENTS}/{event}/give-back")] {
            assert_eq!(app.post(&path, &user, &json!({})).await?.failure()?, (403, "FORBIDDEN"), "{role} {path}");
        }
        for path in [format!("{LETTERS}/{letter}"), format!("{EVENTS}/{event}")] {
            assert_eq!(app.delete(&path, &user).await?.failure()?, (403, "FORBIDDEN"), "{role} {path}");
        }
    }
    app.stop().await
}

/// A message of which nobody knows whether it went.
async fn doubt(app: &TestApi, owner: &TestUser, thread: Thread) -> anyhow::Result<MessageId> {
    let sent = app.post(&TestApi::messages_path(thread), owner, &TestApi::text("did you get this?")).await?;
    let id: MessageId = serde_json::from_value(sent.data()?["id"].clone())?;
    sqlx::query("update messages set status = 'in_doubt' where id = $1").bind(id.0).execute(&app.pool).await?;
    sqlx::query(
        "with gone as (delete from outbox where message_id = $1 returning *)
         insert into doubts (message_id, merchant_id, account_id, conversation_id, attempt, priority, may_resend)
         select message_id, merchant_id, account_id, conversation_id, attempt, priority, false from gone",
    )
    .bind(id.0)
    .execute(&app.pool)
    .await?;
    Ok(id)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_doubt_is_sent_again_or_given_up_by_whoever_leads_the_merchant(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, other) = (app.merchant().await?, app.merchant().await?);
    let admin = app.colleague(&owner, UserRole::Admin).await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (first, second) = (doubt(&app, &owner, thread).await?, doubt(&app, &owner, thread).await?);
    let listed = app.get(DOUBTS, &admin).await?;
    assert_eq!((&listed.data()?[0]["messageId"], &listed.body["pagination"]["total"]), (&json!(first), &json!(2)));
    let cursor_page = app.get(&format!("{DOUBTS}?take=1"), &admin).await?;
    let cursor = cursor_page.body["pagination"]["nextCursor"].as_str().unwrap();
    let rest = app.get(&format!("{DOUBTS}?cursor={cursor}"), &admin).await?;
    assert_eq!(rest.data()?[0]["messageId"], json!(second));

    let agent = app.colleague(&owner, UserRole::Agent).await?;
    for what in ["resend", "give-up"] {
        let path = format!("{DOUBTS}/{first}/{what}");
        assert_eq!(app.post(&path, &agent, &json!({})).await?.failure()?, (403, "FORBIDDEN"));
        assert_eq!(app.post(&path, &other, &json!({})).await?.failure()?, (404, "NOT_FOUND"));
    }
    assert_eq!(app.get(DOUBTS, &other).await?.data()?, &json!([]));

    app.post(&format!("{DOUBTS}/{first}/resend"), &admin, &json!({})).await?.data()?;
    assert_eq!(app.count("select count(*) from outbox").await?, 1);
    let given_up = app.post(&format!("{DOUBTS}/{second}/give-up"), &owner, &json!({})).await?;
    assert_eq!(given_up.data()?["status"], "failed");
    assert_eq!(app.count("select count(*) from messages where status = 'failed'").await?, 1);
    assert_eq!(app.count("select count(*) from doubts").await?, 0);
    app.stop().await
}
