//! Everything that a customer can say.

use serde_json::{Value, json};
use simulator::{Channel, Inbound, NewMedia, Sender};

use crate::scene::{CUSTOMER, NUMBER, Scene};

fn inbound(kind: &str) -> Inbound {
    let from = Sender {
        phone: Some(CUSTOMER.to_owned()),
        user_id: Some("VN.1".to_owned()),
        name: Some("Anh".to_owned()),
        username: None,
    };
    Inbound { from, kind: Some(kind.to_owned()), ..Inbound::whatsapp(NUMBER, CUSTOMER, "words") }
}

/// The change that the receiver was told last.
fn last(scene: &Scene) -> Value {
    scene.receiver.webhooks().last().map_or(Value::Null, |webhook| webhook.json()["entry"][0]["changes"][0].clone())
}

#[tokio::test]
async fn every_kind_comes_in_its_own_form() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for (kind, place, value) in [
        ("text", "/text/body", json!("words")),
        ("image", "/image/mime_type", json!("image/jpeg")),
        ("video", "/video/mime_type", json!("video/mp4")),
        ("audio", "/audio/voice", json!(false)),
        ("voice", "/audio/voice", json!(true)),
        ("document", "/document/filename", json!("order.pdf")),
        ("sticker", "/sticker/animated", json!(false)),
        ("animatedSticker", "/sticker/animated", json!(true)),
        ("location", "/location/latitude", json!(10.7769)),
        ("place", "/location/name", json!("Market")),
        ("contacts", "/contacts/0/name/first_name", json!("Anh")),
        ("reaction", "/reaction/emoji", json!("words")),
        ("reactionRemoved", "/reaction/message_id", json!("wamid.unknown")),
        ("order", "/order/product_items/0/quantity", json!(2)),
        ("edit", "/edit/message/text/body", json!("words")),
        ("revoke", "/revoke/original_message_id", json!("wamid.unknown")),
        ("buttonReply", "/interactive/button_reply/title", json!("Yes")),
        ("listReply", "/interactive/list_reply/id", json!("1")),
        ("flowReply", "/interactive/nfm_reply/name", json!("flow")),
        ("callPermission", "/interactive/call_permission_reply/response", json!("accept")),
        ("button", "/button/payload", json!("yes")),
        ("numberChanged", "/system/wa_id", json!("words")),
        ("userIdChanged", "/system/previous_user_id", json!("VN.1")),
        ("identityChanged", "/identity/acknowledged", json!(false)),
        ("welcome", "/type", json!("request_welcome")),
        ("unsupported", "/errors/0/code", json!(131_051)),
        ("unknown", "/errors/0/code", json!(501)),
        ("interactiveBroken", "/errors/0/code", json!(131_000)),
        ("mediaBroken", "/errors/0/code", json!(131_052)),
    ] {
        let delivered = scene.simulator.inbound(inbound(kind)).await?;
        let change = last(&scene);
        assert_eq!(change["field"], "messages");
        let message = &change["value"]["messages"][0];
        assert_eq!(message["id"], delivered.platform_id);
        assert_eq!(message.pointer(place), Some(&value), "{kind}: {message}");
        let is_system = message["type"] == "system";
        assert_eq!(change["value"].get("contacts").is_none(), is_system, "{kind}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_message_comes_in_its_own_place() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.simulator.inbound(inbound("stopMarketing")).await?;
    assert_eq!(last(&scene)["field"], "user_preferences");
    assert_eq!(last(&scene)["value"]["user_preferences"][0]["value"], "stop");
    scene.simulator.inbound(inbound("echo")).await?;
    assert_eq!(last(&scene)["field"], "smb_message_echoes");
    assert_eq!(last(&scene)["value"]["message_echoes"][0]["to"], CUSTOMER);
    scene.simulator.inbound(inbound("accountError")).await?;
    assert_eq!(last(&scene)["value"]["errors"][0]["code"], 130_429);
    assert!(scene.simulator.inbound(inbound("hologram")).await.is_err());
    Ok(())
}

#[tokio::test]
async fn fields_context_and_origin_can_be_otherwise() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = json!({
        "channel": "whatsapp", "account": NUMBER, "from": { "userId": "VN.2", "username": "anh" },
        "kind": "listReply", "with": { "id": "row-7", "title": "Seventh" }, "replyTo": "wamid.ours",
        "context": { "forwarded": true }, "referral": { "source_type": "ad", "ctwa_clid": "c" },
    });
    scene.post("/control/inbound", &order).send().await?.error_for_status()?;
    let value = last(&scene)["value"].clone();
    let message = &value["messages"][0];
    assert_eq!(message.get("from"), None);
    assert_eq!(message["from_user_id"], "VN.2");
    assert_eq!(message["interactive"]["type"], "list_reply");
    assert_eq!(message["interactive"]["list_reply"]["id"], "row-7");
    assert_eq!(message["context"]["id"], "wamid.ours");
    assert_eq!(message["context"]["forwarded"], true);
    assert_eq!(message["referral"]["ctwa_clid"], "c");
    assert_eq!(value["contacts"][0]["profile"]["username"], "anh");
    Ok(())
}

#[tokio::test]
async fn the_file_of_a_picture_can_be_fetched() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let media = NewMedia { mime_type: "image/png".to_owned(), size: Some(70), ..NewMedia::default() };
    scene.simulator.inbound(Inbound { media: Some(media), ..inbound("image") }).await?;
    let image = last(&scene)["value"]["messages"][0]["image"].clone();

    let url = format!("{}/v25.0/{}", scene.simulator.url(), image["id"].as_str().unwrap_or_default());
    let described: Value = scene.client.get(url).bearer_auth("t").send().await?.json().await?;

    assert_eq!(described["sha256"], image["sha256"]);
    assert_eq!(described["file_size"], 70);
    Ok(())
}

#[tokio::test]
async fn only_whatsapp_has_kinds() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let inbound = Inbound::from_user(Channel::Messenger, "1", "2", "hello");
    let answer = scene.simulator.inbound(Inbound { kind: Some("image".to_owned()), ..inbound }).await;
    assert!(answer.is_err());
    Ok(())
}
