//! Templates made, listed, edited, decided on.

use serde_json::{Value, json};
use simulator::{AccountNews, Behaviour, Category, Delay, NewTemplate, Quality, Status, TemplateChange};

use crate::scene::{NUMBER, Scene, eventually, later, message};

const WABA: &str = "9106540352242922";

fn template(name: &str) -> Value {
    json!({
        "name": name,
        "language": "en_US",
        "category": "MARKETING",
        "components": [
            { "type": "HEADER", "format": "TEXT", "text": "News for {{1}}", "example": { "header_text": ["Anh"] } },
            { "type": "BODY", "text": "Hello {{1}}, look at {{2}} today.", "example": { "body_text": [["Anh", "tea"]] } },
            { "type": "FOOTER", "text": "Your shop" },
            { "type": "BUTTONS", "buttons": [
                { "type": "QUICK_REPLY", "text": "Stop" },
                { "type": "URL", "text": "Look", "url": "https://a.example/{{1}}", "example": ["tea"] },
            ] },
        ],
    })
}

async fn create(scene: &Scene, body: &Value) -> anyhow::Result<(u16, Value)> {
    let request = scene.post(&format!("/v25.0/{WABA}/message_templates"), body).bearer_auth("t");
    let response = request.send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

async fn list(scene: &Scene, query: &str) -> anyhow::Result<Value> {
    let url = format!("{}/v25.0/{WABA}/message_templates?{query}", scene.simulator.url());
    Ok(scene.client.get(url).bearer_auth("t").send().await?.json().await?)
}

fn change(name: &str) -> TemplateChange {
    TemplateChange {
        waba: WABA.to_owned(),
        name: name.to_owned(),
        language: "en_US".to_owned(),
        ..TemplateChange::default()
    }
}

/// The fields and values that the receiver was told, in order.
fn told(scene: &Scene) -> Vec<(String, Value)> {
    let changes = scene.receiver.webhooks().into_iter().map(|webhook| webhook.json()["entry"][0].clone());
    changes
        .map(|entry| {
            assert_eq!(entry["id"], WABA);
            let change = &entry["changes"][0];
            (change["field"].as_str().unwrap_or_default().to_owned(), change["value"].clone())
        })
        .collect()
}

#[tokio::test]
async fn a_template_is_made_approved_found_edited_and_deleted() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { template_approved_after_ms: Delay::millis(20), ..later() }).await?;
    let (status, answer) = create(&scene, &template("news")).await?;
    assert_eq!((status, answer["status"].as_str()), (200, Some("PENDING")), "{answer}");
    let send = message("template", &json!({ "name": "news", "language": { "code": "en_US" } }));
    assert_eq!(scene.send(&send).await?.status(), 404, "not yet approved");

    assert!(eventually(|| !told(&scene).is_empty()).await);
    let (field, value) = told(&scene).remove(0);
    assert_eq!((field.as_str(), value["event"].as_str()), ("message_template_status_update", Some("APPROVED")));
    assert_eq!(value["message_template_id"].as_u64().map(|id| id.to_string()).as_deref(), answer["id"].as_str());
    assert_eq!(scene.send(&send).await?.status(), 400, "approved, but nothing fills its places");

    let found = list(&scene, "name=news&fields=name,status").await?;
    assert_eq!(found["data"], json!([{ "id": answer["id"], "name": "news", "status": "APPROVED" }]));
    let edit = json!({ "components": [{ "type": "BODY", "text": "Shorter." }] });
    let path = format!("/v25.0/{}", answer["id"].as_str().unwrap_or_default());
    assert_eq!(scene.post(&path, &edit).bearer_auth("t").send().await?.status(), 200);
    assert!(eventually(|| told(&scene).len() == 2).await);
    assert_eq!(scene.post(&path, &edit).bearer_auth("t").send().await?.status(), 400, "once in 24 hours");
    assert_eq!(scene.send(&send).await?.status(), 200);

    let url = format!("{}/v25.0/{WABA}/message_templates?name=news", scene.simulator.url());
    assert_eq!(scene.client.delete(&url).bearer_auth("t").send().await?.status(), 200);
    assert_eq!(scene.client.delete(&url).bearer_auth("t").send().await?.status(), 400);
    let (_, error) = create(&scene, &template("news")).await?;
    assert_eq!(error["error"]["error_subcode"], 2_388_023);
    Ok(())
}

#[tokio::test]
async fn templates_that_break_a_rule_are_refused() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let with = |index: usize, component: Value| {
        let mut body = template("wrong");
        body["components"][index] = component;
        body
    };
    let buttons = |buttons: Value| with(3, json!({ "type": "BUTTONS", "buttons": buttons }));
    let text = |text: &str| with(1, json!({ "type": "BODY", "text": text, "example": { "body_text": [["1", "2"]] } }));
    let mut bad_name = template("wrong");
    bad_name["name"] = json!("Wrong name");
    let reply = json!({ "type": "QUICK_REPLY", "text": "a" });
    let phone = json!({ "type": "PHONE_NUMBER", "text": "a", "phone_number": "1" });
    let url = |url: &str| json!({ "type": "URL", "text": "a", "url": url, "example": ["b"] });
    let cases = [
        (Some(2_388_040), text(&"a".repeat(1025))),
        (Some(2_388_299), text("{{1}} is first")),
        (Some(2_388_299), text("last is {{1}}")),
        (Some(2_388_072), text("a {{1}}{{2}} b")),
        (Some(2_388_072), text("a {{2}} b")),
        (Some(2_388_043), with(1, json!({ "type": "BODY", "text": "a {{1}} b" }))),
        (Some(2_388_047), with(0, json!({ "type": "HEADER", "format": "TEXT", "text": "{{1}} {{2}}" }))),
        (Some(2_388_043), with(0, json!({ "type": "HEADER", "format": "IMAGE" }))),
        (Some(2_388_040), with(2, json!({ "type": "FOOTER", "text": "a".repeat(61) }))),
        (Some(2_388_073), with(2, json!({ "type": "FOOTER", "text": "a {{1}}" }))),
        (Some(2_388_040), buttons(json!([{ "type": "QUICK_REPLY", "text": "a".repeat(26) }]))),
        (None, buttons(json!([reply, phone, reply]))),
        (None, buttons(json!([phone, phone]))),
        (None, buttons(json!(vec![reply; 11]))),
        (None, buttons(json!([url("https://a.example/{{1}}/b")]))),
        (None, with(0, json!({ "type": "CAROUSEL", "cards": [{ "components": [] }] }))),
        (None, bad_name),
        (Some(2_388_024), {
            let mut same = template("hello_world");
            same["components"] = json!([{ "type": "BODY", "text": "Hello." }]);
            same
        }),
    ];
    for (subcode, body) in cases {
        let (status, error) = create(&scene, &body).await?;
        assert_eq!(status, 400, "{body}");
        assert_eq!(error["error"]["code"], 100);
        assert_eq!(error["error"]["error_subcode"].as_i64(), subcode, "{body} {error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_comes_in_pages() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let all = list(&scene, "limit=100").await?["data"].as_array().map_or(0, Vec::len);
    let mut seen = 0;
    let mut page = list(&scene, "limit=4").await?;
    loop {
        seen += page["data"].as_array().map_or(0, Vec::len);
        let Some(next) = page["paging"]["next"].as_str().map(str::to_owned) else { break };
        page = scene.client.get(next).bearer_auth("t").send().await?.json().await?;
    }
    assert_eq!(seen, all);
    assert_eq!(list(&scene, "after=nonsense").await?["error"]["code"], 131_059);
    Ok(())
}

#[tokio::test]
async fn what_is_decided_of_a_template_is_told_and_done() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let send = message("template", &json!({ "name": "hello_world", "language": { "code": "en_US" } }));
    for (event, code) in [("PAUSED", 132_015), ("DISABLED", 132_016), ("REJECTED", 132_001)] {
        let change = TemplateChange { event: Some(event.to_owned()), ..change("hello_world") };
        scene.simulator.change_template(change).await?;
        let error: Value = scene.send(&send).await?.json().await?;
        assert_eq!(error["error"]["code"], code);
    }
    let other = TemplateChange {
        event: Some("REINSTATED".to_owned()),
        quality: Some(Quality::Red),
        category: Some(Category::Marketing),
        category_soon: Some(Category::Utility),
        components: Some(vec![json!({ "type": "BODY", "text": "New words" })]),
        ..change("hello_world")
    };
    let statuses = scene.simulator.change_template(other).await?;
    assert_eq!(statuses.len(), 5);
    assert_eq!(scene.send(&send).await?.status(), 200);
    let told = told(&scene);
    let fields: Vec<_> = told[3..].iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "message_template_status_update",
            "message_template_quality_update",
            "template_category_update",
            "template_category_update",
            "message_template_components_update",
        ]
    );
    assert_eq!(told[4].1["new_quality_score"], "RED");
    assert_eq!(told[5].1["previous_category"], "UTILITY");
    assert_eq!(told[7].1["message_template_element"], "New words");
    Ok(())
}

#[tokio::test]
async fn templates_are_put_and_changed_over_http_and_unpaused() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let put = json!({ "waba": WABA, "name": "mine", "language": "vi", "category": "UTILITY", "status": "PAUSED",
        "components": [{ "type": "BODY", "text": "Xin chào" }] });
    let answer: Value = scene.post("/control/templates", &put).send().await?.error_for_status()?.json().await?;
    let path = format!("/v25.0/{}/unpause", answer["id"].as_str().unwrap_or_default());
    assert_eq!(scene.post(&path, &json!({})).bearer_auth("t").send().await?.status(), 200);
    assert_eq!(scene.post(&path, &json!({})).bearer_auth("t").send().await?.status(), 400);
    let order = json!({ "waba": WABA, "name": "mine", "language": "vi", "event": "FLAGGED" });
    let answer: Value = scene.post("/control/templates/change", &order).send().await?.json().await?;
    assert_eq!(answer["httpStatuses"], json!([200]));
    let missing = json!({ "waba": WABA, "name": "nobody", "language": "vi" });
    assert_eq!(scene.post("/control/templates/change", &missing).send().await?.status(), 422);

    let empty = NewTemplate {
        waba: WABA.to_owned(),
        name: "empty".to_owned(),
        language: "vi".to_owned(),
        category: Category::Utility,
        status: Status::Approved,
        components: Vec::new(),
    };
    assert!(scene.simulator.put_template(empty).is_err());
    Ok(())
}

#[tokio::test]
async fn news_of_a_business_comes_by_its_short_name() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let news = [
        ("restriction", "account_update"),
        ("violation", "account_update"),
        ("disabled", "account_update"),
        ("capability", "business_capability_update"),
        ("throughputUpgrade", "phone_number_quality_update"),
        ("nameRejected", "phone_number_name_update"),
        ("pinChanged", "security"),
        ("alert", "account_alerts"),
        ("flowStatus", "flows"),
        ("history", "history"),
    ];
    for (about, _) in news {
        scene.simulator.account_news(AccountNews::of(NUMBER, about)).await?;
    }
    let order = json!({ "account": NUMBER, "about": "capability",
        "with": { "max_daily_conversations_per_business": -1 } });
    scene.post("/control/account", &order).send().await?.error_for_status()?;

    let told = told(&scene);
    let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields[..10], news.map(|(_, field)| field));
    assert_eq!(told[0].1["event"], "ACCOUNT_RESTRICTION");
    assert!(told[0].1["restriction_info"][0]["expiration"].is_i64());
    assert_eq!(told[10].1["max_daily_conversations_per_business"], -1);
    let unknown = json!({ "account": NUMBER, "about": "weather" });
    assert_eq!(scene.post("/control/account", &unknown).send().await?.status(), 422);
    Ok(())
}
