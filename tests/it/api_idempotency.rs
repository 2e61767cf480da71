//! A key, and the work that is done once for it.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use shared::store::idempotency::{self, Claimed, Key};
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser, Thread};

async fn send(app: &TestApi, user: &TestUser, thread: Thread, key: &str, text: &str) -> anyhow::Result<Answer> {
    let request = app.request(Method::POST, &TestApi::messages_path(thread)).bearer_auth(&user.token);
    app.raw(request.header("idempotency-key", key).json(&TestApi::text(text))).await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_same_key_gives_the_same_answer_and_sends_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let first = send(&app, &owner, thread, "order-12", "on its way").await?;
    first.data()?;
    let again = send(&app, &owner, thread, "order-12", "on its way").await?;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(app.count("select count(*) from messages").await?, 1);

    let other = send(&app, &owner, thread, "order-13", "on its way").await?;
    assert_ne!(other.data()?["id"], first.data()?["id"]);
    assert_eq!(app.count("select count(*) from messages").await?, 2);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_key_is_not_for_another_request_and_not_for_another_merchant(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    send(&app, &owner, thread, "k", "one").await?.data()?;
    let reused = send(&app, &owner, thread, "k", "two").await?;
    assert_eq!(reused.failure()?, (409, "IDEMPOTENCY_KEY_REUSED"));

    let stranger = app.merchant().await?;
    let theirs = send(&app, &stranger, thread, "k", "one").await?;
    assert_eq!(theirs.failure()?, (404, "NOT_FOUND"));
    for key in ["", &"k".repeat(256)] {
        let wrong = send(&app, &owner, thread, key, "one").await?;
        assert_eq!(wrong.failure()?, (422, "VALIDATION_ERROR"));
        assert_eq!(wrong.problem().0, "Idempotency-Key");
    }
    assert_eq!(app.count("select count(*) from messages").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn two_at_once_send_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let (one, other) = tokio::try_join!(send(&app, &owner, thread, "k", "hi"), send(&app, &owner, thread, "k", "hi"))?;
    let statuses = [one.status.as_u16(), other.status.as_u16()];
    assert!(statuses.contains(&200) && statuses.contains(&409), "{statuses:?}");
    let refused = if one.status == 409 { &one } else { &other };
    assert_eq!(refused.failure()?, (409, "IDEMPOTENCY_IN_PROGRESS"));
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(app.count("select count(*) from messages").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_request_that_failed_lets_its_key_go(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let wrong = send(&app, &owner, thread, "k", "").await?;
    assert_eq!(wrong.failure()?, (422, "VALIDATION_ERROR"));
    send(&app, &owner, thread, "k", "hi").await?.data()?;
    app.stop().await
}

/// A crash leaves a claim. One that nobody worked under lapses; one that was worked under is never done again.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_crash_neither_locks_a_key_for_ever_nor_does_the_work_twice(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let lease = Duration::from_mins(1);
    let request = [7; 32];
    let key = Key { merchant: owner.merchant_id, caller: owner.id.0, route: "POST /x", key: "k", request: &request };
    let claim = async || -> anyhow::Result<Claimed> {
        let mut transaction = app.state.begin(owner.merchant_id).await?;
        let keys = app.state.keyring.of(&mut transaction, owner.merchant_id).await?;
        let claimed = idempotency::claim(&mut transaction, &keys, &key, lease).await?;
        transaction.commit().await?;
        Ok(claimed)
    };
    let lapse = async || -> anyhow::Result<()> {
        sqlx::query("update idempotency_keys set claimed_at = claimed_at - interval '2 minutes'")
            .execute(&app.pool)
            .await?;
        Ok(())
    };
    let Claimed::Held(first) = claim().await? else { panic!("it was free") };
    assert_eq!(claim().await?, Claimed::Running);
    lapse().await?;
    let Claimed::Held(second) = claim().await? else { panic!("it had lapsed") };

    // The first comes back to life, too late: what it does is not kept.
    let mut late = app.state.begin(owner.merchant_id).await?;
    idempotency::work_under(&mut late, first).await?;
    let refused = note(&mut late, &owner, thread).await;
    assert!(refused.is_err_and(|error| format!("{error:#}").contains("taken over")));
    drop(late);

    let mut work = app.state.begin(owner.merchant_id).await?;
    idempotency::work_under(&mut work, second).await?;
    note(&mut work, &owner, thread).await?;
    work.commit().await?;
    assert_eq!(claim().await?, Claimed::Running);
    lapse().await?;
    assert_eq!(claim().await?, Claimed::Lost);

    sqlx::query("update idempotency_keys set claimed_at = now() - interval '25 hours'").execute(&app.pool).await?;
    assert!(matches!(claim().await?, Claimed::Held(_)));
    sqlx::query("update idempotency_keys set claimed_at = now() - interval '25 hours'").execute(&app.pool).await?;
    let mut conn = app.pool.acquire().await?;
    assert_eq!(idempotency::sweep(&mut conn, 10).await?, 1);
    drop(conn);
    app.stop().await
}

async fn note(conn: &mut sqlx::PgConnection, owner: &TestUser, thread: Thread) -> anyhow::Result<()> {
    use shared::domain::clock;
    use shared::store::audit::{self, Actor, Entry};
    let entry = Entry {
        merchant_id: owner.merchant_id,
        actor: Actor::User(owner.id),
        action: "message.sent",
        entity: "conversation",
        entity_id: thread.id.0,
        before: None,
        after: None,
        at: clock::now(),
    };
    Ok(audit::record(conn, &entry).await?)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn answers_are_kept_sealed_and_tokens_not_at_all(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.owner("owner@shop.example", "correct horse").await?;
    let thread = app.whatsapp_thread(&owner).await?;
    send(&app, &owner, thread, "k", "a secret matter").await?.data()?;
    let kept: Vec<u8> = sqlx::query_scalar("select answer from idempotency_keys").fetch_one(&app.pool).await?;
    assert!(!String::from_utf8_lossy(&kept).contains("secret matter"));

    let login: Value = json!({ "email": "owner@shop.example", "password": "correct horse" });
    let request = app.request(Method::POST, "/api/v1/auth/login").header("idempotency-key", "k").json(&login);
    app.raw(request).await?.data()?;
    assert_eq!(app.count("select count(*) from idempotency_keys").await?, 1);
    app.stop().await
}
