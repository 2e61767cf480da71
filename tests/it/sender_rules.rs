//! What senders keep to: pace across replicas, holds, countries, customers out of reach.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::broker::consume::Worker;
use shared::cache::Rates;
use shared::domain::ids::AccountId;
use shared::domain::message::Author;
use shared::events::wake::WakeAccount;
use simulator::Fault;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::merchant::NewAccount;
use tests::stage::cache;
use tests::threads::{queue_text, send, statuses, threads};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

#[sqlx::test(migrator = "MIGRATOR")]
async fn two_senders_keep_one_number_to_its_limit_and_each_conversation_in_order(pool: PgPool) -> anyhow::Result<()> {
    const LIMIT: usize = 40;
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 25).await?;
    sqlx::query("update accounts set throughput_per_second = 40").execute(&app.db).await?;
    for round in 0..5 {
        for thread in &threads {
            queue_text(&app, thread, Author::Agent, &format!("number {round}")).await?;
        }
    }
    let senders =
        [Arc::new(app.another_sender(app.rates.clone())?), Arc::new(app.another_sender(Rates::new(cache()?))?)];
    let wake = [WakeAccount { account_id: app.account }];
    let (one, other) = tokio::join!(senders[0].handle(&wake), senders[1].handle(&wake));
    anyhow::ensure!(one.is_ok() && other.is_ok(), "a sender failed");

    let stamps: Vec<DateTime<Utc>> =
        sqlx::query_scalar("select attempted_at from messages where direction = 'outbound' order by attempted_at")
            .fetch_all(&app.db)
            .await?;
    assert_eq!(stamps.len(), 125);
    let second = TimeDelta::seconds(1);
    let most = stamps.iter().map(|from| stamps.iter().filter(|at| *at >= from && **at < *from + second).count()).max();
    assert!(most <= Some(LIMIT), "{most:?} in a second");
    let out_of_order: i64 = sqlx::query_scalar(
        "select count(*) from (select attempted_at, lag(attempted_at) over (partition by conversation_id order by id) as before
                               from messages where direction = 'outbound') m
         where attempted_at < before",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(out_of_order, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn without_redis_replies_go_on_alone_and_campaigns_wait(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 2).await?;
    queue_text(&app, &threads[0], Author::Agent, "a reply").await?;
    queue_text(&app, &threads[1], Author::Campaign, "an offer").await?;
    let nowhere = Rates::new(shared::cache::Cache::open(&"redis://127.0.0.1:1".into())?);
    let alone = app.another_sender(nowhere)?;
    anyhow::ensure!(alone.handle(&[WakeAccount { account_id: app.account }]).await.is_ok(), "it failed");

    assert_eq!(statuses(&app).await?, ["sent", "queued"]);
    let (attempt, waits): (i32, bool) =
        sqlx::query_as("select attempt, not_before > now() from outbox").fetch_one(&app.db).await?;
    assert_eq!((attempt, waits), (0, true), "that it waits counts for nothing");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_contact_with_too_many_messages_waits_and_others_go_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 2).await?;
    let (account, contact) = (app.account, threads[0].2.into());
    app.rates.pair_refused(account, contact, std::time::Duration::from_mins(1)).await?;
    queue_text(&app, &threads[0], Author::Agent, "too much").await?;
    queue_text(&app, &threads[1], Author::Agent, "hello").await?;
    send(&app).await?;

    assert_eq!(statuses(&app).await?, ["queued", "sent"]);
    let attempt: i32 = sqlx::query_scalar("select attempt from outbox").fetch_one(&app.db).await?;
    assert_eq!(attempt, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_held_number_sends_nothing_and_its_hold_grows_when_it_comes_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 2).await?;
    app.platform.fail_next(3, Fault::code(131_016));
    queue_text(&app, &threads[0], Author::Agent, "one").await?;
    send(&app).await?;
    queue_text(&app, &threads[1], Author::Agent, "two").await?;
    send(&app).await?;
    assert_eq!(app.platform.received().len(), 1, "nothing is sent meanwhile");

    let mut lasted = Vec::new();
    for _ in 0..2 {
        let sql = "select extract(epoch from until - created_at)::float8 from send_holds";
        lasted.push(sqlx::query_scalar::<_, f64>(sql).fetch_one(&app.db).await?);
        sqlx::query("update send_holds set until = now() - interval '1 second'").execute(&app.db).await?;
        sqlx::query(
            "update outbox set not_before = now() - interval '1 second' where seq = (select min(seq) from outbox)",
        )
        .execute(&app.db)
        .await?;
        sqlx::query(
            "update outbox set not_before = now() + interval '1 hour' where seq = (select max(seq) from outbox)",
        )
        .execute(&app.db)
        .await?;
        send(&app).await?;
    }
    assert!(lasted[0] < 8.0 && lasted[1] >= 10.0, "{lasted:?}");
    let (attempt, own): (i32, i32) =
        sqlx::query_as("select attempt, own_tries from outbox order by seq limit 1").fetch_one(&app.db).await?;
    assert_eq!((attempt, own), (3, 0), "the number's hold is no try of the message's own");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_refused_business_account_stops_all_its_numbers_and_one_connected_anew_resumes(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let sibling = app.connect(&NewAccount::whatsapp("206540352242922")).await?;
    let threads = threads(&app, 1).await?;
    app.platform.fail_next(1, Fault::code(190));
    queue_text(&app, &threads[0], Author::Agent, "hello").await?;
    send(&app).await?;

    let refused: Vec<Uuid> =
        sqlx::query_scalar("select id from accounts where status = 'error' order by id").fetch_all(&app.db).await?;
    let mut both = vec![app.account, sibling];
    both.sort_unstable();
    assert_eq!(refused.into_iter().map(AccountId).collect::<Vec<_>>(), both);
    assert_eq!((count(&app.db, "account_events").await?, count(&app.db, "audit_entries").await?), (2, 2));

    sqlx::query("update accounts set status = 'active'").execute(&app.db).await?;
    sqlx::query("update outbox set not_before = now() - interval '1 second'").execute(&app.db).await?;
    app.sweep_outbox().await?;
    app.settle().await?;
    assert_eq!(statuses(&app).await?, ["read"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_barred_country_is_not_written_to_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 2).await?;
    app.platform.fail_next(1, Fault::code(130_497));
    queue_text(&app, &threads[0], Author::Agent, "one").await?;
    send(&app).await?;
    queue_text(&app, &threads[1], Author::Agent, "two").await?;
    send(&app).await?;

    assert_eq!(app.platform.received().len(), 1, "the second is not even tried");
    let codes: Vec<String> =
        messages(&app.db).await?.into_iter().filter_map(|it| it.error).map(|it| it["code"].to_string()).collect();
    assert_eq!(codes, ["130497", "\"COUNTRY_BARRED\""]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn three_days_out_of_reach_end_campaigns_and_a_message_of_the_customer_begins_anew(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 1).await?;
    for _ in 0..3 {
        app.platform.fail_next(2, Fault::FailLater { code: 131_026 });
        for _ in 0..2 {
            queue_text(&app, &threads[0], Author::Agent, "are you there?").await?;
            send(&app).await?;
            app.platform.flush().await;
            app.track().await?;
        }
        sqlx::query("update contacts set undeliverable_day = undeliverable_day - 1").execute(&app.db).await?;
    }
    let (strikes, unreachable): (i16, bool) =
        sqlx::query_as("select undeliverable_strikes, undeliverable_at is not null from contacts")
            .fetch_one(&app.db)
            .await?;
    assert_eq!((strikes, unreachable), (3, true), "two on one day are one");

    queue_text(&app, &threads[0], Author::Campaign, "an offer").await?;
    send(&app).await?;
    let last = messages(&app.db).await?.pop().and_then(|message| message.error).unwrap_or_default();
    assert_eq!(last["code"], "UNREACHABLE");

    app.receives([from("84900000000").says("I am back")]).await?;
    app.settle().await?;
    let strikes: i16 = sqlx::query_scalar("select undeliverable_strikes from contacts").fetch_one(&app.db).await?;
    assert_eq!(strikes, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_platform_kept_back_waits_for_days_while_its_conversation_goes_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, 1).await?;
    app.platform.fail_next(1, Fault::code(131_049));
    queue_text(&app, &threads[0], Author::Agent, "an offer").await?;
    queue_text(&app, &threads[0], Author::Agent, "an answer").await?;
    send(&app).await?;
    send(&app).await?;
    assert_eq!(statuses(&app).await?, ["sending", "sent"]);
    app.stop().await
}
