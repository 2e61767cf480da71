//! A flow that breaks gives its conversation to a person, tells its author why, and stands in nobody's way.

use serde_json::{Value, json};
use sqlx::PgPool;
use tests::conversation::count;
use tests::flows::{asks, on_word, says};
use tests::whatsapp::{WABA, from};
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const MAI: &str = "84901234567";
const LAN: &str = "84907654321";

async fn failures(app: &TestApp) -> anyhow::Result<Vec<(String, String)>> {
    Ok(sqlx::query_as("select node_id, code from flow_failures order by id").fetch_all(&app.db).await?)
}

async fn handlers(app: &TestApp) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar("select handler from conversations order by handler").fetch_all(&app.db).await?)
}

fn in_circles() -> Value {
    let mut flow = on_word("loop", &[("a", "send_message", says("Round."))]);
    flow["nodes"] = json!([
        { "id": "a", "type": "set_attribute", "config": { "name": "n", "value": 1 } },
        { "id": "b", "type": "jump", "config": { "to": "a" } },
    ]);
    flow["edges"] = json!([{ "from": "a", "to": "b" }]);
    flow
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_flow_that_goes_in_circles_is_stopped_and_others_go_on(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let flow = app.publish("circles", &in_circles()).await?;
    app.publish("hello", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    app.receives([from(MAI).says("loop"), from("84907654321").says("hi")]).await?;
    app.settle().await?;

    assert_eq!(failures(&app).await?.len(), 1);
    assert_eq!(failures(&app).await?[0].1, "too_many_nodes");
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(app.said_to("+84907654321"), ["Hi."]);
    let figures = app.figures(flow).await?;
    assert!(figures.iter().any(|(_, passage, _, total)| passage == "failed" && *total == 1), "{figures:?}");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_that_never_arrives_breaks_the_flow_it_is_of(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).says("hi")]).await?;
    app.persist().await?;
    app.step().await?;
    // The window shuts before it goes.
    sqlx::query("update conversations set last_inbound_at = now() - interval '2 days'").execute(&app.db).await?;
    app.settle().await?;

    assert_eq!(failures(&app).await?, [("name".to_owned(), "send_failed".to_owned())]);
    assert_eq!(handlers(&app).await?, ["human"]);
    assert_eq!(count(&app.db, "flow_sessions").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_session_that_does_not_read_is_set_aside_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let nodes = [("name", "ask", asks("Your name?", "name")), ("done", "send_message", says("Thanks."))];
    app.publish("names", &on_word("hi", &nodes)).await?;
    app.receives([from(MAI).seconds_ago(5).says("hi"), from("84907654321").seconds_ago(5).says("hi")]).await?;
    app.settle().await?;
    let spoil = "update flow_sessions set state = '\\x00ff' where contact_id = (
                     select contact_id from identities where value = $1)";
    sqlx::query(spoil).bind(MAI).execute(&app.db).await?;

    app.receives([from(MAI).says("Mai"), from("84907654321").says("Lan")]).await?;
    app.settle().await?;
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(app.said_to("+84907654321"), ["Your name?", "Thanks."]);
    assert_eq!(failures(&app).await?, [(String::new(), "session_unreadable".to_owned())]);
    for table in ["inbox", "flow_sessions"] {
        assert_eq!(count(&app.db, table).await?, 0, "{table}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_template_that_may_not_be_sent_breaks_the_flow_and_nothing_of_the_turn_is_said(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    let template = json!({ "message": { "type": "template", "templateId": "018f0000-0000-7000-8000-000000000001" } });
    let nodes = [("hello", "send_message", says("Hello.")), ("news", "send_message", template)];
    app.publish("news", &on_word("news", &nodes)).await?;
    app.receives([from(MAI).says("news")]).await?;
    app.settle().await?;
    assert_eq!(failures(&app).await?, [("news".to_owned(), "template_missing".to_owned())]);
    assert_eq!(handlers(&app).await?, ["human"]);
    assert!(app.platform.received().is_empty());
    app.stop().await
}

/// A template that the platform approved, of the merchant's business.
async fn approved(app: &TestApp, name: &str, category: &str) -> anyhow::Result<Uuid> {
    let sql = "insert into templates (id, merchant_id, business_id, name, language, status, category)
               values (gen_random_uuid(), $1, $2, $3, 'en', 'APPROVED', $4) returning id";
    let row = sqlx::query_scalar(sql).bind(app.merchant.id.0).bind(WABA).bind(name).bind(category);
    Ok(row.fetch_one(&app.db).await?)
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_advertisement_of_a_flow_goes_to_those_alone_who_granted_it(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    for (word, category) in [("sale", "MARKETING"), ("order", "UTILITY")] {
        let parts = json!([{ "type": "BODY", "text": "Only today." }]);
        let there = json!({ "waba": WABA, "name": word, "language": "en", "category": category, "components": parts });
        app.platform.put_template(serde_json::from_value(there)?)?;
        let template =
            json!({ "message": { "type": "template", "templateId": approved(&app, word, category).await? } });
        app.publish(word, &on_word(word, &[("send", "send_message", template)])).await?;
    }
    app.receives([from(MAI).seconds_ago(9).says("order"), from(LAN).seconds_ago(9).says("order")]).await?;
    app.settle().await?;
    let grant = "insert into consents (id, merchant_id, contact_id, purpose, granted, source, at)
                 select gen_random_uuid(), merchant_id, contact_id, 'marketing', true, 'form', now()
                 from identities where value = $1";
    sqlx::query(grant).bind(LAN).execute(&app.db).await?;
    app.receives([from(MAI).says("sale"), from(LAN).says("sale")]).await?;
    app.settle().await?;

    let sent = |phone: &str| app.platform.received_to(&format!("+{phone}")).len();
    assert_eq!((sent(MAI), sent(LAN)), (1, 2), "news of an order goes to both, the advertisement to one");
    let error: Value =
        sqlx::query_scalar("select error from messages where status = 'failed'").fetch_one(&app.db).await?;
    assert_eq!(error["code"], "NO_CONSENT");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_conversation_whose_rows_do_not_read_is_set_aside_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.answer_by_flows().await?;
    app.publish("hello", &on_word("hi", &[("hi", "send_message", says("Hi."))])).await?;
    let other = "206540352242922";
    app.connect(&tests::merchant::NewAccount { auto_reply: true, ..tests::merchant::NewAccount::whatsapp(other) })
        .await?;
    sqlx::query("update accounts set settings = '{\"greeting\": 7}' where external_id = $1")
        .bind(other)
        .execute(&app.db)
        .await?;
    app.receives([from(MAI).says("hi"), from("84907654321").to_number(other).says("hi")]).await?;
    app.settle().await?;
    assert_eq!(app.said_to("+84901234567"), ["Hi."]);
    assert_eq!(handlers(&app).await?, ["bot", "human"]);
    assert_eq!(count(&app.db, "inbox").await?, 0);
    app.stop().await
}
