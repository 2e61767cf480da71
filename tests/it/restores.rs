//! A restore from a backup that is older than the last send: nothing goes out twice.

use std::time::Duration;

use api::commands::restore::{hold_and_doubt, release};
use shared::domain::message::Author;
use shared::store::doubts::Grace;
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

/// Keeps what waits, as a backup does.
async fn back_up(app: &TestApp) -> anyhow::Result<()> {
    sqlx::raw_sql("create table backup as table outbox").execute(&app.db).await?;
    Ok(())
}

/// What waited then waits again, and of what became of it nothing is known.
async fn restore(app: &TestApp) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "delete from outbox; delete from doubts;
         insert into outbox overriding system value select * from backup;
         update messages set status = 'queued', platform_id = null, attempted_at = null, attempts = 0,
                             accepted_at = null, delivered_at = null, read_at = null
         where id in (select message_id from backup)",
    )
    .execute(&app.db)
    .await?;
    Ok(())
}

async fn statuses(app: &TestApp) -> anyhow::Result<Vec<String>> {
    let outbound = messages(&app.db).await?.into_iter().filter(|message| message.direction == "outbound");
    Ok(outbound.map(|message| message.status).collect())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_sent_since_the_backup_is_in_doubt_and_sends_wait_for_an_operator(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    app.queue(Author::Agent, "sent after the backup").await?;
    back_up(&app).await?;
    app.wake_sender().await?;
    app.send().await?;
    assert_eq!(app.platform.received().len(), 1);

    restore(&app).await?;
    let said = hold_and_doubt(&app.context.pool).await?;
    assert_eq!(said, r#"{"inDoubt":1,"inDoubtBefore":0,"sends":"held"}"#);
    assert_eq!((count(&app.db, "outbox").await?, count(&app.db, "doubts").await?), (0, 1));
    assert_eq!(statuses(&app).await?, ["in_doubt"]);

    // Whatever is queued now waits, however often somebody is woken, and the janitor sends nothing again by itself.
    app.queue(Author::Agent, "written after the restore").await?;
    let soon = Grace { before_resending: Duration::ZERO, before_asking: Duration::ZERO };
    for _ in 0..2 {
        app.wake_sender().await?;
        app.send().await?;
        app.sweep_outbox().await?;
        app.settle_doubts(soon).await?;
    }
    assert_eq!(app.platform.received().len(), 1, "nothing goes out");
    // A second run finds nothing but what was queued since, and changes nothing for what is in doubt.
    assert_eq!(count(&app.db, "doubts").await?, 1);

    assert_eq!(release(&app.context.pool).await?, r#"{"sends":"go","wereHeld":true}"#);
    app.wake_sender().await?;
    app.send().await?;
    assert_eq!(app.platform.received().len(), 2, "what was written after the restore has gone, and nothing else");

    // The platform still tells of the first, and that settles it.
    app.settle().await?;
    assert_eq!(count(&app.db, "doubts").await?, 0);
    assert!(!statuses(&app).await?.contains(&"in_doubt".to_owned()));
    assert_eq!(app.platform.received().len(), 2);
    assert_eq!(release(&app.context.pool).await?, r#"{"sends":"go","wereHeld":false}"#);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_platforms_own_hold_does_not_end_the_one_of_a_restore(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    hold_and_doubt(&app.context.pool).await?;
    sqlx::query(
        "insert into send_holds (scope, channel, subject, reason, until) values ('number', 'whatsapp', $1, 'too fast', now())",
    )
    .bind(app.account.to_string())
    .execute(&app.db)
    .await?;
    sqlx::query("delete from send_holds where scope = 'number'").execute(&app.db).await?;
    app.answers("not yet").await?;
    assert_eq!(app.platform.received().len(), 0);
    hold_and_doubt(&app.context.pool).await?;
    release(&app.context.pool).await?;
    assert_eq!(statuses(&app).await?, ["in_doubt"], "what waits when a restore is told of is settled by a person");
    app.stop().await
}
