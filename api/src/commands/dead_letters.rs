//! `api dead-letters`: what no worker could handle, as an operator reads it and decides about it.

use anyhow::ensure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Subcommand;
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::ids::DeadLetterId;
use shared::events::dead_letter::DeadLetter;
use shared::events::envelope;
use shared::store::audit::Actor;
use shared::store::dead_letters::put_back::{self, Which};
use shared::store::dead_letters::read::{self, Summary};

use super::operator::{Operator, Sight, brief, harmless, table};

/// Of a reason, in a list.
const BRIEF: usize = 60;

/// What to do with dead letters.
#[derive(Clone, Debug, Subcommand)]
pub enum DeadLetters {
    /// List the latest.
    List {
        /// Of this queue alone.
        #[arg(long)]
        queue: Option<String>,
        /// Only those before this one: the last of the list before.
        #[arg(long)]
        before: Option<DeadLetterId>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        take: i64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one with all that is known of it, its contents opened.
    Show {
        /// Which.
        id: DeadLetterId,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Put letters back into the queue they died in; the janitor does it within seconds.
    PutBack {
        /// Which.
        #[arg(required_unless_present = "queue", conflicts_with = "queue")]
        ids: Vec<DeadLetterId>,
        /// All of this queue.
        #[arg(long, requires = "all")]
        queue: Option<String>,
        /// Say so.
        #[arg(long, requires = "queue")]
        all: bool,
    },
    /// Drop letters for good.
    Drop {
        /// Which.
        #[arg(required = true)]
        ids: Vec<DeadLetterId>,
    },
}

/// Does it and prints what came of it.
pub async fn dead_letters(config: Operator, command: DeadLetters) -> anyhow::Result<()> {
    let sight = Sight::open(config, "api dead-letters")?;
    super::print(&answer(&sight, command).await?);
    Ok(())
}

/// Does it and says what came of it.
pub async fn answer(sight: &Sight, command: DeadLetters) -> anyhow::Result<String> {
    match command {
        DeadLetters::List { queue, before, take, json } => {
            let mut transaction = sight.begin().await?;
            let letters = read::list(&mut transaction, queue.as_deref(), before, 0, take).await?;
            Ok(if json { pretty(&letters.iter().map(line).collect::<Value>()) } else { as_table(&letters) })
        }
        DeadLetters::Show { id, json } => {
            let mut transaction = sight.begin().await?;
            let letter = read::find(&mut transaction, &sight.keyring, id).await?;
            let letter = letter.ok_or_else(|| anyhow::anyhow!("there is no dead letter {id}"))?;
            // A first key of nobody's may have been made.
            transaction.commit().await?;
            Ok(if json { pretty(&whole(&letter)) } else { as_text(&letter) })
        }
        DeadLetters::PutBack { ids, queue, all: _ } => {
            let marked = match queue {
                Some(queue) => mark_all(sight, &queue).await?,
                None => mark(sight, Which::These(&ids)).await?,
            };
            let asked = ids.len();
            ensure!(marked >= asked, "{marked} of {asked} are put back; the others are gone, or on their way already");
            Ok(format!("{marked} are put back"))
        }
        DeadLetters::Drop { ids } => {
            let mut transaction = sight.begin().await?;
            let dropped = put_back::drop(&mut transaction, &ids, Actor::System, clock::now()).await?.len();
            transaction.commit().await?;
            ensure!(dropped == ids.len(), "{dropped} of {} are dropped; the others were gone", ids.len());
            Ok(format!("{dropped} are dropped"))
        }
    }
}

async fn mark(sight: &Sight, which: Which<'_>) -> anyhow::Result<usize> {
    let mut transaction = sight.begin().await?;
    let marked = put_back::mark(&mut transaction, which, Actor::System, clock::now()).await?;
    transaction.commit().await?;
    Ok(marked.len())
}

async fn mark_all(sight: &Sight, queue: &str) -> anyhow::Result<usize> {
    let mut all = 0;
    loop {
        match mark(sight, Which::AllOf(queue)).await? {
            0 => return Ok(all),
            marked => all += marked,
        }
    }
}

fn as_table(letters: &[Summary]) -> String {
    let lines: Vec<_> = letters
        .iter()
        .map(|letter| {
            let state = if letter.put_back_at.is_some() { "going back" } else { "waiting" };
            [
                letter.id.to_string(),
                harmless(&letter.queue),
                letter.died_at.format("%F %T").to_string(),
                letter.attempts.to_string(),
                letter.put_backs.to_string(),
                state.to_owned(),
                brief(&letter.reason, BRIEF),
            ]
        })
        .collect();
    table(["ID", "QUEUE", "DIED (UTC)", "ATTEMPTS", "PUT BACK", "STATE", "REASON"], &lines)
}

fn line(letter: &Summary) -> Value {
    json!({
        "id": letter.id,
        "queue": letter.queue,
        "messageId": letter.message_id,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "receivedAt": letter.received_at,
        "diedAt": letter.died_at,
        "putBackAt": letter.put_back_at,
        "putBacks": letter.put_backs,
    })
}

fn whole(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "queue": letter.queue,
        "messageId": letter.message_id,
        "reason": letter.reason,
        "attempts": letter.attempts,
        "receivedAt": letter.received_at,
        "diedAt": letter.died_at,
        "putBacks": letter.put_backs,
        "circumstances": letter.circumstances,
        "contents": contents(letter),
        "body": STANDARD.encode(&letter.body),
    })
}

fn as_text(letter: &DeadLetter) -> String {
    let circumstances = &letter.circumstances;
    let none = || "-".to_owned();
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339();
    let mut lines = vec![
        format!("id           {}", letter.id),
        format!("queue        {}", letter.queue),
        format!("message      {}", letter.message_id.clone().unwrap_or_else(none)),
        format!("reason       {}", letter.reason),
        format!("given up by  {}", circumstances.worker.clone().unwrap_or_else(|| "the broker".to_owned())),
        format!("attempts     {}", letter.attempts),
        format!("put back     {} times before", letter.put_backs),
        format!("received     {}", letter.received_at.map_or_else(none, time)),
        format!("died         {}", time(letter.died_at)),
        format!("content type {}", circumstances.content_type),
        format!("trace        {}", circumstances.traceparent.clone().unwrap_or_else(none)),
    ];
    for death in &circumstances.deaths {
        let at = death.at.map_or_else(none, time);
        lines.push(format!("left         {} ({} times, {}, first {at})", death.queue, death.count, death.reason));
    }
    lines.extend(contents(letter).iter().map(|content| format!("\n{content}")));
    harmless(&lines.join("\n"))
}

/// What the body says: each event of an envelope, or the body as it is.
fn contents(letter: &DeadLetter) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match envelope::decode(letter.body.clone()) {
        Ok(events) => events.iter().map(|event| text(&event.body)).collect(),
        Err(_) => vec![text(&letter.body)],
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}
