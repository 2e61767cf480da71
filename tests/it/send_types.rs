//! Every type that can be sent: documented, taken by the API, sent, and checked by a platform whose
//! rules are not Loa's own code.

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::UserId;
use shared::domain::message::{Author, Content, limits};
use shared::domain::user::UserRole;
use simulator::validate_whatsapp_send;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser};
use tests::conversation::{self, messages};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp, repository};

/// The message that the examples of the page react to.
const OF_THE_CUSTOMER: &str = "wamid.of-the-customer";

/// The requests on the page, each with the heading above it.
fn documented() -> anyhow::Result<Vec<(String, Value)>> {
    let page = std::fs::read_to_string(repository::root().join("docs/en/messages.md"))?;
    let (mut found, mut heading, mut block) = (Vec::new(), String::new(), None::<String>);
    for line in page.lines() {
        match (&mut block, line) {
            (None, "```json") => block = Some(String::new()),
            (Some(text), "```") => {
                found.push((heading.clone(), serde_json::from_str(text)?));
                block = None;
            }
            (Some(text), line) => *text += line,
            (None, line) => {
                if let Some(title) = line.strip_prefix("## ") {
                    title.clone_into(&mut heading);
                }
            }
        }
    }
    Ok(found)
}

/// Posts while the sender is woken again and again.
async fn post_and_send(
    app: &TestApp,
    api: &TestApi,
    user: &TestUser,
    path: &str,
    body: &Value,
) -> anyhow::Result<Answer> {
    let is_answered = Cell::new(false);
    let post = async {
        let answer = api.post(path, user, body).await;
        is_answered.set(true);
        answer
    };
    let serve = async {
        while !is_answered.get() {
            app.wake_sender().await?;
            app.send().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    let (answer, served) = tokio::join!(post, serve);
    served?;
    answer
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_documented_request_is_sent_and_found_right_by_the_platform(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let api = TestApi::beside(&app).await?;
    app.receives([from("84901234567").says_as(OF_THE_CUSTOMER, "hello")]).await?;
    app.settle().await?;
    let (_, thread, _) = conversation::open_thread(&app.db).await?;
    let user = api.token(UserId::new(), app.merchant.id, UserRole::Owner).await?;
    let path = format!("/api/v1/whatsapp/conversations/{thread}/messages");

    let mut kinds = std::collections::BTreeSet::new();
    for (heading, request) in documented()? {
        app.forget_pairs().await?;
        let before = app.platform.received().len();
        let answer = post_and_send(&app, &api, &user, &path, &request).await?;
        let sent = answer.data()?["messages"].as_array().cloned().unwrap_or_default();
        let received = app.platform.received().split_off(before);
        assert_eq!(received.len(), sent.len(), "{heading}: {request}");
        for (message, received) in sent.iter().zip(received) {
            let body = received.json();
            println!("{heading}: {body}");
            assert_eq!(message["status"], "sent", "{heading}: {message}");
            assert_eq!(validate_whatsapp_send(&body), Ok(()), "{heading}");
            let kind = body["type"].as_str().unwrap_or_default();
            let inner = body[kind]["type"].as_str().unwrap_or_default();
            kinds.insert(format!("{kind} {inner}").trim().to_owned());
        }
    }
    let interactive = [
        "button",
        "carousel",
        "catalog_message",
        "cta_url",
        "flow",
        "list",
        "location_request_message",
        "product",
        "product_list",
    ];
    let mut all: Vec<String> = interactive.map(|kind| format!("interactive {kind}")).into();
    let plain =
        ["audio", "contacts", "document", "image", "location", "reaction", "sticker", "template", "text", "video"];
    all.extend(plain.map(str::to_owned));
    all.sort();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), all, "the page shows every type");
    api.stop().await?;
    app.stop().await
}

fn action(action: &Value) -> Value {
    json!({ "type": "interactive", "body": "b", "action": action })
}

fn buttons(buttons: &Value) -> Value {
    action(&json!({ "type": "buttons", "buttons": buttons }))
}

fn row(id: usize) -> Value {
    json!({ "id": id.to_string(), "title": "t" })
}

fn list(rows: &Value) -> Value {
    action(&json!({ "type": "list", "button": "b", "sections": [{ "rows": rows }] }))
}

fn card(kind: &str) -> Value {
    json!({ "header": { "kind": kind, "source": { "from": "platform", "id": "1" } },
            "action": { "type": "cta_url", "display_text": "d", "url": "https://shop.example" } })
}

fn template(part: &str, value: Value) -> Value {
    let mut template = json!({ "type": "template", "name": "t", "language": "vi" });
    template[part] = value;
    template
}

/// Contents that break one limit each, by one step.
fn broken() -> Vec<Value> {
    let long = |length: usize| "x".repeat(length);
    let file = json!({ "from": "platform", "id": "1" });
    let contact = json!({ "name": { "formatted_name": "An", "first_name": "An" } });
    let many = |count: usize, one: &Value| Value::from(vec![one.clone(); count]);
    let product = json!({ "title": "t", "product_retailer_ids": vec!["p"; 31] });
    let quick_reply = |index: usize| json!({ "index": index, "value": { "type": "quick_reply", "payload": "p" } });
    vec![
        json!({ "type": "text", "body": long(4097) }),
        json!({ "type": "image", "source": file, "caption": long(1025) }),
        json!({ "type": "sticker", "source": file, "caption": "c" }),
        json!({ "type": "location", "latitude": 90.1, "longitude": 0.0 }),
        json!({ "type": "contacts", "cards": many(258, &contact) }),
        json!({ "type": "contacts", "cards": [{ "name": { "formatted_name": "An" } }] }),
        json!({ "type": "reaction", "message_id": "wamid.1", "emoji": "ok" }),
        buttons(&json!([])),
        buttons(&(0..4).map(|n| json!({ "id": n.to_string(), "title": n.to_string() })).collect()),
        buttons(&json!([{ "id": "1", "title": long(21) }])),
        buttons(&json!([{ "id": long(257), "title": "t" }])),
        buttons(&json!([{ "id": "1", "title": "a" }, { "id": "1", "title": "b" }])),
        buttons(&json!([{ "id": "1", "title": "a" }, { "id": "2", "title": "a" }])),
        list(&(0..11).map(row).collect()),
        list(&json!([{ "id": long(201), "title": "t" }])),
        list(&json!([{ "id": "1", "title": long(25) }])),
        list(&json!([{ "id": "1", "title": "t", "description": long(73) }])),
        action(&json!({ "type": "list", "button": long(21), "sections": [{ "rows": [row(1)] }] })),
        action(&json!({ "type": "list", "button": "b", "sections": [{ "rows": [row(1)] }, { "rows": [row(2)] }] })),
        action(&json!({ "type": "cta_url", "display_text": long(21), "url": "https://shop.example" })),
        action(&json!({ "type": "cta_url", "display_text": "d", "url": "shop.example" })),
        action(&json!({ "type": "carousel", "cards": [card("image")] })),
        action(&json!({ "type": "carousel", "cards": many(11, &card("image")) })),
        action(&json!({ "type": "carousel", "cards": [card("image"), card("video")] })),
        action(&json!({ "type": "product_list", "catalog_id": "c", "sections": [product] })),
        template("name", json!(long(513))),
        template("body", json!([{ "kind": "text", "text": "a\nb" }])),
        template("body", json!([{ "kind": "text", "text": "" }])),
        template("buttons", json!([quick_reply(10)])),
        template("buttons", json!([quick_reply(0), quick_reply(0)])),
        template("buttons", json!([{ "index": 0, "value": { "type": "copy_code", "code": long(21) } }])),
    ]
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_loa_refuses_the_platform_would_have_refused(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let (account, thread, contact) = conversation::open_thread(&app.db).await?;
    let broken = broken();
    for content in &broken {
        let content: Content = serde_json::from_value(content.clone())?;
        assert!(limits::check(Channel::WhatsApp, &content).is_err(), "{content:?}");
        // As though nobody had checked.
        app.queue_content_from(account, thread, contact, Author::Agent, &content).await?;
    }
    app.wake_sender().await?;
    app.settle().await?;

    let stored = messages(&app.db).await?;
    let sent: Vec<_> = stored.iter().filter(|message| message.direction == "outbound").collect();
    assert_eq!(sent.len(), broken.len());
    let mut taken = Vec::new();
    for (message, content) in sent.iter().zip(&broken) {
        let code = message.error.as_ref().map_or(Value::Null, |error| error["code"].clone());
        let begin: String = content.to_string().chars().take(110).collect();
        println!("{code}: {begin}");
        if message.status != "failed" || ![100, 131_008, 131_009, 132_008].contains(&code.as_i64().unwrap_or(0)) {
            taken.push(format!("{} {code}: {begin}", message.status));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
    app.stop().await
}
