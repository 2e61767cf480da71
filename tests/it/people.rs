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

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_changed_number_keeps_the_thread_and_the_old_one_leads_to_nobodys(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let before = from("84901234567").known_as("VN.1");
    app.receives([before.clone().seconds_ago(60).says("mine")]).await?;
    app.settle().await?;
    // Told and used within one webhook.
    app.receives([
        before.clone().seconds_ago(40).moves_to("84907654321", Some("VN.2")),
        from("84907654321").known_as("VN.2").seconds_ago(30).says("still me"),
        from("84901234567").known_as("VN.9").seconds_ago(20).says("somebody else"),
    ])
    .await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    let thread = |text: usize| (stored[text].contact_id, stored[text].conversation_id);
    assert_eq!((stored.len(), count(&app.db, "contacts").await?), (4, 2));
    assert_eq!(thread(0), thread(1));
    assert_eq!(thread(0), thread(2));
    assert_ne!(thread(0).0, thread(3).0);
    assert_ne!(thread(0).1, thread(3).1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn who_gets_a_number_that_was_left_never_sees_the_thread_of_who_left_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").seconds_ago(60).says("mine")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").seconds_ago(40).moves_to("84907654321", None)]).await?;
    app.settle().await?;
    // The stranger shows the number and nothing else, which is all that the first customer ever showed.
    app.receives([from("84901234567").seconds_ago(20).says("somebody else")]).await?;
    app.settle().await?;
    app.receives([from("84907654321").says("still me")]).await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    assert_ne!(stored[0].contact_id, stored[2].contact_id);
    assert_ne!(stored[0].conversation_id, stored[2].conversation_id);
    assert_eq!(stored[0].conversation_id, stored[3].conversation_id);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_reply_goes_to_the_new_number(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").seconds_ago(60).says("mine")]).await?;
    app.settle().await?;
    app.receives([from("84901234567").seconds_ago(40).moves_to("84907654321", None)]).await?;
    app.settle().await?;
    app.answers("got it").await?;

    let sent = app.platform.received();
    let [request] = &sent[..] else { panic!("expected one request, found {}", sent.len()) };
    let to = request.json()["to"].as_str().unwrap_or_default().trim_start_matches('+').to_owned();
    assert_eq!(to, "84907654321");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_changed_user_id_keeps_the_thread(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from_user("VN.1").seconds_ago(60).says("mine")]).await?;
    app.receives([from_user("VN.1").seconds_ago(40).is_now("VN.2")]).await?;
    app.receives([from_user("VN.2").says("still me")]).await?;
    app.settle().await?;
    assert_eq!((count(&app.db, "contacts").await?, conversations(&app.db).await?.len()), (1, 1));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_change_that_is_told_five_times_and_to_two_numbers_is_followed_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.connect(&NewAccount::whatsapp(SECOND_NUMBER)).await?;
    let before = from("84901234567");
    app.receives([before.clone().seconds_ago(60).says("mine")]).await?;
    app.settle().await?;
    let told = tests::whatsapp::webhook([
        before.clone().seconds_ago(40).moves_to("84907654321", None),
        before.clone().to_number(SECOND_NUMBER).seconds_ago(39).moves_to("84907654321", None),
    ]);
    for _ in 0..5 {
        app.post(&told).await?;
        app.settle().await?;
    }
    app.receives([from("84907654321").says("still me")]).await?;
    app.settle().await?;

    assert_eq!((count(&app.db, "contacts").await?, count(&app.db, "identities").await?), (1, 1));
    assert_eq!(messages(&app.db).await?.len(), 4);
    app.stop().await
}
