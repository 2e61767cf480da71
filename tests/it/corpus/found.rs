//! What is in the store after one payload.

use std::fmt;

use shared::channels;
use shared::channels::contract::StatusTarget;
use shared::domain::channel::Channel;
use shared::domain::message::Content;
use sqlx::PgPool;
use tests::TestApp;
use tests::conversation::messages;

/// One thing that a payload left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A message of this type.
    Message(&'static str),
    /// A message of unknown type that says why, where `true`.
    Unknown(bool),
    /// A status.
    Status(&'static str),
    /// News of an account, by their field; `*` in what is expected is any.
    News(&'static str),
    /// An event kept aside, for this reason.
    Nobody(&'static str),
    /// A dead letter, for this reason.
    Dead(&'static str),
    /// All messages up to a moment were delivered or read: it leaves no trace where none was sent.
    Watermark,
}

impl Found {
    /// Whether `there` is what is expected.
    pub(super) fn is(&self, there: &Self) -> bool {
        match (self, there) {
            (Self::News("*"), Self::News(_)) | (Self::Message("unknown"), Self::Unknown(_)) => true,
            _ => self == there,
        }
    }

    /// Whether it stands for anything, because it says why it is not understood.
    pub(super) fn is_unknown_with_a_reason(&self) -> bool {
        match self {
            Self::Unknown(with_a_reason) => *with_a_reason,
            Self::Nobody(reason) => ["unreadable", "names no account"].contains(reason),
            Self::News(field) => field.starts_with("unreadable_"),
            // A time of another age, which no partition holds: an operator decides.
            Self::Dead(reason) => reason.starts_with("bad_timestamp"),
            _ => false,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(kind) => write!(f, "message {kind}"),
            Self::Unknown(true) => f.write_str("message unknown, with a reason"),
            Self::Unknown(false) => f.write_str("message unknown"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::News(field) => write!(f, "news {field}"),
            Self::Nobody(reason) => write!(f, "unclaimed, {reason}"),
            Self::Dead(reason) => write!(f, "dead, {}", reason.split(':').next().unwrap_or_default()),
            Self::Watermark => f.write_str("watermark"),
        }
    }
}

/// Empties the store of everything but the merchant, whatever refers to what. There are few rows: deleting them is
/// quicker than truncating every partition.
pub(super) async fn clear(db: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "do $$
         declare
             name text;
         begin
             set local session_replication_role = replica;
             for name in
                 select relname from pg_class
                 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
                   and relname not in ('merchants', 'shops', 'users', 'data_keys', '_sqlx_migrations')
             loop
                 execute format('delete from %I', name);
             end loop;
         end
         $$",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Everything that is there.
pub(super) async fn all(app: &TestApp, channel: Channel, body: &[u8]) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for message in messages(&app.db).await? {
        let content = message.content(&app.context.pool, &app.context.keyring).await?;
        anyhow::ensure!(content.kind() == message.kind, "a row of {} holds {}", message.kind, content.kind());
        found.push(match content {
            Content::Unknown { reason, .. } => Found::Unknown(reason.is_some()),
            content => Found::Message(content.kind()),
        });
    }
    found.extend(names(app, "select distinct status::text from orphan_statuses").await?.map(Found::Status));
    found.extend(names(app, "select distinct field from account_events").await?.map(Found::News));
    found.extend(names(app, UNCLAIMED).await?.map(Found::Nobody));
    found.extend(names(app, "select distinct reason from dead_letters").await?.map(Found::Dead));
    let parsed = channels::parse(channel, body).unwrap_or_default();
    let marks = parsed.statuses.iter().filter(|status| matches!(status.target, StatusTarget::UpTo { .. }));
    found.extend(marks.map(|_| Found::Watermark));
    Ok(found)
}

/// An event that names no account cannot have been claimed: there is nothing that could be connected.
const UNCLAIMED: &str = "select distinct case when account = '' and reason = 'unknown_account' then 'names no account'
                                              else reason end
                         from unclaimed_events";

/// Leaked: the names are few, and live as long as the test.
async fn names(app: &TestApp, query: &'static str) -> anyhow::Result<impl Iterator<Item = &'static str>> {
    let names: Vec<String> = sqlx::query_scalar(query).fetch_all(&app.db).await?;
    Ok(names.into_iter().map(|name| &*name.leak()))
}
