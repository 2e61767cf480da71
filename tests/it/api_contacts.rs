//! Contacts: whom a merchant writes with, and what is known of them.

use chrono::TimeDelta;
use http::Method;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::ContactId;
use shared::domain::user::UserRole;
use sqlx::PgPool;
use tests::api::{Answer, TestApi, TestUser};

const CONTACTS: &str = "/api/v1/whatsapp/contacts";

async fn put(app: &TestApi, path: &str, user: &TestUser, body: &Value) -> anyhow::Result<Answer> {
    app.ask(Method::PUT, path, Some(user), Some(body)).await
}

async fn create(app: &TestApi, owner: &TestUser, body: &Value) -> anyhow::Result<Value> {
    Ok(app.post(CONTACTS, owner, body).await?.data()?.clone())
}

async fn actions(app: &TestApi) -> anyhow::Result<Vec<String>> {
    let actions = "select action from audit_entries where entity = 'contact' order by id";
    Ok(sqlx::query_scalar(actions).fetch_all(&app.pool).await?)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_contact_is_found_by_its_id_and_by_its_number(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    for path in [
        format!("{CONTACTS}/84901234567"),
        format!("{CONTACTS}/%2B84901234567"),
        format!("{CONTACTS}/{}", thread.contact_id),
        format!("/api/v1/channels/whatsapp/contacts/{}", thread.contact_id),
    ] {
        let found = app.get(&path, &owner).await?;
        let contact = found.data()?;
        assert_eq!(contact["id"], json!(thread.contact_id), "{path}");
        assert_eq!(
            (&contact["waId"], &contact["accountId"], &contact["conversationCount"], &contact["tags"]),
            (&json!("84901234567"), &json!(thread.account_id), &json!(1), &json!(["vip"]))
        );
        assert_eq!(contact["identities"], json!([{ "kind": "phone", "value": "84901234567", "accountId": null }]));
        assert_eq!((&contact["optedIn"], &contact["consents"]["ai"]["state"]), (&json!(false), &json!("none")));
    }
    for path in
        [format!("{CONTACTS}/84999999999"), format!("{CONTACTS}/{}", ContactId::new()), format!("{CONTACTS}/a%00b")]
    {
        assert_eq!(app.get(&path, &owner).await?.failure()?, (404, "NOT_FOUND"), "{path}");
    }
    let other_channel = format!("/api/v1/channels/x/contacts/{}", thread.contact_id);
    assert_eq!(app.get(&other_channel, &owner).await?.failure()?.0, 404);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_contact_is_made_changed_and_put_back_as_it_was_got(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let new = json!({
        "waId": "+84901234567", "displayName": "Nguyễn Văn An", "email": "an@example.com", "locale": "vi",
        "timezone": "Asia/Ho_Chi_Minh", "tags": ["new"], "attributes": { "purchaseCount": 5 },
    });
    let made = create(&app, &owner, &new).await?;
    assert_eq!((&made["waId"], &made["source"]), (&json!("84901234567"), &json!("api")));
    assert_eq!(app.post(CONTACTS, &owner, &new).await?.failure()?, (409, "CONFLICT"));

    let path = format!("{CONTACTS}/{}", made["id"].as_str().unwrap());
    let change = json!({ "displayName": "An (VIP)", "email": null, "attributes": { "preferredLanguage": "vi" } });
    let changed = put(&app, &path, &owner, &change).await?;
    let changed = changed.data()?;
    assert_eq!((&changed["displayName"], &changed["email"]), (&json!("An (VIP)"), &Value::Null));
    assert_eq!(changed["attributes"], json!({ "purchaseCount": 5, "preferredLanguage": "vi" }));
    assert_eq!(changed["locale"], "vi");

    let got = app.get(&path, &owner).await?.data()?.clone();
    assert_eq!(put(&app, &path, &owner, &got).await?.data()?, &got);
    // What changes nothing is no change.
    assert_eq!(actions(&app).await?, ["contact.created", "contact.updated"]);
    let told: Value = sqlx::query_scalar("select after from audit_entries where action = 'contact.updated'")
        .fetch_one(&app.pool)
        .await?;
    assert_eq!(told["changed"], json!(["displayName", "email", "attributes.preferredLanguage"]));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn everything_that_is_wrong_with_a_contact_is_told_at_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let wrong = json!({ "waId": "12", "email": "nobody", "tags": ["a,b"], "attributes": { "": 1 }, "locale": "x" });
    let answer = app.post(CONTACTS, &owner, &wrong).await?;
    assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"));
    let mut fields: Vec<&str> =
        answer.body["details"].as_array().unwrap().iter().filter_map(|one| one["field"].as_str()).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["attributes.", "email", "locale", "tags[0]", "waId"]);
    let misspelt = app.post(CONTACTS, &owner, &json!({ "waId": "84901234567", "nmae": "x" })).await?;
    assert_eq!(misspelt.problem(), ("nmae", "is not a field of this request"));
    let on_x = app.post("/api/v1/channels/x/contacts", &owner, &json!({ "twitterUserId": "77" })).await?;
    assert_eq!(on_x.problem().0, "accountId");
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_contact_of_x_belongs_to_an_account(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::X, "3003").await?;
    let path = "/api/v1/channels/x/contacts";
    let body = json!({ "twitterUserId": "77", "accountId": account });
    let made = app.post(path, &owner, &body).await?;
    assert_eq!(made.data()?["twitterUserId"], "77");
    assert_eq!(app.get(&format!("{path}/77"), &owner).await?.data()?["id"], made.data()?["id"]);
    let stranger = app.merchant().await?;
    let elsewhere = app.post(path, &stranger, &body).await?;
    assert_eq!(elsewhere.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn tags_are_replaced_added_and_removed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.whatsapp_thread(&owner).await?;
    let path = format!("{CONTACTS}/84901234567/tags");
    let replaced = put(&app, &path, &owner, &json!({ "tags": ["gold", " gold ", "new"] })).await?;
    assert_eq!(replaced.data()?["tags"], json!(["gold", "new"]));
    let added = app.post(&path, &owner, &json!({ "tags": ["new", "Khách hàng quay lại"] })).await?;
    assert_eq!(added.data()?["tags"], json!(["gold", "new", "Khách hàng quay lại"]));
    for tag in ["Kh%C3%A1ch%20h%C3%A0ng%20quay%20l%E1%BA%A1i", "gold", "gold"] {
        let removed = app.ask(Method::DELETE, &format!("{path}/{tag}"), Some(&owner), None).await?;
        removed.data()?;
    }
    assert_eq!(app.get(&format!("{CONTACTS}/84901234567"), &owner).await?.data()?["tags"], json!(["new"]));
    assert_eq!(actions(&app).await?, ["contact.tagged"; 4]);

    let viewer = app.colleague(&owner, UserRole::Viewer).await?;
    assert_eq!(put(&app, &path, &viewer, &json!({ "tags": [] })).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn attributes_are_merged_and_null_removes_one(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.whatsapp_thread(&owner).await?;
    let path = format!("{CONTACTS}/84901234567/attributes");
    put(&app, &path, &owner, &json!({ "attributes": { "purchaseCount": 5, "totalSpent": 1_250_000 } })).await?;
    let changed =
        put(&app, &path, &owner, &json!({ "attributes": { "purchaseCount": 6, "totalSpent": null } })).await?;
    assert_eq!(changed.data()?["attributes"], json!({ "purchaseCount": 6 }));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn consent_is_a_history_whose_latest_word_holds(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    app.whatsapp_thread(&owner).await?;
    let path = format!("{CONTACTS}/84901234567/opt-in");
    let granted =
        json!({ "optedIn": true, "purposes": ["marketing", "ai"], "proof": "ticked at the till", "source": "form" });
    let told = put(&app, &path, &owner, &granted).await?;
    assert_eq!(told.data()?["optedIn"], true);
    assert_eq!(told.data()?["consents"]["ai"]["state"], "granted");
    let withdrawn = put(&app, &path, &owner, &json!({ "optedIn": false })).await?;
    assert_eq!(withdrawn.data()?["consents"]["marketing"]["state"], "withdrawn");
    // Said before the withdrawal, though told after it: it takes nothing back.
    let before = json!({ "optedIn": true, "at": clock::now() - TimeDelta::days(2), "proof": "an old form" });
    assert_eq!(put(&app, &path, &owner, &before).await?.data()?["optedIn"], false);

    let history = app.get(&format!("{CONTACTS}/84901234567/consents?purpose=marketing"), &owner).await?;
    let said: Vec<(bool, Option<&str>)> =
        history.data()?.as_array().unwrap().iter().map(|one| (one["granted"] == true, one["proof"].as_str())).collect();
    assert_eq!(said, [(false, None), (true, Some("ticked at the till")), (true, Some("an old form"))]);
    assert_eq!(history.body["pagination"]["total"], 3);

    let wrong =
        json!({ "optedIn": true, "purposes": [], "source": "keyword", "at": clock::now() + TimeDelta::days(1) });
    let refused = put(&app, &path, &owner, &wrong).await?;
    let fields: Vec<_> = refused.body["details"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
    assert_eq!(fields, ["purposes", "source", "at"]);
    assert_eq!(app.count("select count(*) from consents").await?, 4);
    assert_eq!(actions(&app).await?, ["contact.consent"; 3]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn two_contacts_become_one_with_all_that_is_theirs(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let stays = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, stays, 2).await?;
    let page = app.account(&owner, Channel::Messenger, "4004").await?;
    let body = json!({ "psid": "555", "accountId": page, "tags": ["from-page"], "email": "an@example.com" });
    let goes = app.post("/api/v1/channels/messenger/contacts", &owner, &body).await?.data()?["id"].clone();

    let path = format!("{CONTACTS}/{}/merge", stays.contact_id);
    let agent = app.colleague(&owner, UserRole::Agent).await?;
    assert_eq!(app.post(&path, &agent, &json!({ "contactId": goes })).await?.failure()?.0, 403);
    let merged = app.post(&path, &owner, &json!({ "contactId": goes })).await?;
    let one = merged.data()?;
    assert_eq!((&one["psid"], &one["email"]), (&json!("555"), &json!("an@example.com")));
    assert_eq!(one["tags"], json!(["vip", "from-page"]));

    // Whichever id and channel it is asked by, it is the one.
    let gone = goes.as_str().unwrap();
    for path in [format!("{CONTACTS}/{gone}"), "/api/v1/channels/messenger/contacts/555".to_owned()] {
        assert_eq!(app.get(&path, &owner).await?.data()?["id"], json!(stays.contact_id), "{path}");
    }
    assert_eq!(app.post(&path, &owner, &json!({ "contactId": goes })).await?.problem().0, "contactId");
    let by: String = sqlx::query_scalar("select actor_kind from audit_entries where action = 'contact.merged'")
        .fetch_one(&app.pool)
        .await?;
    assert_eq!(by, "user");
    let listed = app.get("/api/v1/channels/messenger/contacts", &owner).await?;
    assert_eq!((listed.data()?.as_array().unwrap().len(), &listed.body["pagination"]["total"]), (1, &json!(1)));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_contacts_conversations_are_listed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    let path = format!("{CONTACTS}/84901234567/conversations");
    let listed = app.get(&path, &owner).await?;
    let [one] = &listed.data()?.as_array().unwrap()[..] else { panic!("{}", listed.text) };
    assert_eq!((&one["id"], &one["contactId"]), (&json!(thread.id), &json!(thread.contact_id)));
    assert_eq!(listed.body["pagination"]["total"], 1);
    assert_eq!(app.get(&format!("{path}?status=closed"), &owner).await?.data()?, &json!([]));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn how_a_contact_and_the_merchant_write_is_judged_by_their_messages(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 3).await?;
    let answer =
        "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                                        status, written_at)
                  select $1, merchant_id, account_id, conversation_id, contact_id, 'outbound', 'agent', 'text', 'sent',
                         written_at + interval '330 seconds'
                  from messages order by id desc limit 1";
    sqlx::query(answer).bind(shared::domain::ids::MessageId::new().0).execute(&app.pool).await?;
    let contact = app.get(&format!("{CONTACTS}/84901234567"), &owner).await?;
    let told = json!({ "messagesSent": 1, "messagesReceived": 3, "averageResponseTime": "5m 30s" });
    assert_eq!(contact.data()?["engagement"], told);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn another_merchants_contact_is_not_there(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    let thread = app.whatsapp_thread(&owner).await?;
    let own = create(&app, &stranger, &json!({ "waId": "84907654321" })).await?;
    let path = format!("{CONTACTS}/{}", thread.contact_id);
    let consent = json!({ "optedIn": true });
    let answers = [
        app.get(&path, &stranger).await?,
        app.get(&format!("{CONTACTS}/84901234567"), &stranger).await?,
        app.get(&format!("{path}/consents"), &stranger).await?,
        app.get(&format!("{path}/conversations"), &stranger).await?,
        put(&app, &path, &stranger, &json!({ "displayName": "mine" })).await?,
        put(&app, &format!("{path}/tags"), &stranger, &json!({ "tags": [] })).await?,
        put(&app, &format!("{path}/attributes"), &stranger, &json!({ "attributes": {} })).await?,
        put(&app, &format!("{path}/opt-in"), &stranger, &consent).await?,
        app.post(&format!("{path}/merge"), &stranger, &json!({ "contactId": own["id"] })).await?,
        app.post(
            &format!("{CONTACTS}/{}/merge", own["id"].as_str().unwrap()),
            &stranger,
            &json!({ "contactId": thread.contact_id }),
        )
        .await?,
    ];
    for answer in answers {
        assert_eq!(answer.failure()?, (404, "NOT_FOUND"));
    }
    app.stop().await
}
