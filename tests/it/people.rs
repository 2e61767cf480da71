//! Who is who: several addresses are one person, and a number that changes hands is not.

use sqlx::PgPool;
use tests::conversation::{conversations, count, messages};
use tests::merchant::NewAccount;
use tests::whatsapp::{from, from_user};
use tests::{MIGRATOR, TestApp};

const SECOND_NUMBER: &str = "206540352242922";

#[sqlx::test(migrator = "MIGRATOR")]
async fn someone_who_hides_the_number_is_answered_by_user_id(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from_user("VN.13491208655302741918").says("no number")]).await?;
    app.settle().await?;
    app.answers("still answered").await?;

    let sent = app.platform.received();
    let [request] = &sent[..] else { panic!("expected one request, found {}", sent.len()) };
    let body = request.json();
    assert_eq!(body["recipient"], "VN.13491208655302741918");
    assert!(body.get("to").is_none());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn one_person_on_two_numbers_of_a_merchant_is_one_contact(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.connect(&NewAccount::whatsapp(SECOND_NUMBER)).await?;
    app.receives([from("84901234567").says("here")]).await?;
    app.receives([from("84901234567").to_number(SECOND_NUMBER).says("and there")]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "contacts").await?, 1);
    assert_eq!(conversations(&app.db).await?.len(), 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_user_id_shown_beside_a_known_number_joins_its_thread(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("first")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").known_as("VN.77").says("second")]).await?;
    app.settle().await?;
    app.receives([from_user("VN.77").says("third")]).await?;
    app.settle().await?;

    assert_eq!(count(&app.db, "contacts").await?, 1);
    assert_eq!(conversations(&app.db).await?.len(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_number_that_changed_hands_shows_nobody_anothers_thread(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").known_as("VN.77").says("mine")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").known_as("VN.99").says("not the same person")]).await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    assert_eq!(stored.len(), 2);
    assert_ne!(stored[0].contact_id, stored[1].contact_id);
    assert_ne!(stored[0].conversation_id, stored[1].conversation_id);
    app.stop().await
}
