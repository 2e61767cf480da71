//! A flow from the customer's webhook to the platform, and the same by the engine alone.

use serde_json::{Map, Value, json};
use shared::domain::ids::{FlowId, UserId};
use shared::domain::message::Direction;
use shared::domain::user::UserRole;
use shared::store::messages::history::Message;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::api::flows::FLOWS;
use tests::conversation::{history, open_thread};
use tests::talk::{Shelf, Talk, lines, world};
use tests::whatsapp::{from, wamid};
use tests::{MIGRATOR, TestApp};

const LINH: &str = "84901234567";

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_says_by_webhook_what_it_says_in_simulation(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("Welcome", &document()).await?;

    app.receives([from(LINH).says("Xin chào")]).await?;
    app.settle().await?;
    app.receives([from(LINH).sends(&tap("order", "An order"))]).await?;
    app.settle().await?;
    let waiting: i64 = sqlx::query_scalar("select count(*) from waits where due > now()").fetch_one(&app.db).await?;
    assert_eq!(waiting, 1, "it waits");
    app.waits_are_over().await?;
    app.settle().await?;

    let said: Vec<String> = history(&app)
        .await?
        .iter()
        .filter(|message| message.direction.as_str() == "outbound")
        .filter_map(|message| Some(format!("loa: {}", lines::words(message.content.as_ref()?))))
        .collect();
    assert_eq!(said.len(), 4, "{said:?}");
    assert_eq!(said, played_by_the_engine(&app, flow).await?);
    assert_eq!(texts(&app).await?, simulated(&app, flow).await?);
    assert_eq!(app.platform.received_to(&format!("+{LINH}")).len(), said.len(), "each was sent once");

    let (handler, sessions): (String, i64) =
        sqlx::query_as("select handler, (select count(*) from flow_sessions) from conversations")
            .fetch_one(&app.db)
            .await?;
    assert_eq!((handler.as_str(), sessions), ("human", 0), "a person has it, and the flow is over");
    app.receives([from(LINH).says("Are you there?")]).await?;
    app.settle().await?;
    assert_eq!(app.platform.received_to(&format!("+{LINH}")).len(), said.len(), "the flow stands aside");
    app.stop().await
}

/// The texts that the customer got.
async fn texts(app: &TestApp) -> anyhow::Result<Vec<String>> {
    let outbound = |message: &Message| message.direction == Direction::Outbound;
    let said = history(app).await?.into_iter().filter(outbound).filter_map(|message| message.content);
    Ok(said.filter_map(|content| content.text().map(str::to_owned)).collect())
}

/// What the API's simulation says to the same contact, and that it leaves nothing behind.
async fn simulated(app: &TestApp, flow: FlowId) -> anyhow::Result<Vec<String>> {
    let (_, _, contact) = open_thread(&app.db).await?;
    let sent = app.platform.received().len();
    let api = TestApi::beside(app).await?;
    let owner = api.token(UserId::new(), app.merchant.id, UserRole::Owner).await?;
    let play = json!({
        "channel": "whatsapp",
        "contact": { "id": contact, "name": "Customer" },
        "events": [{ "tap": "order" }, { "pass": 60 }],
    });
    let played = api.post(&format!("{FLOWS}/{flow}/simulate"), &owner, &play).await?;
    let steps = played.data()?["steps"].as_array().cloned().unwrap_or_default();
    assert_eq!(steps.last().map(|step| &step["ended"]["how"]), Some(&json!("handed_off")), "{}", played.text);
    let messages = steps.iter().flat_map(|step| step["messages"].as_array().into_iter().flatten());
    let said = messages.filter_map(|message| message["content"].as_str().map(str::to_owned)).collect();
    api.stop().await?;
    assert_eq!(app.platform.received().len(), sent, "nobody is sent anything");
    Ok(said)
}

/// What the engine alone says to the same contact.
async fn played_by_the_engine(app: &TestApp, flow: FlowId) -> anyhow::Result<Vec<String>> {
    let (_, _, contact) = open_thread(&app.db).await?;
    let mut shelf = Shelf::default();
    shelf.put(flow, &serde_json::from_value(document())?)?;
    let mut world = world()?;
    // The arm of a split goes by who the contact is.
    world.contact.id = Some(contact);
    world.contact.name = Some("Customer".to_owned());
    world.contact.attributes = Map::new();
    let mut talk = Talk::begin_in(&shelf, flow, world, Map::new())?;
    let mut said = talk.lines();
    for line in ["customer taps: order", "time passes"] {
        talk.happens(line)?;
        said.extend(talk.lines());
    }
    assert_eq!(said.last().map(String::as_str), Some("ends: handed off"));
    said.retain(|line| line.starts_with("loa: "));
    Ok(said)
}

fn document() -> Value {
    let say = |id: &str, body: &str| {
        let message = json!({ "type": "text", "body": body });
        json!({ "id": id, "type": "send_message", "config": { "message": message } })
    };
    let edge = |from: &str, outlet: &str, to: &str| json!({ "from": from, "outlet": outlet, "to": to });
    let gold = json!({ "field": "attributes.tier", "operator": "eq", "value": "gold" });
    json!({
        "language": "en",
        "triggers": [{ "type": "contact_created" }],
        "nodes": [
            { "id": "hello", "type": "ask", "config": {
                "message": { "type": "text", "body": "Welcome to us! What is it about?" },
                "answer": { "type": "choice", "choices": [
                    { "id": "order", "title": "An order" }, { "id": "person", "title": "A person" },
                ] },
                "variable": "about",
            } },
            { "id": "tier", "type": "condition", "config": { "branches": [{ "name": "gold", "when": gold }] } },
            say("golden", "Welcome back."),
            { "id": "split", "type": "ab_split", "config": {
                "arms": [{ "name": "long", "weight": 1 }, { "name": "short", "weight": 1 }],
            } },
            say("long", "You chose {{variables.about}}. We look for it, and are back with you in a minute."),
            say("short", "One minute for your {{variables.about}}."),
            { "id": "minute", "type": "wait", "config": { "duration": 60 } },
            say("back", "Here we are again."),
            { "id": "person", "type": "handoff", "config": { "note": "About: {{variables.about}}", "message": "A person takes over." } },
        ],
        "edges": [
            edge("hello", "answered", "tier"), edge("hello", "failed", "person"),
            edge("tier", "gold", "golden"), edge("tier", "else", "split"), edge("golden", "next", "split"),
            edge("split", "long", "long"), edge("split", "short", "short"),
            edge("long", "next", "minute"), edge("short", "next", "minute"),
            edge("minute", "next", "back"), edge("back", "next", "person"),
        ],
    })
}

fn tap(id: &str, title: &str) -> Value {
    json!({ "id": wamid(), "type": "interactive", "interactive": {
        "type": "button_reply", "button_reply": { "id": id, "title": title },
    } })
}
