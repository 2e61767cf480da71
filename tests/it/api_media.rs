//! Files through the API: given, looked at, taken back out, had fetched once more.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::{MediaId, UserId};
use shared::domain::user::UserRole;
use simulator::{FileFault, NewMedia};
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser};
use tests::whatsapp::{from, wamid};
use tests::{MIGRATOR, TestApp, conversation};

const PATH: &str = "/api/v1/whatsapp/media";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture of nothing";

async fn give(api: &TestApi, user: &TestUser, path: &str, kind: &str, file: Vec<u8>) -> anyhow::Result<Answer> {
    let request =
        api.request(Method::POST, path).bearer_auth(&user.token).header(header::CONTENT_TYPE, kind).body(file);
    api.raw(request).await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_is_given_comes_back_as_it_was_and_lies_sealed(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let file = [JPEG, &vec![7; 3_000_000]].concat();
    let given = give(&api, &owner, &format!("{PATH}?filename=Gi%C3%A1.jpg"), "image/jpeg", file.clone()).await?;
    let data = given.data()?;
    assert_eq!((&data["state"], &data["kind"], &data["size"]), (&json!("stored"), &json!("image"), &json!(file.len())));
    let id = data["id"].as_str().unwrap_or_default().to_owned();

    let shown = api.get(&format!("{PATH}/{id}"), &owner).await?;
    assert_eq!(shown.data()?["filename"], "Giá.jpg");
    let request = api.request(Method::GET, &format!("{PATH}/{id}/content")).bearer_auth(&owner.token);
    let response = request.send().await?;
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''Gi%C3%A1.jpg");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-length"), file.len().to_string());
    assert!(response.bytes().await? == file);
    let on_disk = api.files.on_disk()?;
    assert!(on_disk.len() == 1 && !on_disk[0].windows(20).any(|window| window == &JPEG[..20]));
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_same_key_takes_a_file_once(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let keyed = async |file: &[u8]| {
        let request = api.request(Method::POST, PATH).bearer_auth(&owner.token).header("idempotency-key", "photo-1");
        api.raw(request.header(header::CONTENT_TYPE, "image/jpeg").body(file.to_vec())).await
    };
    let first = keyed(JPEG).await?;
    first.data()?;
    let again = keyed(JPEG).await?;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = keyed(&[JPEG, b"!"].concat()).await?;
    assert_eq!(other.failure()?, (409, "IDEMPOTENCY_KEY_REUSED"));
    assert_eq!(api.count("select count(*) from media").await?, 1, "what was taken before is forgotten again");
    assert_eq!(api.files.on_disk()?.len(), 1);
    assert_eq!(api.count("select count(*) from audit_entries where action = 'media.uploaded'").await?, 1);
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_form_carries_a_file_too(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let part = reqwest::multipart::Part::bytes(b"%PDF-1.7 prices".to_vec())
        .file_name("prices.pdf")
        .mime_str("application/pdf")?;
    let form = reqwest::multipart::Form::new().text("note", "ours").part("file", part);
    let given = api.raw(api.request(Method::POST, PATH).bearer_auth(&owner.token).multipart(form)).await?;
    let data = given.data()?;
    assert_eq!(
        (&data["kind"], &data["filename"], &data["size"]),
        (&json!("document"), &json!("prices.pdf"), &json!(15))
    );

    let empty = reqwest::multipart::Form::new().text("note", "ours");
    let refused = api.raw(api.request(Method::POST, PATH).bearer_auth(&owner.token).multipart(empty)).await?;
    assert_eq!(refused.failure()?, (422, "VALIDATION_ERROR"));
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_is_too_long_is_refused_whether_it_says_so_or_not(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let long = [JPEG, &vec![7; 5 << 20]].concat();
    let refused = give(&api, &owner, PATH, "image/jpeg", long.clone()).await?;
    assert_eq!(refused.failure()?, (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(api.count("select count(*) from media").await?, 0, "it says so itself: nothing is begun");

    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = long.chunks(50_000).map(|chunk| Ok(chunk.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let request = api.request(Method::POST, PATH).bearer_auth(&owner.token).header("content-type", "image/jpeg");
    let refused = api.raw(request.body(body)).await?;
    assert_eq!(refused.failure()?, (413, "PAYLOAD_TOO_LARGE"));
    assert!(api.files.on_disk()?.is_empty(), "nothing of it is left");
    assert_eq!(api.count("select count(*) from media").await?, 0);
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_channel_does_not_take_is_refused_by_what_it_is(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let program = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00".to_vec();
    for (kind, file) in [("image/gif", b"GIF89a".to_vec()), ("image/jpeg", program), ("image/jpeg", Vec::new())] {
        let refused = give(&api, &owner, PATH, kind, file).await?;
        assert_eq!(refused.failure()?, (422, "VALIDATION_ERROR"), "{kind}");
        assert_eq!(refused.problem().0, "file");
    }
    let unknown = give(&api, &owner, &format!("{PATH}?kind=hologram"), "image/jpeg", JPEG.to_vec()).await?;
    assert_eq!(unknown.problem().0, "kind");
    assert_eq!(api.count("select count(*) from media").await?, 0);
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_sees_anothers_file(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let (owner, other) = (api.merchant().await?, api.merchant().await?);
    let given = give(&api, &owner, PATH, "image/jpeg", JPEG.to_vec()).await?;
    let id = given.data()?["id"].as_str().unwrap_or_default().to_owned();
    for path in [format!("{PATH}/{id}"), format!("{PATH}/{id}/content"), format!("{PATH}/{}", MediaId::new())] {
        assert_eq!(api.get(&path, &other).await?.failure()?, (404, "NOT_FOUND"), "{path}");
    }
    let retried = api.ask(Method::POST, &format!("{PATH}/{id}/retry"), Some(&other), None).await?;
    assert_eq!(retried.failure()?, (404, "NOT_FOUND"));
    let viewer = api.colleague(&owner, UserRole::Viewer).await?;
    let refused = give(&api, &viewer, PATH, "image/jpeg", JPEG.to_vec()).await?;
    assert_eq!(refused.failure()?, (403, "FORBIDDEN"));
    assert_eq!(api.ask(Method::POST, PATH, None, None).await?.failure()?, (401, "UNAUTHORIZED"));
    api.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_file_that_failed_is_had_fetched_once_more(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let account = api.account(&owner, Channel::WhatsApp, "2002").await?;
    let id = MediaId::new();
    sqlx::query(
        "insert into media (id, merchant_id, account_id, source, platform_id, kind, state, error)
         values ($1, $2, $3, 'platform', '77', 'image', 'failed', '{\"code\": \"GONE\"}')",
    )
    .bind(id.0)
    .bind(owner.merchant_id.0)
    .bind(account.0)
    .execute(&api.pool)
    .await?;
    let path = format!("{PATH}/{id}");
    assert_eq!(api.get(&path, &owner).await?.data()?["error"]["code"], "GONE");
    assert_eq!(api.get(&format!("{path}/content"), &owner).await?.failure()?, (409, "CONFLICT"));

    let retried = api.ask(Method::POST, &format!("{path}/retry"), Some(&owner), None).await?;
    assert_eq!(retried.data()?["state"], "pending");
    assert_eq!(api.count("select count(*) from media_jobs where kind = 'fetch'").await?, 1);
    assert_eq!(api.broker.waiting(shared::broker::Queue::Media).await?.len(), 1);
    let again = api.ask(Method::POST, &format!("{path}/retry"), Some(&owner), None).await?;
    assert_eq!(again.failure()?, (409, "CONFLICT"));
    api.stop().await
}

fn picture(fault: Option<FileFault>) -> NewMedia {
    NewMedia { mime_type: "image/jpeg".to_owned(), size: Some(1_000), base64: None, fault }
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_shows_what_became_of_its_file_and_under_which_id(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let api = TestApi::beside(&app).await?;
    let made = [app.platform.make_media(&picture(None))?, app.platform.make_media(&picture(Some(FileFault::Gone)))?];
    for (made, seconds) in made.iter().zip([20, 10]) {
        let image = json!({ "id": made.id, "mime_type": made.mime_type, "sha256": made.sha256, "caption": "this one" });
        let told = json!({ "id": wamid(), "type": "image", "image": image });
        app.receives([from("84901234567").seconds_ago(seconds).sends(&told)]).await?;
    }
    app.settle().await?;

    let user = api.token(UserId::new(), app.merchant.id, UserRole::Agent).await?;
    let (_, thread, _) = conversation::open_thread(&app.db).await?;
    let shown = api.get(&format!("/api/v1/whatsapp/conversations/{thread}"), &user).await?;
    let messages = &shown.data()?["messages"];
    let (had, lost) = (&messages[0]["attachments"][0], &messages[1]["attachments"][0]);
    assert_eq!((&had["state"], &had["size"], &had["error"]), (&json!("stored"), &json!(1_000), &Value::Null));
    assert_eq!((&lost["state"], &lost["error"]["code"]), (&json!("failed"), &json!("GONE")));
    assert_eq!(messages[1]["content"], "this one");
    let id = lost["mediaId"].as_str().unwrap_or_default();
    let retried = api.ask(Method::POST, &format!("/api/v1/whatsapp/media/{id}/retry"), Some(&user), None).await?;
    assert_eq!(retried.data()?["state"], "pending");
    api.stop().await?;
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_part_of_a_file_is_given_where_a_part_is_asked_for(pool: PgPool) -> anyhow::Result<()> {
    let api = TestApi::start(pool).await?;
    let owner = api.merchant().await?;
    let file = [JPEG, &(0..3_000_000_u32).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<_>>()].concat();
    let given = give(&api, &owner, PATH, "image/jpeg", file.clone()).await?;
    let path = format!("{PATH}/{}/content", given.data()?["id"].as_str().unwrap());
    let ask =
        |range: &'static str| api.request(Method::GET, &path).bearer_auth(&owner.token).header(header::RANGE, range);
    let size = file.len();
    for (range, part) in [
        ("bytes=0-9", 0..10),
        ("bytes=1048570-2097160", 1_048_570..2_097_161),
        ("bytes=-5", size - 5..size),
        ("bytes=2999990-", 2_999_990..size),
    ] {
        let response = ask(range).send().await?;
        assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        let told = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        assert_eq!(response.headers()[header::CONTENT_RANGE], told);
        assert_eq!(response.headers()[header::CONTENT_LENGTH], part.len().to_string());
        assert!(response.bytes().await? == file[part], "{range}");
    }
    let beyond = ask("bytes=9000000-").send().await?;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()[header::CONTENT_RANGE], format!("bytes */{size}"));
    // A range of what was another file is as good as none.
    let other = ask("bytes=0-9").header(header::IF_RANGE, "\"another\"").send().await?;
    assert_eq!((other.status(), other.bytes().await?.len()), (StatusCode::OK, size));
    api.stop().await
}
