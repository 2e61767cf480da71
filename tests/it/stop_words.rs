//! A word that withdraws consent.

use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_stop_word_withdraws_consent_and_is_confirmed_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").seconds_ago(5).says("STOP")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").says("dừng lại!")]).await?;
    app.settle().await?;

    let granted: Vec<bool> = sqlx::query_scalar("select granted from consents").fetch_all(&app.db).await?;
    assert_eq!(granted, [false, false]);
    let sent = app.platform.received_to("+84901234567");
    assert_eq!(sent.len(), 1, "the withdrawal is confirmed once");
    let thread: Vec<String> = messages(&app.db).await?.into_iter().map(|message| message.author).collect();
    assert_eq!(thread, ["contact", "system", "contact"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_same_stop_told_twice_is_one_withdrawal(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let said = from("84901234567").says("stop");
    app.receives([said.clone()]).await?;
    app.receives([said]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "consents").await?, 1);
    assert_eq!(app.platform.received().len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_merchants_own_word_and_confirmation_stand_for_loas(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update merchants set stop_words = '{genug}', stop_reply = 'Schade.'").execute(&app.db).await?;
    app.receives([from("84901234567").says("stop")]).await?;
    app.receives([from("84901234567").says("Genug!")]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "consents").await?, 1);
    let sent = app.platform.received();
    assert_eq!(sent[0].json()["text"]["body"], "Schade.");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_character_that_postgresql_refuses_stops_neither_the_word_nor_what_came_with_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("STOP\0"), from("84907654321").says("chào\0 bạn")]).await?;
    app.settle().await?;

    let proof: String = sqlx::query_scalar("select proof from consents").fetch_one(&app.db).await?;
    assert_eq!(proof, "STOP");
    assert_eq!(count(&app.db, "contacts").await?, 2);
    app.stop().await
}
