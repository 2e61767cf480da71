//! Customers who act by a script.

use serde_json::{Value, json};

use crate::scene::{CUSTOMER, NUMBER, Scene, eventually, interactive, message, text};

/// The messages that the receiver was told of, in order.
fn said(scene: &Scene) -> Vec<Value> {
    let changes = scene.receiver.webhooks().into_iter().map(|webhook| webhook.json()["entry"][0]["changes"][0].clone());
    changes.map(|change| change["value"]["messages"][0].clone()).filter(|message| !message.is_null()).collect()
}

async fn run(scene: &Scene, steps: Value) -> anyhow::Result<()> {
    let script = json!({ "account": NUMBER, "from": { "phone": CUSTOMER, "userId": "VN.1" }, "steps": steps });
    scene.post("/control/scripts", &script).send().await?.error_for_status()?;
    Ok(())
}

/// Whether the last script is done; why not, where it failed.
async fn ended(scene: &Scene) -> Option<String> {
    let ended = || scene.simulator.scripts().last().is_some_and(|p| p.done == p.steps || p.failed.is_some());
    assert!(eventually(ended).await, "{:?}", scene.simulator.scripts());
    scene.simulator.scripts().last().and_then(|progress| progress.failed.clone())
}

#[tokio::test]
async fn a_customer_talks_taps_and_changes_ones_mind() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    run(
        &scene,
        json!([
            { "say": "hello" },
            { "await": { "contains": "Choose" } },
            { "tap": "Tea" },
            { "await": {} },
            { "react": "👍" },
            { "send": { "kind": "image", "with": { "caption": "like this" } } },
            { "edit": "like that" },
            "revoke",
            { "reply": "thanks" },
        ]),
    )
    .await?;

    assert!(eventually(|| said(&scene).len() == 1).await);
    let reply = |id: &str, title: &str| json!({ "type": "reply", "reply": { "id": id, "title": title } });
    let choice = interactive("button", &json!({ "buttons": [reply("t", "Tea"), reply("c", "Coffee")] }), &json!({}));
    let sent: Value = scene.send(&choice).await?.error_for_status()?.json().await?;
    assert!(eventually(|| said(&scene).len() == 2).await);
    scene.send(&text("Here you are")).await?.error_for_status()?;
    assert_eq!(ended(&scene).await, None);

    let said = said(&scene);
    let types: Vec<_> = said.iter().map(|message| message["type"].as_str().unwrap_or_default()).collect();
    assert_eq!(types, ["text", "interactive", "reaction", "image", "edit", "revoke", "text"]);
    assert_eq!(said[1]["interactive"]["button_reply"], json!({ "id": "t", "title": "Tea" }));
    assert_eq!(said[1]["context"]["id"], sent["messages"][0]["id"]);
    assert_eq!(said[4]["edit"]["original_message_id"], said[3]["id"]);
    assert_eq!(said[5]["revoke"]["original_message_id"], said[3]["id"]);
    Ok(())
}

#[tokio::test]
async fn a_list_and_a_template_are_tapped() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let rows = json!([{ "id": "r", "title": "Red" }]);
    let list = interactive("list", &json!({ "button": "Open", "sections": [{ "rows": rows }] }), &json!({}));
    scene.send(&list).await?.error_for_status()?;
    run(&scene, json!([{ "tap": "Red" }])).await?;
    assert_eq!(ended(&scene).await, None);

    let named = |name: &str| json!({ "type": "text", "parameter_name": name, "text": "x" });
    let template = message(
        "template",
        &json!({ "name": "spring_sale", "language": { "code": "en_US" }, "components": [
        { "type": "header", "parameters": [{ "type": "image", "image": { "id": "1" } }] },
        { "type": "body", "parameters": [named("first_name"), named("discount")] },
        { "type": "button", "sub_type": "quick_reply", "index": "1",
          "parameters": [{ "type": "payload", "payload": "stop-it" }] },
        { "type": "button", "sub_type": "copy_code", "index": "2",
          "parameters": [{ "type": "coupon_code", "coupon_code": "A" }] },
    ] }),
    );
    scene.send(&template).await?.error_for_status()?;
    run(&scene, json!([{ "tap": "Stop" }, { "tap": "Nowhere" }])).await?;
    assert!(ended(&scene).await.is_some_and(|reason| reason.contains("tap")));

    assert_eq!(said(&scene)[0]["interactive"]["list_reply"]["id"], "r");
    assert_eq!(said(&scene)[1]["button"], json!({ "payload": "stop-it", "text": "Stop" }));
    Ok(())
}

#[tokio::test]
async fn a_customer_changes_number_then_hides_it() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let steps = json!([{ "say": "one" }, { "changeNumber": "84909999999" }, { "say": "two" },
        { "adoptUsername": "anh" }, { "say": "three" }, { "wantMarketing": false }]);
    run(&scene, steps).await?;
    assert_eq!(ended(&scene).await, None);

    let said = said(&scene);
    assert_eq!(said[1]["system"]["wa_id"], "84909999999");
    assert_eq!(said[1]["from"], CUSTOMER);
    assert_eq!(said[2]["from"], "84909999999");
    assert_eq!(said[2]["from_user_id"], said[1]["system"]["user_id"]);
    assert_ne!(said[2]["from_user_id"], "VN.1");
    assert_eq!(said[3].get("from"), None);
    assert_eq!(said[3]["from_user_id"], said[2]["from_user_id"]);
    Ok(())
}

#[tokio::test]
async fn a_script_fails_when_nothing_comes() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    scene.send(&text("too early")).await?.error_for_status()?;
    run(&scene, json!([{ "await": { "contains": "early", "withinMs": 50 } }])).await?;
    assert!(ended(&scene).await.is_some());
    Ok(())
}
