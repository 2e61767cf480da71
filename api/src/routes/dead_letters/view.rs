use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use shared::domain::ids::DeadLetterId;
use shared::events::dead_letter::DeadLetter;
use shared::events::envelope;
use shared::store::dead_letters::read::Summary;
use utoipa::ToSchema;

/// A dead letter as a line of a list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterSummaryView {
    id: DeadLetterId,
    /// The queue it died in.
    queue: String,
    message_id: Option<String>,
    /// What went wrong last.
    reason: String,
    attempts: i32,
    received_at: Option<DateTime<Utc>>,
    died_at: DateTime<Utc>,
    /// Since when it is on its way back.
    put_back_at: Option<DateTime<Utc>>,
    put_backs: i32,
}

impl From<Summary> for DeadLetterSummaryView {
    fn from(letter: Summary) -> Self {
        Self {
            id: letter.id,
            queue: letter.queue,
            message_id: letter.message_id,
            reason: letter.reason,
            attempts: letter.attempts,
            received_at: letter.received_at,
            died_at: letter.died_at,
            put_back_at: letter.put_back_at,
            put_backs: letter.put_backs,
        }
    }
}

/// A dead letter with all that is known of it, its contents opened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeadLetterView {
    id: DeadLetterId,
    queue: String,
    message_id: Option<String>,
    reason: String,
    attempts: u32,
    received_at: Option<DateTime<Utc>>,
    died_at: DateTime<Utc>,
    put_backs: u32,
    /// How it came to die.
    #[schema(value_type = Object)]
    circumstances: Value,
    /// Each event in it, as text; bytes that are no text are marked.
    contents: Vec<String>,
    /// The message as it was, in base64.
    body: String,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let contents = match envelope::decode(letter.body.clone()) {
            Ok(events) => events.iter().map(|event| text(&event.body)).collect(),
            Err(_) => vec![text(&letter.body)],
        };
        Self {
            id: letter.id,
            queue: letter.queue,
            message_id: letter.message_id,
            reason: letter.reason,
            attempts: letter.attempts,
            received_at: letter.received_at,
            died_at: letter.died_at,
            put_backs: letter.put_backs,
            circumstances: json!(letter.circumstances),
            contents,
            body: STANDARD.encode(&letter.body),
        }
    }
}

/// Letters that something was done to.
#[derive(Serialize, ToSchema)]
pub(super) struct DeadLettersSettledView {
    /// The others that were named are gone, or on their way already.
    pub(super) ids: Vec<DeadLetterId>,
}
