use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::domain::user::UserRole;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use shared::store::unclaimed::keep::{self, Reason, Unclaimed};
use sqlx::PgPool;
use tests::api::{TestApi, as_worker};

const UNCLAIMED: &str = "/api/v1/unclaimed-events";

async fn keep(app: &TestApi, body: &'static str, reason: Reason) -> anyhow::Result<EventId> {
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds::UNKNOWN,
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: None,
    };
    let event = RawEvent { head, body: body.into() };
    let kept = Unclaimed { event: &event, account: "2002".to_owned(), reason, detail: Some("why".to_owned()) };
    let mut conn = as_worker(&app.pool).acquire().await?;
    keep::keep(&mut conn, &app.state.keyring, &[kept]).await?;
    Ok(event.head.id)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn an_operator_reads_what_nobody_claims_the_latest_first(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let operator = app.colleague(&owner, UserRole::Operator).await?;
    assert_eq!(app.get(UNCLAIMED, &operator).await?.data()?, &json!([]));

    let first = keep(&app, r#"{"object":"whatsapp_business_account"}"#, Reason::UnknownAccount).await?;
    let second = keep(&app, "not JSON", Reason::Unreadable).await?;
    let listed = app.get(&format!("{UNCLAIMED}?take=1"), &operator).await?;
    let one = &listed.data()?[0];
    assert_eq!((&one["id"], &one["reason"], &one["body"]), (&json!(second), &json!("unreadable"), &json!("not JSON")));
    assert_eq!((&one["channel"], &one["account"], &one["detail"]), (&json!("whatsapp"), &json!("2002"), &json!("why")));
    assert_eq!(listed.body["pagination"]["total"], 2);

    let cursor = listed.body["pagination"]["nextCursor"].as_str().unwrap();
    let rest = app.get(&format!("{UNCLAIMED}?cursor={cursor}"), &operator).await?;
    assert_eq!(rest.data()?[0]["id"], json!(first));
    assert_eq!(rest.body["pagination"]["nextCursor"], Value::Null);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn no_merchant_sees_what_belongs_to_nobody(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    keep(&app, "{}", Reason::UnknownAccount).await?;
    assert_eq!(app.get(UNCLAIMED, &owner).await?.failure()?, (403, "FORBIDDEN"));

    // Behind the handler stands the wall: the API's own connections see nothing either.
    let mut transaction = app.state.begin(owner.merchant_id).await?;
    let seen: i64 = sqlx::query_scalar("select count(*) from unclaimed_events").fetch_one(&mut *transaction).await?;
    assert_eq!(seen, 0);
    drop(transaction);
    app.stop().await
}
