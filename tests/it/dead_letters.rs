//! What no worker could handle: kept, shown to an operator, put back, dropped. Never lost.

use api::commands::dead_letters::{DeadLetters, answer};
use api::commands::unclaimed_events::{self, UnclaimedEvents};
use serde_json::Value;
use shared::broker::topology::Exchange;
use shared::broker::{Outgoing, Queue};
use shared::domain::ids::DeadLetterId;
use shared::store::dead_letters::put_back::{self, Which};
use shared::store::dead_letters::{keep, read};
use shared::store::partitions;
use sqlx::PgPool;
use tests::api::as_login;
use tests::conversation::{count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

/// Far enough ahead that no partition holds it, and near enough that some day one will.
const MONTHS_AHEAD: i32 = 9;
const SECONDS_AHEAD: i64 = 8 * 30 * 86_400;

/// A message whose time no partition holds, parked.
fn poison() -> Value {
    from("84901234567").seconds_ago(-SECONDS_AHEAD).says("from the future")
}

async fn parked(pool: PgPool) -> anyhow::Result<TestApp> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84907654321").says("of today")]).await?;
    app.receives([poison()]).await?;
    app.settle().await?;
    assert_eq!(messages(&app.db).await?.len(), 1, "the other one is not held up");
    Ok(app)
}

async fn letters(app: &TestApp) -> anyhow::Result<Vec<read::Summary>> {
    let mut conn = app.context.pool.acquire().await?;
    Ok(read::list(&mut conn, None, None, 0, 100).await?)
}

async fn make_room(app: &TestApp) -> anyhow::Result<()> {
    let mut conn = app.context.pool.acquire().await?;
    partitions::ensure(&mut conn, MONTHS_AHEAD).await?;
    Ok(())
}

async fn ask(app: &TestApp, command: DeadLetters) -> anyhow::Result<String> {
    answer(&app.operator(), command).await
}

fn these(ids: Vec<DeadLetterId>) -> DeadLetters {
    DeadLetters::PutBack { ids, queue: None, all: false }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_poison_event_ends_in_the_table_with_its_reason(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;

    let [letter] = &letters(&app).await?[..] else { panic!("expected one letter") };
    assert_eq!((letter.queue.as_str(), letter.attempts, letter.put_backs), ("persist", 1, 0));
    assert!(letter.reason.contains("bad_timestamp"), "{}", letter.reason);
    assert!(app.broker.dead(Queue::Persist).await?.is_empty(), "the broker has let go of it");

    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from dead_letters").fetch_one(&app.db).await?;
    assert!(!sealed.windows(6).any(|window| window == b"future"), "the letter lies open in the table");
    let shown = ask(&app, DeadLetters::Show { id: letter.id, json: false }).await?;
    assert!(shown.contains("from the future") && shown.contains("given up by  persist"), "{shown}");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn put_back_after_its_cause_is_gone_it_is_stored(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    let id = letters(&app).await?[0].id;
    make_room(&app).await?;

    assert_eq!(ask(&app, these(vec![id])).await?, "1 are put back");
    app.put_back_dead_letters().await?;
    app.settle().await?;

    assert_eq!(messages(&app.db).await?.len(), 2);
    assert_eq!(count(&app.db, "dead_letters").await?, 0);
    app.move_dead_letters().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 0);
    let told: Vec<String> = sqlx::query_scalar("select action from audit_entries where entity_id = $1")
        .bind(id.0)
        .fetch_all(&app.db)
        .await?;
    assert_eq!(told, ["dead_letter.put_back"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_is_put_back_too_early_dies_again_and_says_how_often(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    let id = letters(&app).await?[0].id;

    for times in 1..=2 {
        let queue = Some("persist".to_owned());
        ask(&app, DeadLetters::PutBack { ids: Vec::new(), queue, all: true }).await?;
        app.put_back_dead_letters().await?;
        assert_eq!(count(&app.db, "dead_letters").await?, 0);
        app.settle().await?;
        app.move_dead_letters().await?;
        let [letter] = &letters(&app).await?[..] else { panic!("expected one letter") };
        assert_eq!((letter.id, letter.put_backs, letter.attempts), (id, times, 1));
    }
    app.stop().await
}

/// The janitor dies between the commit and the acknowledgement: what it had goes back to the broker.
#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_stored_and_not_acknowledged_is_stored_once(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    let dead = app.broker.broker.take_dead(Queue::Persist, 10).await?;
    let mut conn = app.context.pool.acquire().await?;
    keep::keep(&mut conn, &app.context.keyring, &dead.letters).await?;
    drop(conn);
    dead.release().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 1);

    app.move_dead_letters().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 1);
    assert!(app.broker.dead(Queue::Persist).await?.is_empty());
    app.stop().await
}

/// The janitor dies before the commit: nothing was stored, and nothing is lost.
#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_taken_and_not_stored_is_still_the_brokers(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    let dead = app.broker.broker.take_dead(Queue::Persist, 10).await?;
    assert_eq!(dead.letters.len(), 1);
    dead.release().await?;

    app.move_dead_letters().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 1);
    app.stop().await
}

/// The janitor dies between the publish and the delete: the letter goes back twice, and is stored once.
#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_put_back_twice_is_stored_once(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    make_room(&app).await?;
    ask(&app, these(vec![letters(&app).await?[0].id])).await?;
    let mut conn = app.context.pool.acquire().await?;
    let marked = put_back::marked(&mut conn, &app.context.keyring, 10).await?;
    drop(conn);
    app.context.publisher().put_back(&marked[0].letter).await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 1);

    app.put_back_dead_letters().await?;
    app.settle().await?;
    assert_eq!(messages(&app.db).await?.len(), 2);
    assert_eq!(count(&app.db, "dead_letters").await?, 0);
    app.stop().await
}

/// It dies again before the janitor has taken its row away: the row stays, and waits to be put back no longer.
#[sqlx::test(migrator = "MIGRATOR")]
async fn what_dies_again_before_its_row_is_gone_keeps_its_row(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    ask(&app, these(vec![letters(&app).await?[0].id])).await?;
    let mut conn = app.context.pool.acquire().await?;
    let marked = put_back::marked(&mut conn, &app.context.keyring, 10).await?;
    app.context.publisher().put_back(&marked[0].letter).await?;
    app.settle().await?;
    app.move_dead_letters().await?;

    assert_eq!(put_back::done(&mut conn, &marked).await?, 0);
    let [letter] = &letters(&app).await?[..] else { panic!("expected one letter") };
    assert_eq!((letter.put_back_at, letter.put_backs), (None, 1));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_letter_of_the_brokers_own_tells_where_it_died(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let key = app.broker.broker.names().queue(Queue::Flow).to_string();
    let task = Outgoing::new(Exchange::Default, key, "application/json", "{}".into());
    app.broker.broker.publisher().publish(task).await?;
    app.broker.send_back(Queue::Flow, 21).await?;
    // The broker dead-letters by itself, and in its own time.
    for _ in 0..100 {
        app.move_dead_letters().await?;
        if count(&app.db, "dead_letters").await? == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    let [letter] = &letters(&app).await?[..] else { panic!("expected one letter") };
    assert_eq!((letter.queue.as_str(), letter.reason.as_str()), ("flow", "the broker gave it up: delivery_limit"));
    let shown: Value = serde_json::from_str(&ask(&app, DeadLetters::Show { id: letter.id, json: true }).await?)?;
    assert_eq!(shown["circumstances"]["deaths"][0]["queue"], "flow");

    ask(&app, these(vec![letter.id])).await?;
    app.put_back_dead_letters().await?;
    let [back] = &app.broker.waiting(Queue::Flow).await?[..] else { panic!("expected one message") };
    let headers = back.properties.headers().as_ref().map(|headers| headers.inner().clone()).unwrap_or_default();
    assert!(headers.contains_key("x-loa-put-backs"));
    for stripped in ["x-death", "x-loa-reason", "x-loa-parked-at"] {
        assert!(!headers.contains_key(stripped), "{stripped} came back with it");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_letter_is_dropped_for_good_and_the_trail_says_so(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    let id = letters(&app).await?[0].id;
    ask(&app, DeadLetters::Drop { ids: vec![id] }).await?;

    assert_eq!(count(&app.db, "dead_letters").await?, 0);
    assert!(ask(&app, DeadLetters::Drop { ids: vec![id] }).await.is_err(), "it is gone");
    let told: Vec<String> = sqlx::query_scalar("select action from audit_entries").fetch_all(&app.db).await?;
    assert_eq!(told, ["dead_letter.dropped"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn without_an_operators_sight_the_api_sees_no_letter(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    let api = as_login(&app.db);
    for change in
        ["delete from dead_letters", "update dead_letters set reason = reason", "delete from unclaimed_events"]
    {
        sqlx::query(change).execute(&api).await?;
    }
    assert_eq!(count(&api, "dead_letters").await?, 0);
    assert_eq!(count(&app.db, "dead_letters").await?, 1);

    let listed = ask(&app, DeadLetters::List { queue: None, before: None, take: 10, json: false }).await?;
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let mut conn = api.acquire().await?;
    let marked = put_back::mark(
        &mut conn,
        Which::AllOf("persist"),
        shared::store::audit::Actor::System,
        shared::domain::clock::now(),
    );
    assert!(marked.await?.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn old_letters_are_let_go(pool: PgPool) -> anyhow::Result<()> {
    let app = parked(pool).await?;
    app.move_dead_letters().await?;
    sqlx::query("update dead_letters set died_at = died_at - interval '89 days'").execute(&app.db).await?;
    app.move_dead_letters().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 1);
    sqlx::query("update dead_letters set died_at = died_at - interval '2 days'").execute(&app.db).await?;
    app.move_dead_letters().await?;
    assert_eq!(count(&app.db, "dead_letters").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_unclaimed_event_is_given_back_kept_again_and_dropped(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").to_number("999999999999999").says("is anybody there?")]).await?;
    app.settle().await?;
    let sight = app.operator();
    let list = UnclaimedEvents::List { before: None, take: 10, json: true };
    let listed: Value = serde_json::from_str(&unclaimed_events::answer(&sight, list).await?)?;
    let id: shared::domain::ids::EventId = serde_json::from_value(listed[0]["id"].clone())?;
    let shown = unclaimed_events::answer(&sight, UnclaimedEvents::Show { id, json: false }).await?;
    assert!(shown.contains("is anybody there?") && shown.contains("999999999999999"), "{shown}");

    unclaimed_events::answer(&sight, UnclaimedEvents::GiveBack { ids: vec![id] }).await?;
    app.give_back_claims().await?;
    assert_eq!(count(&app.db, "unclaimed_events").await?, 0);
    app.settle().await?;
    assert_eq!(count(&app.db, "unclaimed_events").await?, 1, "it is nobody's still");

    unclaimed_events::answer(&sight, UnclaimedEvents::Drop { ids: vec![id] }).await?;
    assert_eq!(count(&app.db, "unclaimed_events").await?, 0);
    let told: Vec<String> =
        sqlx::query_scalar("select action from audit_entries order by id").fetch_all(&app.db).await?;
    assert_eq!(told, ["unclaimed_event.given_back", "unclaimed_event.dropped"]);
    app.stop().await
}
