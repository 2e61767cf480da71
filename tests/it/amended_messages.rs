//! Messages about other messages: reactions, edits, revocations. They mark what they are about, in
//! whatever order they come, and are nothing to read.

use serde_json::json;
use shared::domain::message::{Content, Direction};
use shared::store::messages::history::Message;
use sqlx::PgPool;
use tests::conversation::{conversations, history, open_thread};
use tests::whatsapp::{from, wamid};
use tests::{MIGRATOR, TestApp};

const CUSTOMER: &str = "84901234567";

/// What was said under `platform_id`.
fn of<'a>(history: &'a [Message], platform_id: &str) -> &'a Message {
    history.iter().find(|message| message.platform_id.as_deref() == Some(platform_id)).unwrap()
}

/// The emoji on a message, with whose they are.
fn emoji(message: &Message) -> Vec<(Direction, &str)> {
    message.reactions.iter().map(|reaction| (reaction.direction, reaction.emoji.as_str())).collect()
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_newest_reaction_stands_however_late_the_others_come(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let said = wamid();
    app.receives([from(CUSTOMER).seconds_ago(60).says_as(&said, "hello")]).await?;
    app.receives([from(CUSTOMER).seconds_ago(30).reacts_to(&said, Some("👍"))]).await?;
    app.settle().await?;
    app.receives([from(CUSTOMER).seconds_ago(40).reacts_to(&said, Some("😢"))]).await?;
    app.settle().await?;
    assert_eq!(emoji(of(&history(&app).await?, &said)), [(Direction::Inbound, "👍")]);

    app.receives([from(CUSTOMER).seconds_ago(20).reacts_to(&said, None)]).await?;
    app.settle().await?;
    assert!(emoji(of(&history(&app).await?, &said)).is_empty(), "it was taken off");

    // Within one second the one that is told last holds.
    app.receives([
        from(CUSTOMER).seconds_ago(10).reacts_to(&said, Some("👍")),
        from(CUSTOMER).seconds_ago(10).reacts_to(&said, None),
        from(CUSTOMER).seconds_ago(10).reacts_to(&said, Some("🎉")),
    ])
    .await?;
    app.settle().await?;
    assert_eq!(emoji(of(&history(&app).await?, &said)), [(Direction::Inbound, "🎉")]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn our_own_reaction_stands_once_it_is_sent(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let said = wamid();
    app.receives([from(CUSTOMER).says_as(&said, "hello")]).await?;
    app.settle().await?;

    let reaction = Content::Reaction { message_id: said.clone(), emoji: Some("❤️".to_owned()) };
    app.queue_content(&reaction).await?;
    assert!(emoji(of(&history(&app).await?, &said)).is_empty(), "it is not sent yet");
    app.accept_everything().await?;
    assert_eq!(emoji(of(&history(&app).await?, &said)), [(Direction::Outbound, "❤️")]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_edit_and_a_revocation_mark_their_message_whichever_comes_first(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (before, after, back) = (wamid(), wamid(), wamid());
    app.receives([from(CUSTOMER).seconds_ago(60).says_as(&before, "at nine")]).await?;
    app.settle().await?;
    app.receives([
        from(CUSTOMER).seconds_ago(40).edits(&before, "at ten"),
        from(CUSTOMER).seconds_ago(30).edits(&before, "at eleven"),
        from(CUSTOMER).seconds_ago(40).edits(&after, "or at twelve"),
        from(CUSTOMER).seconds_ago(30).takes_back(&back),
    ])
    .await?;
    app.settle().await?;
    app.receives([
        from(CUSTOMER).seconds_ago(50).says_as(&after, "or at one"),
        from(CUSTOMER).seconds_ago(50).says_as(&back, "never mind"),
    ])
    .await?;
    app.settle().await?;

    let said = history(&app).await?;
    let edited = of(&said, &before);
    assert_eq!(edited.content.as_ref().and_then(Content::text), Some("at nine"));
    assert_eq!(edited.edited.as_ref().and_then(Content::text), Some("at eleven"));
    assert_eq!(of(&said, &after).edited.as_ref().and_then(Content::text), Some("or at twelve"));
    assert!(of(&said, &after).edited_at.is_some());
    assert!(of(&said, &back).revoked_at.is_some());
    assert!(of(&said, &before).revoked_at.is_none());
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_changes_what_somebody_else_wrote(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (theirs, ours) = (wamid(), wamid());
    app.receives([
        from(CUSTOMER).seconds_ago(60).says_as(&theirs, "mine"),
        from(CUSTOMER).seconds_ago(50).is_sent(&json!({ "id": ours, "type": "text", "text": { "body": "ours" } })),
    ])
    .await?;
    app.settle().await?;
    app.receives([
        from("84907654321").takes_back(&theirs),
        from("84907654321").edits(&theirs, "not mine"),
        from(CUSTOMER).takes_back(&ours),
        from(CUSTOMER)
            .is_sent(&json!({ "id": wamid(), "type": "revoke", "revoke": { "original_message_id": theirs } })),
    ])
    .await?;
    app.settle().await?;

    let said = history(&app).await?;
    for id in [&theirs, &ours] {
        let message = of(&said, id);
        assert_eq!((message.edited_at, message.revoked_at), (None, None), "{:?}", message.content);
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_the_business_changes_in_its_own_app_is_marked_too(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (first, second) = (wamid(), wamid());
    let text = |id: &str| json!({ "id": id, "type": "text", "text": { "body": "from the phone" } });
    app.receives([from(CUSTOMER).says("hello"), from(CUSTOMER).is_sent(&text(&first))]).await?;
    app.receives([from(CUSTOMER).is_sent(&text(&second))]).await?;
    app.settle().await?;
    let edit = json!({ "type": "text", "text": { "body": "said otherwise" } });
    app.receives([
        from(CUSTOMER).is_sent(
            &json!({ "id": wamid(), "type": "edit", "edit": { "original_message_id": first, "message": edit } }),
        ),
        from(CUSTOMER)
            .is_sent(&json!({ "id": wamid(), "type": "revoke", "revoke": { "original_message_id": second } })),
    ])
    .await?;
    app.settle().await?;

    let said = history(&app).await?;
    assert_eq!(of(&said, &first).edited.as_ref().and_then(Content::text), Some("said otherwise"));
    assert!(of(&said, &second).revoked_at.is_some());
    app.stop().await
}

/// When the customer last wrote, and when anything was last said.
type Times = (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>);

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_is_nothing_to_read_leaves_the_inbox_as_it_is(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&app.db).await?;
    let said = wamid();
    app.receives([from(CUSTOMER).seconds_ago(7_200).says_as(&said, "hello")]).await?;
    app.settle().await?;
    let shown = "select last_inbound_at, last_message_at from conversations";
    let before: Times = sqlx::query_as(shown).fetch_one(&app.db).await?;

    app.receives([
        from(CUSTOMER).edits(&said, "hello there"),
        from(CUSTOMER).takes_back(&said),
        from(CUSTOMER).reacts_to(&said, None),
        from(CUSTOMER).moves_to("84907654321", None),
    ])
    .await?;
    app.settle().await?;
    let thread = &conversations(&app.db).await?[0];
    assert_eq!((thread.message_count, thread.unread_count), (5, 1));
    let after: Times = sqlx::query_as(shown).fetch_one(&app.db).await?;
    assert_eq!(after, before, "neither the window nor the order of the inbox changed");
    assert_eq!(app.turns(), 1, "the first message alone is one for flows");

    app.receives([from("84907654321").reacts_to(&said, Some("👍"))]).await?;
    app.settle().await?;
    let thread = &conversations(&app.db).await?[0];
    assert_eq!((thread.message_count, thread.unread_count), (6, 1));
    let after: Times = sqlx::query_as(shown).fetch_one(&app.db).await?;
    assert!(after.0 > before.0 && after.1 > before.1, "a reaction is the customer's word");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn news_of_a_closed_thread_goes_into_it_and_opens_no_other(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let said = wamid();
    app.receives([from(CUSTOMER).says_as(&said, "thanks")]).await?;
    app.settle().await?;
    let (_, thread, _) = open_thread(&app.db).await?;
    sqlx::query("update conversations set status = 'closed', closed_at = now()").execute(&app.db).await?;

    app.receives([from(CUSTOMER).edits(&said, "many thanks")]).await?;
    app.settle().await?;
    let threads = conversations(&app.db).await?;
    assert_eq!(threads.len(), 1);
    assert_eq!((threads[0].id, threads[0].status.as_str()), (thread.0, "closed"));
    assert_eq!(of(&history(&app).await?, &said).edited.as_ref().and_then(Content::text), Some("many thanks"));
    app.stop().await
}
