//! Templates: what is sent is held against what the platform knows.
#![expect(clippy::needless_pass_by_value, reason = "builders of JSON read better without ampersands")]

use serde_json::{Value, json};
use simulator::Behaviour;

use crate::scene::{Scene, later, message};

fn template(name: &str, components: Value) -> Value {
    message("template", &json!({ "name": name, "language": { "code": "en_US" }, "components": components }))
}

fn texts(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| json!({ "type": "text", "text": text })).collect()
}

fn named(name: &str, text: &str) -> Value {
    json!({ "type": "text", "parameter_name": name, "text": text })
}

fn header(texts_given: &[&str]) -> Value {
    json!({ "type": "header", "parameters": texts(texts_given) })
}

fn body(parameters: Vec<Value>) -> Value {
    json!({ "type": "body", "parameters": parameters })
}

fn button(kind: &str, index: usize, parameter: Value) -> Value {
    json!({ "type": "button", "sub_type": kind, "index": index.to_string(), "parameters": [parameter] })
}

fn url(index: usize) -> Value {
    button("url", index, json!({ "type": "text", "text": "42" }))
}

fn code(index: usize, code: &str) -> Value {
    button("copy_code", index, json!({ "type": "coupon_code", "coupon_code": code }))
}

fn file(kind: &str) -> Value {
    json!({ "type": "header", "parameters": [{ "type": kind, kind: { "link": "https://shop.example/file" } }] })
}

fn sale() -> Vec<Value> {
    vec![file("image"), body(vec![named("discount", "20%"), named("first_name", "Anh")]), code(2, "SPRING")]
}

fn card(index: usize) -> Value {
    let payload = json!({ "type": "payload", "payload": "more" });
    json!({ "card_index": index, "components": [
        file("image"), body(texts(&["it"])), button("quick_reply", 0, payload), url(1)] })
}

#[tokio::test]
async fn every_kind_of_component_fills_its_place() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { enforce_templates: true, ..later() }).await?;
    let money = json!({ "type": "currency",
        "currency": { "fallback_value": "$1", "code": "USD", "amount_1000": 1000 } });
    let day = json!({ "type": "date_time", "date_time": { "fallback_value": "1 May" } });
    let place = json!({ "type": "location", "location": { "latitude": 1.0, "longitude": 2.0, "name": "Shop" } });
    let offer = json!({ "type": "limited_time_offer", "parameters": [{ "type": "limited_time_offer",
        "limited_time_offer": { "expiration_time_ms": 1_800_000_000_000_i64 } }] });
    let sends = [
        template("hello_world", json!([])),
        template("order_update", json!([header(&["7"]), body(texts(&["Anh", "7"])), url(0)])),
        template("spring_sale", json!(sale())),
        template("invoice", json!([file("document"), body(vec![money, day])])),
        template("store_visit", json!([{ "type": "header", "parameters": [place] }, body(texts(&["nine"]))])),
        template("flash_offer", json!([file("video"), offer, body(texts(&["all"])), code(0, "TODAY"), url(1)])),
        template("new_arrivals", json!([body(texts(&["Anh"])), { "type": "carousel", "cards": [card(0), card(1)] }])),
        template("login_code", json!([body(texts(&["123456"])), url(0)])),
    ];
    for send in &sends {
        let response = scene.send(send).await?;
        let (status, answer) = (response.status(), response.text().await?);
        assert_eq!(status, 200, "{answer} {send}");
    }
    scene.simulator.flush().await;
    let priced: Vec<_> =
        scene.statuses().iter().filter_map(|s| s["pricing"]["category"].as_str().map(str::to_owned)).collect();
    for category in ["marketing", "utility", "authentication"] {
        assert!(priced.contains(&category.to_owned()), "{priced:?}");
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_code_for_it() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { enforce_templates: true, ..later() }).await?;
    let order = |body_texts: &[&str]| json!([header(&["7"]), body(texts(body_texts)), url(0)]);
    let mut unnamed = sale();
    unnamed[1] = body(texts(&["20%", "Anh"]));
    let mut no_code = sale();
    no_code.pop();
    let mut misplaced = sale();
    misplaced[0] = file("video");
    let cases = [
        (404, 132_001, template("nobody_knows", json!([]))),
        (400, 132_000, template("order_update", order(&["Anh"]))),
        (400, 132_000, template("hello_world", json!([body(texts(&["Anh"]))]))),
        (400, 132_005, template("order_update", order(&["Anh", &"a".repeat(1020)]))),
        (400, 132_008, template("order_update", order(&["Anh", "two\nlines"]))),
        (400, 132_012, template("spring_sale", json!(unnamed))),
        (400, 132_012, template("spring_sale", json!(misplaced))),
        (400, 131_008, template("spring_sale", json!(no_code))),
        (400, 131_009, template("spring_sale", json!([code(2, &"a".repeat(21))]))),
        (400, 132_012, template("hello_world", json!([url(0)]))),
        (400, 131_008, template("order_update", json!([header(&["7"]), body(texts(&["Anh", "7"]))]))),
        (
            400,
            132_000,
            template("new_arrivals", json!([body(texts(&["a"])), { "type": "carousel", "cards": [card(0)] }])),
        ),
    ];
    for (status, code, send) in cases {
        let response = scene.send(&send).await?;
        assert_eq!(response.status(), status, "{send}");
        let error: Value = response.json().await?;
        assert_eq!(error["error"]["code"], code, "{send} {error}");
    }
    Ok(())
}

#[tokio::test]
async fn the_marketing_api_takes_marketing_templates_only() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let post = async |mut body: Value, policy: &str| -> anyhow::Result<Option<i64>> {
        body["product_policy"] = json!(policy);
        body["message_activity_sharing"] = json!(true);
        let request = scene.post("/v25.0/106540352242922/marketing_messages", &body).bearer_auth("t");
        Ok(request.send().await?.json::<Value>().await?["error"]["code"].as_i64())
    };
    assert_eq!(post(template("spring_sale", json!(sale())), "STRICT").await?, None);
    assert_eq!(post(template("spring_sale", json!(sale())), "LAX").await?, Some(100));
    assert_eq!(post(template("hello_world", json!([])), "STRICT").await?, Some(131_055));
    assert_eq!(post(message("text", &json!({ "body": "a" })), "STRICT").await?, Some(100));
    scene.simulator.flush().await;
    assert_eq!(scene.statuses()[0]["pricing"]["category"], "marketing_lite");
    Ok(())
}

#[tokio::test]
async fn a_one_time_code_needs_a_number() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let mut send = template("login_code", json!([body(texts(&["123456"])), url(0)]));
    send["recipient"] = json!("VN.1");
    send.as_object_mut().unwrap().remove("to");
    let error: Value = scene.send(&send).await?.json().await?;
    assert_eq!(error["error"]["code"], 131_062);
    Ok(())
}
