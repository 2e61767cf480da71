//! Files: up, down, and what goes wrong with them.

use serde_json::{Value, json};
use simulator::{Behaviour, FileFault, NewMedia, WebFile};

use crate::scene::{NUMBER, Scene, later, message};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a picture";

async fn upload(scene: &Scene, mime: &str, bytes: &[u8]) -> anyhow::Result<(u16, Value)> {
    let mut body = Vec::new();
    for (name, value) in [("messaging_product", "whatsapp"), ("type", mime)] {
        body.extend(format!("--cut\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    let head =
        format!("--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: {mime}");
    body.extend(head.bytes().chain(*b"\r\n\r\n").chain(bytes.iter().copied()).chain(*b"\r\n--cut--\r\n"));
    let request = scene
        .client
        .post(format!("{}/v25.0/{NUMBER}/media", scene.simulator.url()))
        .header("content-type", "multipart/form-data; boundary=cut")
        .bearer_auth("token")
        .body(body);
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

async fn describe(scene: &Scene, id: &str) -> anyhow::Result<Value> {
    let request = scene.client.get(format!("{}/v25.0/{id}", scene.simulator.url()));
    Ok(request.bearer_auth("token").send().await?.json().await?)
}

async fn fetch(scene: &Scene, description: &Value) -> anyhow::Result<(u16, Vec<u8>)> {
    let request = scene.client.get(description["url"].as_str().unwrap_or_default()).bearer_auth("token");
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.bytes().await?.to_vec()))
}

fn picture(fault: Option<FileFault>) -> NewMedia {
    NewMedia { mime_type: "image/jpeg".to_owned(), size: Some(5000), fault, ..NewMedia::default() }
}

#[tokio::test]
async fn a_file_is_uploaded_found_fetched_sent_and_deleted() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { enforce_media: true, ..later() }).await?;
    let (status, answer) = upload(&scene, "image/jpeg", JPEG).await?;
    assert_eq!(status, 200, "{answer}");
    let id = answer["id"].as_str().unwrap();

    let description = describe(&scene, id).await?;
    assert_eq!(description["mime_type"], "image/jpeg");
    assert_eq!(description["file_size"], JPEG.len());
    assert_eq!(description["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(fetch(&scene, &description).await?, (200, JPEG.to_vec()));
    let without_token = scene.client.get(description["url"].as_str().unwrap()).send().await?;
    assert_eq!(without_token.status(), 401);
    assert_eq!(scene.send(&message("image", &json!({ "id": id }))).await?.status(), 200);

    let url = format!("{}/v25.0/{id}", scene.simulator.url());
    scene.client.delete(&url).bearer_auth("token").send().await?.error_for_status()?;
    assert_eq!(fetch(&scene, &description).await?.0, 404);
    let error: Value = scene.send(&message("image", &json!({ "id": id }))).await?.json().await?;
    assert_eq!(error["error"]["code"], 100);
    assert!(error["error"]["message"].as_str().unwrap().contains("image['id']"));
    Ok(())
}

#[tokio::test]
async fn an_upload_keeps_the_limits_of_its_type() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let five_mib = vec![0; 5 * 1024 * 1024];
    assert_eq!(upload(&scene, "image/png", &five_mib).await?.0, 200);
    for (code, mime, bytes) in [
        (131_053, "image/png", [five_mib.as_slice(), &[0]].concat()),
        (131_053, "image/png", JPEG.to_vec()),
        (131_053, "image/webp", vec![0; 101 * 1024]),
        (131_053, "application/pdf", Vec::new()),
        (100, "image/tiff", vec![0]),
    ] {
        let (status, error) = upload(&scene, mime, &bytes).await?;
        assert_eq!((status, error["error"]["code"].as_i64()), (400, Some(code)), "{mime}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_does_not_fit_its_message_fails_later() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let (_, answer) = upload(&scene, "image/jpeg", JPEG).await?;
    let missing = format!("{}/files/nothing.jpg", scene.simulator.url());
    for body in [message("video", &json!({ "id": answer["id"] })), message("image", &json!({ "link": missing }))] {
        assert_eq!(scene.send(&body).await?.status(), 200);
    }
    scene.simulator.flush().await;
    assert_eq!(scene.status_names(), ["failed", "failed"]);
    assert_eq!(scene.statuses()[0]["errors"][0]["code"], 131_053);
    Ok(())
}

#[tokio::test]
async fn an_address_expires() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { media_url_lives_ms: 1, ..later() }).await?;
    let made = scene.simulator.make_media(&picture(None))?;
    let description = describe(&scene, &made.id).await?;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(fetch(&scene, &description).await?.0, 404);
    Ok(())
}

#[tokio::test]
async fn what_goes_wrong_with_a_file_can_be_ordered() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let right = scene.simulator.make_media(&picture(None))?;
    for (fault, status, size) in [
        (FileFault::WrongChecksum, 200, 5000),
        (FileFault::LargerThanTold, 200, 10_000),
        (FileFault::Slow(50), 200, 5000),
        (FileFault::HttpStatus(503), 503, 0),
        (FileFault::Expired, 404, 0),
    ] {
        let made = scene.simulator.make_media(&picture(Some(fault)))?;
        assert_eq!(made.file_size, 5000);
        assert_eq!(made.sha256 == right.sha256, fault != FileFault::WrongChecksum);
        let description = describe(&scene, &made.id).await?;
        let (got, bytes) = fetch(&scene, &description).await?;
        assert_eq!((got, bytes.len()), (status, size), "{fault:?}");
    }
    let cut = scene.simulator.make_media(&picture(Some(FileFault::CutOff)))?;
    let description = describe(&scene, &cut.id).await?;
    assert!(fetch(&scene, &description).await.is_err());
    let gone = scene.simulator.make_media(&picture(Some(FileFault::Gone)))?;
    assert!(describe(&scene, &gone.id).await?.get("url").is_none());
    Ok(())
}

#[tokio::test]
async fn files_are_made_over_http_and_put_on_the_web() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = json!({ "mimeType": "audio/ogg", "size": 12, "fault": { "slow": 1 } });
    let made: Value = scene.post("/control/media", &order).send().await?.error_for_status()?.json().await?;
    assert_eq!(made["fileSize"], 12);

    let file = WebFile { name: "a.jpg".to_owned(), file: picture(None) };
    let address = scene.simulator.put_file(&file)?;
    let found = scene.client.get(address).send().await?.error_for_status()?;
    assert_eq!(found.headers()["content-type"], "image/jpeg");
    assert_eq!(found.bytes().await?.len(), 5000);
    let put = json!({ "name": "b.pdf", "file": { "mimeType": "application/pdf", "base64": "JVBERi0=" } });
    assert_eq!(scene.post("/control/files", &put).send().await?.status(), 204);
    let wrong = json!({ "mimeType": "a", "base64": "?" });
    assert_eq!(scene.post("/control/media", &wrong).send().await?.status(), 422);
    Ok(())
}
