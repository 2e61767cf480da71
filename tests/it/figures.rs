//! What the janitor shows of what waits and of how accounts stand: workers are scaled and people are called by it.

use prometheus::Registry;
use prometheus::proto::LabelPair;
use shared::domain::message::Author;
use sqlx::PgPool;
use tests::merchant::NewAccount;
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

/// The value of the gauge `name` whose labels have these values, in the order of their names.
fn gauge(registry: &Registry, name: &str, labels: &[&str]) -> Option<f64> {
    let families = registry.gather();
    let family = families.iter().find(|family| family.name() == name)?;
    let metric = family
        .get_metric()
        .iter()
        .find(|metric| metric.get_label().iter().map(LabelPair::value).eq(labels.iter().copied()))?;
    Some(metric.get_gauge().get_value())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_waits_is_counted_and_its_age_told(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.connect(&NewAccount { auto_reply: true, ..NewAccount::whatsapp("206540352242922") }).await?;
    app.receives([from("84901234567").to_number("206540352242922").says("menu")]).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_queue_messages", &["persist"]), Some(1.0));
    assert_eq!(gauge(&app.registry, "loa_janitor_due_rows", &["flow"]), Some(0.0), "it is not stored yet");

    app.persist().await?;
    app.queue(Author::Agent, "nobody sends yet").await?;
    sqlx::query("update inbox set created_at = now() - interval '30 seconds'").execute(&app.db).await?;
    sqlx::query(
        "update outbox set created_at = now() - interval '30 seconds', not_before = now() - interval '30 seconds'",
    )
    .execute(&app.db)
    .await?;
    app.look().await?;

    assert_eq!(gauge(&app.registry, "loa_janitor_queue_messages", &["persist"]), Some(0.0));
    for queue in ["flow", "outbound"] {
        assert_eq!(gauge(&app.registry, "loa_janitor_due_rows", &[queue]), Some(1.0), "{queue}");
        let age = gauge(&app.registry, "loa_janitor_due_age_seconds", &[queue]).unwrap();
        assert!((30.0..60.0).contains(&age), "{queue}: {age}");
    }
    assert_eq!(gauge(&app.registry, "loa_janitor_due_age_seconds", &["media"]), Some(0.0));

    // What a slow number cannot send anyway calls for no more senders.
    sqlx::query("update accounts set throughput_per_second = 1").execute(&app.db).await?;
    for text in 0..14 {
        app.queue(Author::Agent, &text.to_string()).await?;
    }
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_due_rows", &["outbound"]), Some(10.0));
    assert_eq!(gauge(&app.registry, "loa_janitor_due_age_seconds", &["outbound"]), Some(0.0));

    // Nor does what waits for later, or for an account that is refused.
    sqlx::query("update outbox set not_before = now() + interval '1 hour'").execute(&app.db).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_due_rows", &["outbound"]), Some(0.0));
    sqlx::query("update outbox set not_before = now()").execute(&app.db).await?;
    sqlx::query("update accounts set status = 'error'").execute(&app.db).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_due_rows", &["outbound"]), Some(0.0));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn accounts_are_counted_by_how_they_stand_and_the_fullest_limit_is_told(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.connect(&NewAccount::whatsapp("777")).await?;
    app.connect(&NewAccount::whatsapp("888")).await?;
    sqlx::query("update accounts set quality_rating = 'RED', status = 'error' where external_id = '777'")
        .execute(&app.db)
        .await?;
    sqlx::query("update accounts set status = 'inactive' where external_id = '888'").execute(&app.db).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_accounts", &["whatsapp", "red", "error"]), Some(1.0));
    assert_eq!(gauge(&app.registry, "loa_janitor_accounts", &["whatsapp", "unknown", "active"]), Some(1.0));
    assert_eq!(gauge(&app.registry, "loa_janitor_limit_used_ratio", &[]), Some(0.0), "no limit is known");

    for customer in ["84901234567", "84901234568", "84901234567"] {
        app.receives([from(customer).says("hello")]).await?;
    }
    app.settle().await?;
    // Two customers got a template, one of them twice, from numbers of one business account.
    sqlx::query("update messages set kind = 'template', direction = 'outbound'").execute(&app.db).await?;
    sqlx::query("update accounts set messaging_limit = 8 where status <> 'inactive'").execute(&app.db).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_limit_used_ratio", &[]), Some(0.25));
    sqlx::query("update accounts set messaging_limit = -1").execute(&app.db).await?;
    app.look().await?;
    assert_eq!(gauge(&app.registry, "loa_janitor_limit_used_ratio", &[]), Some(0.0), "unlimited");
    app.stop().await
}
