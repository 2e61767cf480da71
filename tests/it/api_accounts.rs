use serde_json::{Value, json};
use shared::channels::credentials::Credentials;
use shared::domain::channel::Channel;
use shared::domain::ids::UserId;
use shared::domain::user::UserRole;
use shared::store::accounts::sender;
use sqlx::PgPool;
use tests::api::{TestApi, as_worker};

const ACCOUNTS: &str = "/api/v1/whatsapp/accounts";

fn number() -> Value {
    json!({
        "phoneNumberId": "2002",
        "businessAccountId": "1001",
        "accessToken": "EAAG-very-secret",
        "displayName": "Flowers",
        "displayNumber": "+84 28 1234 567"
    })
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_connected_account_is_listed_and_found_by_its_id_and_its_shop(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let connected = app.post(ACCOUNTS, &owner, &number()).await?;
    let account = connected.data()?;
    assert_eq!(account["phoneNumberId"], "2002");
    assert_eq!(account["businessAccountId"], "1001");
    assert_eq!(account["status"], "active");
    assert_eq!(account["shopId"], "default");

    let listed = app.get(&format!("{ACCOUNTS}?status=active&shopId=default"), &owner).await?;
    assert_eq!(listed.data()?, &json!([account]));
    assert_eq!(listed.body["pagination"]["total"], 1);
    for id in [account["id"].as_str().unwrap(), "default"] {
        let got = app.get(&format!("{ACCOUNTS}/{id}"), &owner).await?;
        let mut got = got.data()?.clone();
        assert!(got.as_object_mut().unwrap().remove("statistics").is_some());
        assert_eq!(&got, account);
    }
    let elsewhere = app.get("/api/v1/channels/messenger/accounts", &owner).await?;
    assert_eq!(elsewhere.data()?, &json!([]));
    assert_eq!(app.count("select count(*) from audit_entries where action = 'account.connected'").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn credentials_are_sealed_and_in_no_answer(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let connected = app.post(ACCOUNTS, &owner, &number()).await?;
    let id = connected.data()?["id"].as_str().unwrap().to_owned();
    let refused = app.post(ACCOUNTS, &owner, &number()).await?;
    let listed = app.get(ACCOUNTS, &owner).await?;
    let got = app.get(&format!("{ACCOUNTS}/{id}"), &owner).await?;
    for answer in [&connected, &refused, &listed, &got] {
        assert!(!answer.text.contains("secret") && !answer.text.contains("credentials"), "{}", answer.text);
    }
    let stored: Vec<u8> = sqlx::query_scalar("select credentials from accounts").fetch_one(&app.pool).await?;
    assert!(!stored.windows(6).any(|bytes| bytes == b"secret"));
    assert_eq!(app.count("select count(*) from audit_entries where after::text like '%secret%'").await?, 0);

    // A sender opens what the API sealed.
    let mut conn = as_worker(&app.pool).acquire().await?;
    let sender = sender::sender(&mut conn, &app.state.keyring, id.parse()?).await?.unwrap();
    let credentials = Credentials::from_json(&sender.credentials.unwrap())?;
    assert_eq!(credentials.channel(), Channel::WhatsApp);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_account_answers_to_one_merchant_at_a_time(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (first, second) = (app.merchant().await?, app.merchant().await?);
    let connected = app.post(ACCOUNTS, &first, &number()).await?;
    for owner in [&first, &second] {
        assert_eq!(app.post(ACCOUNTS, owner, &number()).await?.failure()?, (409, "CONFLICT"));
    }
    sqlx::query("update accounts set status = 'inactive', credentials = null").execute(&app.pool).await?;
    let revived = app.post(ACCOUNTS, &first, &number()).await?;
    assert_eq!(revived.data()?["id"], connected.data()?["id"]);
    assert_eq!(app.post(ACCOUNTS, &second, &number()).await?.failure()?, (409, "CONFLICT"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn another_merchants_account_and_shop_do_not_exist(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (mine, theirs) = (app.merchant().await?, app.merchant().await?);
    let id = app.account(&theirs, Channel::WhatsApp, "2002").await?;
    assert_eq!(app.get(&format!("{ACCOUNTS}/{id}"), &mine).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(app.get(ACCOUNTS, &mine).await?.data()?, &json!([]));

    let shop: uuid::Uuid = sqlx::query_scalar("select id from shops where merchant_id = $1")
        .bind(theirs.merchant_id.0)
        .fetch_one(&app.pool)
        .await?;
    assert_eq!(app.get(&format!("{ACCOUNTS}?shopId={shop}"), &mine).await?.failure()?, (403, "FORBIDDEN"));
    let mut body = number();
    body["shopId"] = json!(shop);
    assert_eq!(app.post(ACCOUNTS, &mine, &body).await?.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn every_channel_is_connected_through_the_neutral_door(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for (channel, field) in
        [(Channel::WhatsApp, "phoneNumberId"), (Channel::Messenger, "pageId"), (Channel::X, "userId")]
    {
        let id = app.account(&owner, channel, "3003").await?;
        let account = app.get(&format!("/api/v1/channels/{channel}/accounts/{id}"), &owner).await?;
        assert_eq!(account.data()?[field], "3003");
        assert_eq!(account.data()?["channel"], channel.as_str());
    }
    assert_eq!(app.get("/api/v1/channels/telegram/accounts", &owner).await?.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn whoever_only_talks_does_not_connect_accounts(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for role in [UserRole::Agent, UserRole::Viewer, UserRole::Operator] {
        let user = app.token(UserId::new(), owner.merchant_id, role).await?;
        assert_eq!(app.post(ACCOUNTS, &user, &number()).await?.failure()?, (403, "FORBIDDEN"));
    }
    assert_eq!(app.count("select count(*) from accounts").await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn all_that_is_wrong_with_an_account_is_told_at_once(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let body = json!({ "phoneNumberId": "+84 90", "businessAccountId": "", "accessToken": "" });
    let answer = app.post(ACCOUNTS, &owner, &body).await?;
    assert_eq!(answer.failure()?, (422, "VALIDATION_ERROR"));
    let fields: Vec<&str> =
        answer.body["details"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["phoneNumberId", "businessAccountId", "accessToken"]);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_key_whose_transaction_was_rolled_back_seals_nothing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    // The first request of a merchant makes its key: a list, which commits nothing.
    app.get("/api/v1/whatsapp/conversations", &owner).await?.data()?;
    let id = app.account(&owner, Channel::WhatsApp, "2002").await?;

    // Another process, which knows of no key but those that are stored.
    let mut conn = as_worker(&app.pool).acquire().await?;
    let sender = sender::sender(&mut conn, &tests::api::keyring()?, id).await?.unwrap();
    assert!(Credentials::from_json(&sender.credentials.unwrap()).is_ok());
    app.stop().await
}
