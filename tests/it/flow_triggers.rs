//! What starts flows, and which of several.

use serde_json::json;
use shared::flow::event::Happening;
use shared::store::flows::happenings;
use sqlx::PgPool;
use tests::flows::{asks, chain, on_word, says};
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const MAI: &str = "84901234567";

#[sqlx::test(migrator = "MIGRATOR")]
async fn only_a_trigger_that_says_so_interrupts_a_flow_under_way(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes =
        [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks, {{ variables.name }}."))];
    let names = app.publish("names", &on_word("hi", &nodes)).await?;
    app.publish("prices", &on_word("prices", &[("prices", "send_message", says("All is free."))])).await?;
    let trigger = json!({ "type": "keyword", "config": { "words": ["menu"] }, "interrupts": true });
    app.publish("menu", &chain(trigger, &[("menu", "send_message", says("Here is the menu."))])).await?;

    for words in ["hi", "prices", "hi", "menu"] {
        app.receives([from(MAI).says(words)]).await?;
        app.settle().await?;
    }
    let said = app.said_to("+84901234567");
    assert_eq!(said, ["Your name?", "Thanks, prices.", "Your name?", "Here is the menu."]);
    let figures = app.figures(names).await?;
    assert!(figures.iter().any(|(_, passage, _, total)| passage == "interrupted" && *total == 1), "{figures:?}");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn of_several_flows_the_one_of_the_highest_priority_starts(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    for (name, priority) in [("low", 1), ("high", 5), ("middle", 3)] {
        let trigger = json!({ "type": "keyword", "config": { "words": ["hi"] }, "priority": priority });
        app.publish(name, &chain(trigger, &[("say", "send_message", says(name))])).await?;
    }
    app.receives([from(MAI).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["high"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn who_writes_for_the_first_time_starts_what_listens_to_that_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let new = json!({ "type": "contact_created", "config": {}, "priority": 1 });
    app.publish("welcome", &chain(new, &[("say", "send_message", says("Welcome!"))])).await?;
    let opened = json!({ "type": "conversation_opened", "config": {} });
    app.publish("again", &chain(opened, &[("say", "send_message", says("Welcome back!"))])).await?;
    app.receives([from(MAI).seconds_ago(9).says("hello")]).await?;
    app.settle().await?;
    app.receives([from(MAI).seconds_ago(8).says("hello?")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Welcome!"]);

    sqlx::query("update conversations set status = 'closed', closed_at = now()").execute(&app.db).await?;
    app.receives([from(MAI).seconds_ago(2).says("me again")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Welcome!", "Welcome back!"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_goes_through_another_and_comes_back(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let inner =
        chain(json!({ "type": "api" }), &[("name", "ask", asks("Your name?", "name")), ("end", "end", json!({}))]);
    let inner = app.publish("inner", &inner).await?;
    // Not active: it is gone through by others alone.
    sqlx::query("update flows set status = 'inactive' where id = $1").bind(inner.0).execute(&app.db).await?;
    let nodes = [
        ("sub", "start_flow", json!({ "flowId": inner })),
        ("done", "send_message", says("Thanks, {{ variables.name }}.")),
    ];
    app.publish("outer", &on_word("hi", &nodes)).await?;
    for words in ["hi", "Mai"] {
        app.receives([from(MAI).says(words)]).await?;
        app.settle().await?;
    }
    assert_eq!(app.said_to("+84901234567"), ["Your name?", "Thanks, Mai."]);
    let figures = app.figures(inner).await?;
    assert!(
        figures
            .iter()
            .any(|(node, passage, _, total)| (node.as_str(), passage.as_str(), *total) == ("name", "entered", 1))
    );
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_tag_that_somebody_gives_starts_what_listens_to_it_and_nothing_starts_itself(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.receives([from(MAI).says("hello")]).await?;
    app.settle().await?;
    let contact: Uuid = sqlx::query_scalar("select id from contacts").fetch_one(&app.db).await?;
    let tell = async |tag: &str| -> anyhow::Result<usize> {
        let happened = [Happening::TagAdded { tag: tag.to_owned() }];
        let mut transaction = app.context.pool.begin().await?;
        let keyring = &app.context.keyring;
        let told = happenings::tell(&mut transaction, keyring, app.merchant.id, contact.into(), &happened).await?;
        transaction.commit().await?;
        let wakes = told.iter().map(|id| shared::events::wake::WakeConversation { conversation_id: *id });
        app.context.publisher().wake(shared::broker::Queue::Flow, wakes).await?;
        app.settle().await?;
        Ok(told.len())
    };
    assert_eq!(tell("vip").await?, 0, "nobody listens");

    let listens = |tag: &str| json!({ "type": "tag_added", "config": { "tags": [tag] } });
    let first = [("say", "send_message", says("You are a VIP.")), ("tag", "add_tag", json!({ "tag": "gold" }))];
    app.publish("vip", &chain(listens("vip"), &first)).await?;
    let second = [
        ("say", "send_message", says("Gold!")),
        ("off", "remove_tag", json!({ "tag": "vip" })),
        ("on", "add_tag", json!({ "tag": "vip" })),
    ];
    app.publish("gold", &chain(listens("gold"), &second)).await?;
    assert_eq!(tell("vip").await?, 1);
    assert_eq!(app.said_to("+84901234567"), ["You are a VIP."], "what a happening began starts nothing");
    let tags: Vec<String> = sqlx::query_scalar("select unnest(tags) from contacts").fetch_all(&app.db).await?;
    assert_eq!(tags, ["gold"]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_tag_that_a_flow_gives_upon_a_message_starts_what_listens_to_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.publish("join", &on_word("join", &[("tag", "add_tag", json!({ "tag": "member" }))])).await?;
    let trigger = json!({ "type": "tag_added", "config": { "tags": ["member"] } });
    app.publish("members", &chain(trigger, &[("say", "send_message", says("Welcome to the club."))])).await?;
    app.receives([from(MAI).says("join")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Welcome to the club."]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_works_on_the_accounts_that_it_names(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let other = "206540352242922";
    let second = tests::merchant::NewAccount { auto_reply: true, ..tests::merchant::NewAccount::whatsapp(other) };
    let second = app.connect(&second).await?;
    let flow = app.publish("hello", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    sqlx::query("update flows set account_ids = array[$1] where id = $2")
        .bind(second.0)
        .bind(flow.0)
        .execute(&app.db)
        .await?;
    app.receives([from(MAI).says("hi"), from("84907654321").to_number(other).says("hi")]).await?;
    app.settle().await?;
    assert!(app.said_to("+84901234567").is_empty());
    assert_eq!(app.said_to("+84907654321"), ["Hi."]);
    app.stop().await
}
