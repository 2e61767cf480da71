//! Files that customers send are fetched before their platform forgets them, and what goes wrong with one is
//! told by the file, never by the message.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use shared::domain::ids::{MediaId, MessageId};
use shared::domain::message::media::MediaKind;
use shared::domain::{clock, deterministic};
use shared::store::media::insert::Origin;
use shared::store::media::jobs;
use shared::store::media::read::{self, Retried};
use simulator::{FileFault, Made, NewMedia, WebFile};
use sqlx::PgPool;
use tests::conversation::{count, messages};
use tests::files::{self, Told};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const MIB: usize = 1 << 20;

fn picture(size: usize, fault: Option<FileFault>) -> NewMedia {
    NewMedia { mime_type: "image/jpeg".to_owned(), size: Some(size), base64: None, fault }
}

/// An app whose customer has sent a picture, not fetched yet.
async fn sent(pool: PgPool, media: &NewMedia) -> anyhow::Result<(TestApp, MediaId, Made)> {
    let app = TestApp::start(pool).await?;
    let made = app.platform.make_media(media)?;
    let told = Told {
        mime_type: Some(&made.mime_type),
        sha256: Some(&made.sha256),
        source_ends_at: Some(clock::now() + TimeDelta::days(7)),
        ..Told::image(Origin::Platform(&made.id))
    };
    let id = app.told_of(app.account, &told).await?;
    Ok((app, id, made))
}

async fn only(app: &TestApp) -> anyhow::Result<files::File> {
    let mut all = files::all(&app.db).await?;
    assert_eq!(all.len(), 1);
    Ok(all.remove(0))
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_is_fetched_once_and_lies_sealed(pool: PgPool) -> anyhow::Result<()> {
    let (app, id, made) = sent(pool, &picture(3 * MIB + 17, None)).await?;
    app.settle().await?;
    app.wake_fetcher().await?;
    app.settle().await?;

    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.mime_type.as_deref()), ("stored", Some("image/jpeg")));
    assert_eq!(file.sha256.as_deref(), Some(made.sha256.as_str()));
    let content = app.content_of(id).await?;
    assert_eq!(content.len(), 3 * MIB + 17);
    let on_disk = app.files.on_disk()?;
    assert_eq!(on_disk.len(), 1);
    assert!(!on_disk[0].windows(32).any(|window| window == &content[100..132]), "it lies there in the clear");
    assert_eq!((count(&app.db, "media_jobs").await?, app.media_jobs("fetch", "done")), (0, 1));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_customers_picture_is_stored_with_its_message_and_fetched_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let made = app.platform.make_media(&picture(2_500, None))?;
    let image = json!({ "id": made.id, "mime_type": made.mime_type, "sha256": made.sha256, "caption": "this one" });
    let webhook = from("84901234567").sends(&json!({ "id": "wamid.picture", "type": "image", "image": image }));
    app.receives([webhook.clone()]).await?;
    app.settle().await?;
    app.receives([webhook]).await?;
    app.settle().await?;

    let message = &messages(&app.db).await?[0];
    let file = only(&app).await?;
    assert_eq!((message.kind.as_str(), file.state.as_str(), file.size), ("image", "stored", Some(2_500)));
    assert_eq!(file.id, deterministic::media_id(MessageId(message.id), 0).0);
    assert_eq!((count(&app.db, "media_jobs").await?, app.media_jobs("fetch", "done")), (0, 1));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_platform_could_not_hand_over_is_told_by_the_file(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let errors = json!([{ "code": 131_052, "title": "Media download error" }]);
    let lost = json!({ "id": "wamid.lost", "type": "video", "errors": errors });
    app.receives([from("84901234567").sends(&lost)]).await?;
    app.settle().await?;

    assert_eq!(messages(&app.db).await?[0].kind, "video");
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "LOST"));
    assert_eq!(file.error.expect("a reason")["platformCode"], 131_052);
    assert_eq!(count(&app.db, "media_jobs").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_cannot_be_fetched_holds_nothing_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let made = app.platform.make_media(&picture(2_500, Some(FileFault::Gone)))?;
    let image = json!({ "id": made.id, "mime_type": made.mime_type, "sha256": made.sha256 });
    app.receives([from("84901234567").sends(&json!({ "id": "wamid.gone", "type": "image", "image": image }))]).await?;
    app.receives([from("84901234567").says("did you get it?")]).await?;
    app.settle().await?;
    app.answers("No, please send it once more").await?;

    let statuses: Vec<String> = messages(&app.db).await?.into_iter().map(|message| message.status).collect();
    assert_eq!(statuses, ["delivered", "delivered", "read"]);
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "GONE"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_whose_checksum_is_another_is_not_kept(pool: PgPool) -> anyhow::Result<()> {
    let (app, _, _) = sent(pool, &picture(5_000, Some(FileFault::WrongChecksum))).await?;
    for _ in 0..3 {
        assert_eq!(only(&app).await?.state, "pending");
        app.fetch().await?;
        files::time_passes(&app.db).await?;
        app.sweep_media().await?;
    }
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "CHECKSUM_MISMATCH"));
    assert!(app.files.on_disk()?.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_is_too_long_is_refused_whether_it_says_so_or_lies(pool: PgPool) -> anyhow::Result<()> {
    let (app, _, _) = sent(pool, &picture(26 * MIB, None)).await?;
    app.fetch().await?;
    assert_eq!((only(&app).await?.state.as_str(), only(&app).await?.code()), ("failed", "TOO_LARGE"));

    let liar = app.platform.make_media(&picture(13 * MIB, Some(FileFault::LargerThanTold)))?;
    app.told_of(app.account, &Told::image(Origin::Platform(&liar.id))).await?;
    app.fetch().await?;
    let lying = &files::all(&app.db).await?[1];
    assert_eq!((lying.state.as_str(), lying.code()), ("failed", "TOO_LARGE"));
    assert!(app.files.on_disk()?.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_is_no_picture_is_not_kept_as_one(pool: PgPool) -> anyhow::Result<()> {
    let program = NewMedia { base64: Some("TVqQAAMAAAAEAAAA//8AALgAAAA=".to_owned()), ..picture(0, None) };
    let (app, _, _) = sent(pool, &program).await?;
    app.fetch().await?;
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "TYPE_MISMATCH"));
    assert_eq!(file.error.expect("a reason")["retryable"], false);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_address_that_has_ended_is_asked_for_anew(pool: PgPool) -> anyhow::Result<()> {
    let (app, id, _) = sent(pool, &picture(900, None)).await?;
    let behaviour = app.platform.behaviour();
    app.platform.behave(simulator::Behaviour { media_url_lives_ms: 0, ..behaviour.clone() });
    app.fetch().await?;
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("pending", "ADDRESS_ENDED"));

    app.platform.behave(behaviour);
    files::time_passes(&app.db).await?;
    app.sweep_media().await?;
    app.fetch().await?;
    assert_eq!(only(&app).await?.state, "stored");
    assert_eq!(app.content_of(id).await?.len(), 900);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_passes_is_tried_again_until_the_source_ends(pool: PgPool) -> anyhow::Result<()> {
    let (app, _, _) = sent(pool, &picture(900, Some(FileFault::CutOff))).await?;
    app.fetch().await?;
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("pending", "UNREACHABLE"));
    assert_eq!(file.error.expect("a reason")["retryable"], true);

    // The account could not be used meanwhile: nobody tried again, and now it is too late.
    sqlx::query("update media set source_ends_at = now() - interval '1 second'").execute(&app.db).await?;
    sqlx::query("update accounts set status = 'error'").execute(&app.db).await?;
    app.sweep_media().await?;
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "SOURCE_ENDED"));
    assert_eq!(count(&app.db, "media_jobs").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_failed_is_fetched_when_a_person_asks(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let address = format!("{}/files/late.jpg", app.platform.url());
    let id = app.told_of(app.account, &Told::image(Origin::PlatformLink(&address))).await?;
    app.fetch().await?;
    let file = only(&app).await?;
    assert_eq!((file.state.as_str(), file.code()), ("failed", "SOURCE_REFUSED"));

    app.platform.put_file(&WebFile { name: "late.jpg".to_owned(), file: picture(700, None) })?;
    let mut conn = app.context.pool.acquire().await?;
    assert_eq!(read::retry(&mut conn, app.merchant.id, id).await?, Retried::Queued(app.account));
    assert_eq!(read::retry(&mut conn, app.merchant.id, id).await?, Retried::OnItsWay);
    app.wake_fetcher().await?;
    app.settle().await?;
    assert_eq!(only(&app).await?.state, "stored");
    assert_eq!(read::retry(&mut conn, app.merchant.id, id).await?, Retried::Stored);
    drop(conn);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_fetcher_that_dies_in_the_middle_is_followed_by_another(pool: PgPool) -> anyhow::Result<()> {
    let (app, id, _) = sent(pool, &picture(900, None)).await?;
    let mut conn = app.context.pool.acquire().await?;
    let dying = jobs::claim(&mut conn, &app.context.keyring, app.account, 5, Duration::from_millis(50)).await?;
    drop(conn);
    assert_eq!(dying.len(), 1);
    tokio::time::sleep(Duration::from_millis(80)).await;
    app.sweep_media().await?;
    app.settle().await?;

    assert_eq!((only(&app).await?.state.as_str(), app.media_jobs("fetch", "done")), ("stored", 1));
    assert_eq!(app.content_of(id).await?.len(), 900);
    // Should the first one still be alive, it finds that it is too late.
    let mut transaction = app.context.pool.begin().await?;
    let why = serde_json::json!({ "code": "LATE" });
    let recorded = shared::store::media::outcome::failed(&mut transaction, &dying[0], &why).await?;
    assert_eq!(recorded, shared::store::media::outcome::Recorded::TooLate);
    drop(transaction);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_link_into_our_own_network_is_never_followed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    // The tests allow 127.0.0.1 by name, and nothing else.
    let by_name = app.platform.url().replace("127.0.0.1", "localhost") + "/files/demo.jpg";
    for link in ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/x", "http://[::1]/x", &by_name] {
        app.told_of(app.account, &Told::image(Origin::Link(link))).await?;
    }
    app.fetch().await?;
    for file in files::all(&app.db).await? {
        assert_eq!((file.state.as_str(), file.code()), ("failed", "LINK_REFUSED"));
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_was_begun_and_never_finished_is_cleared_away(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let id = app.stored_file(MediaKind::Document, "text/plain", b"half of it").await?;
    app.tidy_files().await?;
    assert_eq!(app.files.on_disk()?.len(), 1, "what is whole stays");

    sqlx::query("update media set state = 'pending', created_at = now() - interval '2 hours' where id = $1")
        .bind(id.0)
        .execute(&app.db)
        .await?;
    app.tidy_files().await?;
    assert!(app.files.on_disk()?.is_empty());
    assert_eq!(count(&app.db, "media").await?, 0);
    app.stop().await
}
