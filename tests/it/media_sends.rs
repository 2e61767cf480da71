//! Files go to the platform before the message that carries them, and are named by the platform's id.

use serde_json::Value;
use shared::domain::ids::{MediaId, MessageId};
use shared::domain::message::Author;
use shared::domain::message::Content;
use shared::domain::message::media::{Media, MediaKind, MediaSource};
use simulator::{Fault, FileFault, NewMedia, WebFile};
use sqlx::PgPool;
use tests::conversation::{self, Stored, count, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture of nothing";

async fn someone_wrote(pool: PgPool) -> anyhow::Result<TestApp> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    Ok(app)
}

async fn queue(app: &TestApp, content: &Content) -> anyhow::Result<MessageId> {
    let (account, conversation, contact) = conversation::open_thread(&app.db).await?;
    app.queue_content_from(account, conversation, contact, Author::Agent, content).await
}

/// Queues a picture and settles.
async fn sends(app: &TestApp, source: MediaSource) -> anyhow::Result<Stored> {
    let id = queue(app, &Content::Image(Media::from(source))).await?;
    app.wake_sender().await?;
    app.settle().await?;
    let all = messages(&app.db).await?;
    Ok(all.into_iter().find(|message| message.id == id.0).expect("the message"))
}

/// The last message, once the time to try it again has come.
async fn sent_again(app: &TestApp) -> anyhow::Result<Stored> {
    sqlx::query("update outbox set not_before = now() - interval '1 second'").execute(&app.db).await?;
    app.wake_sender().await?;
    app.settle().await?;
    Ok(messages(&app.db).await?.pop().expect("the message"))
}

fn stored(media_id: MediaId) -> MediaSource {
    MediaSource::Stored { media_id }
}

/// The sends that the platform got, in order.
fn sent(app: &TestApp) -> Vec<Value> {
    let received = app.platform.received();
    received.iter().filter(|request| request.path.ends_with("/messages")).map(simulator::Received::json).collect()
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_stored_file_is_uploaded_once_and_named_by_the_platforms_id(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let media = app.stored_file(MediaKind::Image, "image/jpeg", JPEG).await?;
    assert_eq!(sends(&app, stored(media)).await?.status, "read");
    assert_eq!(sends(&app, stored(media)).await?.status, "read");

    let platform_id: String = sqlx::query_scalar("select platform_id from media_uploads").fetch_one(&app.db).await?;
    let named: Vec<Value> = sent(&app).into_iter().map(|body| body["image"]["id"].clone()).collect();
    assert_eq!(named, [platform_id.as_str(), platform_id.as_str()]);
    assert_eq!(app.media_jobs("upload", "done"), 1);
    assert_eq!(count(&app.db, "media_waits").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_upload_that_has_ended_is_made_anew(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let media = app.stored_file(MediaKind::Image, "image/jpeg", JPEG).await?;
    sends(&app, stored(media)).await?;
    sqlx::query("update media_uploads set ends_at = now() + interval '1 minute'").execute(&app.db).await?;
    assert_eq!(sends(&app, stored(media)).await?.status, "read");

    let bodies = sent(&app);
    assert_ne!(bodies[0]["image"]["id"], bodies[1]["image"]["id"]);
    assert_eq!(app.media_jobs("upload", "done"), 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_link_is_fetched_by_us_and_uploaded(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let url = format!("{}/files/demo.jpg", app.platform.url());
    assert_eq!(sends(&app, MediaSource::Link { url }).await?.status, "read");

    let body = &sent(&app)[0];
    assert!(body["image"]["id"].is_string() && body["image"].get("link").is_none(), "{body}");
    assert_eq!((app.media_jobs("fetch", "done"), app.media_jobs("upload", "done")), (1, 1));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_whose_file_cannot_be_had_fails_and_says_why(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let inside = MediaSource::Link { url: "http://169.254.169.254/latest/meta-data/".to_owned() };
    for (source, code) in [
        (inside, "LINK_REFUSED"),
        (MediaSource::Link { url: format!("{}/files/nothing.jpg", app.platform.url()) }, "SOURCE_REFUSED"),
        (stored(MediaId::new()), "MEDIA_NOT_THERE"),
        (MediaSource::Lost, "MEDIA_NOT_THERE"),
    ] {
        let message = sends(&app, source).await?;
        assert_eq!(message.status, "failed");
        assert_eq!(message.error.expect("a reason")["code"], code);
    }
    assert!(sent(&app).is_empty());
    assert_eq!((count(&app.db, "outbox").await?, count(&app.db, "media_waits").await?), (0, 0));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_of_another_merchant_is_not_sent(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let media = app.stored_file(MediaKind::Image, "image/jpeg", JPEG).await?;
    let other = tests::merchant::add(&app.context.pool, "Phở Hà Nội").await?;
    sqlx::query("update media set merchant_id = $1").bind(other.id.0).execute(&app.db).await?;
    let message = sends(&app, stored(media)).await?;
    assert_eq!(message.error.expect("a reason")["code"], "MEDIA_NOT_THERE");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_the_platform_cannot_use_is_uploaded_anew_once(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let media = app.stored_file(MediaKind::Image, "image/jpeg", JPEG).await?;
    app.platform.fail_next(1, Fault::code(131_053));
    sends(&app, stored(media)).await?;
    assert_eq!(sent_again(&app).await?.status, "read");
    assert_eq!(app.media_jobs("upload", "done"), 2);

    app.platform.fail_next(2, Fault::code(131_053));
    sends(&app, stored(media)).await?;
    let message = sent_again(&app).await?;
    assert_eq!(message.status, "failed");
    assert_eq!(message.error.expect("a reason")["code"], 131_053);
    assert_eq!(app.media_jobs("upload", "done"), 3);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_comes_after_a_file_waits_for_it(pool: PgPool) -> anyhow::Result<()> {
    let app = someone_wrote(pool).await?;
    let slow =
        NewMedia { mime_type: "image/jpeg".to_owned(), fault: Some(FileFault::Slow(300)), ..NewMedia::default() };
    let url = app.platform.put_file(&WebFile { name: "slow.jpg".to_owned(), file: slow })?;
    queue(&app, &Content::Image(Media::from(MediaSource::Link { url }))).await?;
    queue(&app, &Content::text_of("and this is what it shows")).await?;
    app.wake_sender().await?;
    app.settle().await?;
    let kinds: Vec<Value> = sent(&app).into_iter().map(|body| body["type"].clone()).collect();
    assert_eq!(kinds, ["image", "text"]);
    app.stop().await
}
