//! A conversation that was read is shown so to the customer.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::ids::UserId;
use shared::domain::user::UserRole;
use shared::store::conversations::read_marks::{self, Claimed};
use simulator::Outcome;
use sqlx::PgPool;
use tests::api::{TestApi, TestUser};
use tests::conversation::{self, count};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

/// A conversation with two messages of a customer, and who reads it.
struct Scene {
    app: TestApp,
    api: TestApi,
    user: TestUser,
    path: String,
}

async fn scene(pool: PgPool) -> anyhow::Result<Scene> {
    let app = TestApp::start(pool).await?;
    let api = TestApi::beside(&app).await?;
    let customer = from("84901234567").seconds_ago(60);
    app.receives([customer.says_as("wamid.first", "hello"), from("84901234567").says_as("wamid.last", "anyone?")])
        .await?;
    app.settle().await?;
    let (_, thread, _) = conversation::open_thread(&app.db).await?;
    let user = api.token(UserId::new(), app.merchant.id, UserRole::Agent).await?;
    Ok(Scene { app, api, user, path: format!("/api/v1/whatsapp/conversations/{thread}/read") })
}

impl Scene {
    async fn reads(&self, body: &Value) -> anyhow::Result<Value> {
        Ok(self.api.post(&self.path, &self.user, body).await?.data()?.clone())
    }

    async fn marks(&self) -> anyhow::Result<Vec<Value>> {
        self.app.wake_sender().await?;
        self.app.settle().await?;
        Ok(self.app.platform.received().iter().map(simulator::Received::json).collect())
    }

    async fn a_try_later(&self) -> anyhow::Result<()> {
        sqlx::query("update read_marks set not_before = now() - interval '1 second'").execute(&self.app.db).await?;
        self.app.sweep_read_marks().await?;
        self.app.settle().await
    }

    /// Claims the marks as a sender does that is killed right after.
    async fn claimed_by_one_who_dies(&self) -> anyhow::Result<Vec<Claimed>> {
        let mut conn = self.app.context.pool.acquire().await?;
        let claimed = read_marks::claim(&mut conn, self.app.account, 10, Duration::from_mins(1)).await?;
        anyhow::ensure!(claimed.len() == 1, "nothing to claim");
        Ok(claimed)
    }

    async fn stop(self) -> anyhow::Result<()> {
        self.api.stop().await?;
        self.app.stop().await
    }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_newest_message_is_marked_and_nothing_is_unread(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    let conversation = scene.reads(&json!({ "typing": true })).await?;
    assert_eq!(conversation["unreadCount"], 0);
    let mark = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.last",
                       "typing_indicator": { "type": "text" } });
    assert_eq!(scene.marks().await?, [mark]);
    assert_eq!(scene.app.platform.received()[0].outcome, Outcome::Marked);
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_request_without_a_body_marks_without_typing_and_asking_twice_marks_once(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    for _ in 0..2 {
        let answer = scene.api.ask(http::Method::POST, &scene.path, Some(&scene.user), None).await?;
        assert_eq!(answer.data()?["unreadCount"], 0);
    }
    let marks = scene.marks().await?;
    assert_eq!(marks.len(), 1);
    assert_eq!(marks[0].get("typing_indicator"), None);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_mark_whose_sender_died_is_made_by_the_next(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    scene.reads(&json!({})).await?;
    scene.claimed_by_one_who_dies().await?;
    assert_eq!(scene.marks().await?.len(), 0, "it may be under way");
    scene.a_try_later().await?;
    assert_eq!(scene.app.platform.received().len(), 1);
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_mark_that_was_tried_three_times_is_given_up(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    scene.reads(&json!({})).await?;
    for _ in 0..3 {
        scene.claimed_by_one_who_dies().await?;
        sqlx::query("update read_marks set not_before = now() - interval '1 second'").execute(&scene.app.db).await?;
    }
    assert_eq!(scene.marks().await?.len(), 0);
    scene.a_try_later().await?;
    assert_eq!(scene.app.platform.received().len(), 0);
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_read_while_a_mark_was_under_way_is_marked_too(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    scene.reads(&json!({})).await?;
    let claimed = scene.claimed_by_one_who_dies().await?;
    scene.reads(&json!({ "typing": true })).await?;
    let mut conn = scene.app.context.pool.acquire().await?;
    read_marks::finish(&mut conn, &claimed).await?;
    drop(conn);
    assert_eq!(scene.marks().await?[0]["typing_indicator"]["type"], "text");
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_mark_that_the_platform_will_never_take_is_dropped_at_once(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    scene.reads(&json!({})).await?;
    // The platform knows no such message: error 100, for ever.
    sqlx::query("update read_marks set platform_id = ''").execute(&scene.app.db).await?;
    assert_eq!(scene.marks().await?.len(), 1);
    assert!(matches!(scene.app.platform.received()[0].outcome, Outcome::Refused { .. }));
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_mark_whose_wake_was_lost_is_found_and_one_past_its_month_is_dropped(pool: PgPool) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    scene.reads(&json!({})).await?;
    sqlx::query("update read_marks set created_at = now() - interval '1 minute'").execute(&scene.app.db).await?;
    scene.app.sweep_read_marks().await?;
    scene.app.settle().await?;
    assert_eq!(scene.app.platform.received().len(), 1);

    scene.reads(&json!({})).await?;
    sqlx::query("update read_marks set created_at = now() - interval '31 days'").execute(&scene.app.db).await?;
    scene.app.sweep_read_marks().await?;
    scene.app.settle().await?;
    assert_eq!(scene.app.platform.received().len(), 1);
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_marks_a_conversation_of_another_merchant_or_without_the_right_to_talk(
    pool: PgPool,
) -> anyhow::Result<()> {
    let scene = scene(pool).await?;
    let stranger = scene.api.merchant().await?;
    assert_eq!(scene.api.post(&scene.path, &stranger, &json!({})).await?.failure()?, (404, "NOT_FOUND"));
    let viewer = scene.api.token(UserId::new(), scene.app.merchant.id, UserRole::Viewer).await?;
    assert_eq!(scene.api.post(&scene.path, &viewer, &json!({})).await?.failure()?, (403, "FORBIDDEN"));
    assert_eq!(
        scene.api.post(&scene.path, &scene.user, &json!({ "typing": 1 })).await?.failure()?,
        (422, "VALIDATION_ERROR")
    );
    assert_eq!(count(&scene.app.db, "read_marks").await?, 0);
    scene.stop().await
}
