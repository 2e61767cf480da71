//! Two contacts turn out to be one person: everything of both is one's, and nothing happens twice.

use serde_json::{Value, json};
use shared::domain::consent::Purpose;
use shared::domain::message::Author;
use shared::store::consents;
use sqlx::PgPool;
use tests::conversation::{conversations, count, messages};
use tests::merchant::NewAccount;
use tests::whatsapp::{self, from, from_user};
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

const SECOND_NUMBER: &str = "206540352242922";

/// Two contacts, one known by number and one by id, who talk on two accounts of the merchant.
async fn one_person_as_two(app: &TestApp) -> anyhow::Result<()> {
    app.connect(&NewAccount::whatsapp(SECOND_NUMBER)).await?;
    app.receives([
        from("84901234567").seconds_ago(90).says("by number"),
        from_user("VN.77").seconds_ago(80).says("by id"),
        from_user("VN.77").to_number(SECOND_NUMBER).seconds_ago(70).says("elsewhere"),
    ])
    .await?;
    app.settle().await?;
    anyhow::ensure!(count(&app.db, "contacts").await? == 2, "they are not told apart yet");
    anyhow::ensure!(conversations(&app.db).await?.len() == 3, "each has threads");
    Ok(())
}

/// Name, tags and attributes of a contact.
type Profile = (Option<String>, Vec<String>, Value);

#[sqlx::test(migrator = "MIGRATOR")]
async fn two_contacts_that_are_shown_to_be_one_become_one_with_everything(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    one_person_as_two(&app).await?;
    let of_id = "contact_id = (select contact_id from identities where kind = 'bsuid')";
    for change in [
        "update contacts set tags = '{vip,new}', attributes = '{\"size\": 1, \"hat\": 2}' where id = (select contact_id from identities where kind = 'bsuid')",
        "update contacts set tags = '{new,late}', attributes = '{\"size\": 7}', display_name = 'Lan' where id = (select contact_id from identities where kind = 'phone')",
        "insert into users (id, merchant_id, email, password_hash, role, display_name) select gen_random_uuid(), id, 'a@b.vn', 'x', 'agent', 'A' from merchants",
    ] {
        sqlx::query(change).execute(&app.db).await?;
    }
    let assigned = format!(
        "update conversations set handler = 'human', assignee_id = (select id from users), refs = '{{\"order\": \"12\"}}' where {of_id}"
    );
    sqlx::query(sqlx::AssertSqlSafe(assigned)).execute(&app.db).await?;
    app.receives([from_user("VN.77").seconds_ago(60).says("stop")]).await?;
    app.persist().await?;

    app.receives([from("84901234567").known_as("VN.77").seconds_ago(10).says("both")]).await?;
    app.settle().await?;

    let threads = conversations(&app.db).await?;
    let open: Vec<_> = threads.iter().filter(|thread| thread.status == "open").collect();
    assert_eq!(open.len(), 2, "one on each account: {threads:?}");
    let of_number: (i64, i64, i32, String, Option<Uuid>, Value) = sqlx::query_as(
        "select (select count(*) from messages m where m.conversation_id = c.id), c.message_count, c.unread_count,
                c.handler, c.assignee_id, c.refs
         from conversations c join accounts a on a.id = c.account_id
         where c.status = 'open' and a.external_id = $1",
    )
    .bind(whatsapp::NUMBER)
    .fetch_one(&app.db)
    .await?;
    // Three of the customer's, the word, and its confirmation.
    assert_eq!((of_number.0, of_number.1, of_number.2), (5, 5, 4));
    assert_eq!(of_number.3, "human");
    assert!(of_number.4.is_some(), "who had the thread keeps it");
    assert_eq!(of_number.5, json!({ "order": "12" }));

    let profile: Profile =
        sqlx::query_as("select display_name, tags, attributes from contacts where merged_into is null")
            .fetch_one(&app.db)
            .await?;
    assert_eq!(profile.0.as_deref(), Some("Lan"));
    assert_eq!(profile.1, ["new", "late", "vip"]);
    assert_eq!(profile.2, json!({ "size": 7, "hat": 2 }));
    let (winner, astray): (Uuid, i64) = sqlx::query_as(
        "select w.id, (select count(*) from messages m where m.contact_id <> w.id)
                    + (select count(*) from conversations c where c.contact_id <> w.id)
                    + (select count(*) from identities i where i.contact_id <> w.id)
         from contacts w where w.merged_into is null",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(astray, 0);
    let mut conn = app.context.pool.acquire().await?;
    let withdrawn = consents::withdrawn(&mut conn, &[winner.into()], Purpose::Marketing).await?;
    assert_eq!(withdrawn.len(), 1, "what one of the two took back is taken back");
    let audited: i64 = sqlx::query_scalar("select count(*) from audit_entries where action = 'contact.merged'")
        .fetch_one(&app.db)
        .await?;
    assert_eq!(audited, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_merge_told_by_many_workers_at_once_happens_once_and_loses_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    one_person_as_two(&app).await?;
    let webhooks: Vec<_> = (0..40)
        .map(|n| {
            let customer = match n % 4 {
                0 => from("84901234567").known_as("VN.77"),
                1 => from("84901234567"),
                2 => from_user("VN.77"),
                _ => from_user("VN.77").to_number(SECOND_NUMBER),
            };
            whatsapp::webhook([customer.says(&format!("number {n}"))])
        })
        .collect();
    for webhook in webhooks.iter().chain(&webhooks) {
        app.post(webhook).await?;
    }
    app.persist_with(4).await?;
    app.settle().await?;

    assert_eq!(messages(&app.db).await?.len(), 43);
    let alive: i64 =
        sqlx::query_scalar("select count(*) from contacts where merged_into is null").fetch_one(&app.db).await?;
    assert_eq!(alive, 1);
    let wrong: i64 = sqlx::query_scalar(
        "select count(*) from conversations c
         where c.message_count <> (select count(*) from messages m where m.conversation_id = c.id)
            or exists (select 1 from contacts k where k.id = c.contact_id and k.merged_into is not null)",
    )
    .fetch_one(&app.db)
    .await?;
    assert_eq!(wrong, 0);
    let open: i64 =
        sqlx::query_scalar("select count(*) from conversations where status = 'open'").fetch_one(&app.db).await?;
    assert_eq!(open, 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_message_of_a_merged_contact_that_comes_again_is_still_stored_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let by_id = whatsapp::webhook([from_user("VN.77").seconds_ago(80).says("by id")]);
    app.receives([from("84901234567").seconds_ago(90).says("by number")]).await?;
    app.post(&by_id).await?;
    app.settle().await?;
    app.receives([from("84901234567").known_as("VN.77").says("both")]).await?;
    app.settle().await?;
    app.post(&by_id).await?;
    app.settle().await?;
    assert_eq!(messages(&app.db).await?.len(), 3);
    assert_eq!(conversations(&app.db).await?.iter().filter(|thread| thread.status == "open").count(), 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_waits_to_be_sent_in_a_thread_that_goes_into_another_goes_out_from_there(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").seconds_ago(90).says("by number")]).await?;
    app.settle().await?;
    app.receives([from_user("VN.77").seconds_ago(80).says("by id")]).await?;
    app.settle().await?;
    let of_id = &messages(&app.db).await?[1];
    let (thread, contact) = (of_id.conversation_id.into(), of_id.contact_id.into());
    app.queue_from(app.account, thread, contact, Author::Agent, "an answer").await?;
    app.receives([from("84901234567").known_as("VN.77").says("both")]).await?;
    app.persist().await?;
    app.wake_sender().await?;
    app.settle().await?;

    let sent = app.platform.received();
    assert_eq!(sent.len(), 1);
    let stored = messages(&app.db).await?;
    assert!(stored.iter().all(|message| message.conversation_id == stored[0].conversation_id));
    app.stop().await
}
