//! `api unclaimed-events`: what no connected account claims, as an operator reads it and decides about it.

use anyhow::ensure;
use clap::Subcommand;
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::store::audit::Actor;
use shared::store::unclaimed::decide;
use shared::store::unclaimed::read::{self, Position, UnclaimedEvent};

use super::operator::{Operator, Sight, brief, harmless, table};

/// Of what is wrong, in a list.
const BRIEF: usize = 60;

/// What to do with unclaimed events.
#[derive(Clone, Debug, Subcommand)]
pub enum UnclaimedEvents {
    /// List the latest.
    List {
        /// Only those before this event: the last of the list before.
        #[arg(long)]
        before: Option<EventId>,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=500))]
        take: i64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one, its contents opened.
    Show {
        /// Which.
        id: EventId,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let events go their way once more; what still is nobody's is kept again.
    GiveBack {
        /// Which.
        #[arg(required = true)]
        ids: Vec<EventId>,
    },
    /// Drop events for good.
    Drop {
        /// Which.
        #[arg(required = true)]
        ids: Vec<EventId>,
    },
}

/// Does it and prints what came of it.
pub async fn unclaimed_events(config: Operator, command: UnclaimedEvents) -> anyhow::Result<()> {
    let sight = Sight::open(config, "api unclaimed-events")?;
    super::print(&answer(&sight, command).await?);
    Ok(())
}

/// Does it and says what came of it.
pub async fn answer(sight: &Sight, command: UnclaimedEvents) -> anyhow::Result<String> {
    let mut transaction = sight.begin().await?;
    let said = match command {
        UnclaimedEvents::List { before, take, json } => {
            let before = before.map(|id| Position { id, account: String::new() });
            let events = read::list(&mut transaction, &sight.keyring, before.as_ref(), 0, take).await?;
            if json { format!("{:#}", events.iter().map(line).collect::<Value>()) } else { as_table(&events) }
        }
        UnclaimedEvents::Show { id, json } => {
            let events = read::find(&mut transaction, &sight.keyring, id).await?;
            ensure!(!events.is_empty(), "there is no unclaimed event {id}");
            if json { format!("{:#}", events.iter().map(whole).collect::<Value>()) } else { as_text(&events) }
        }
        UnclaimedEvents::GiveBack { ids } => {
            let marked = decide::mark(&mut transaction, &ids, Actor::System, clock::now()).await?.len();
            ensure!(marked == ids.len(), "only {marked} of {} are there: nothing was done", ids.len());
            format!("{marked} are given back")
        }
        UnclaimedEvents::Drop { ids } => {
            let dropped = decide::drop(&mut transaction, &ids, Actor::System, clock::now()).await?.len();
            ensure!(dropped == ids.len(), "only {dropped} of {} are there: nothing was done", ids.len());
            format!("{dropped} are dropped")
        }
    };
    transaction.commit().await?;
    Ok(said)
}

fn as_table(events: &[UnclaimedEvent]) -> String {
    let lines: Vec<_> = events
        .iter()
        .map(|event| {
            [
                event.id.to_string(),
                event.received_at.format("%F %T").to_string(),
                event.channel.clone(),
                harmless(&event.account),
                event.app.clone(),
                event.reason.clone(),
                brief(event.detail.as_deref().unwrap_or_default(), BRIEF),
            ]
        })
        .collect();
    table(["ID", "RECEIVED (UTC)", "CHANNEL", "ACCOUNT", "APP", "REASON", "DETAIL"], &lines)
}

fn line(event: &UnclaimedEvent) -> Value {
    json!({
        "id": event.id,
        "channel": event.channel,
        "account": event.account,
        "app": event.app,
        "reason": event.reason,
        "detail": event.detail,
        "receivedAt": event.received_at,
    })
}

fn whole(event: &UnclaimedEvent) -> Value {
    let mut line = line(event);
    line["body"] = json!(String::from_utf8_lossy(&event.body));
    line
}

/// One event, and each account of it.
fn as_text(events: &[UnclaimedEvent]) -> String {
    let mut lines = Vec::new();
    for event in events {
        let account = if event.account.is_empty() { "-" } else { &event.account };
        lines.push(format!("account   {account} ({}, {})", event.channel, event.reason));
        lines.extend(event.detail.iter().map(|detail| format!("detail    {detail}")));
    }
    if let Some(event) = events.first() {
        lines.insert(0, format!("id        {}", event.id));
        lines.push(format!("signed by {}", event.app));
        lines.push(format!("received  {}", event.received_at.to_rfc3339()));
        lines.push(format!("\n{}", String::from_utf8_lossy(&event.body)));
    }
    harmless(&lines.join("\n"))
}
