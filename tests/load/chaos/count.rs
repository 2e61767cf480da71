//! Counts what was promised against what is there.

use std::collections::{BTreeMap, HashMap};

use ::tests::load::{Posted, Queues};
use serde::{Serialize, Serializer};
use simulator::Simulator;
use sqlx::PgPool;
use uuid::Uuid;

use crate::plan::{Plan, Spool};
use crate::rows::{self, LeftOver, Outbound, Threads};
use crate::sends::Sends;
use crate::taken::{self, Taken};
use crate::webhooks::Webhooks;

/// So many examples are shown of what went wrong.
pub(crate) const SHOWN: usize = 10;

/// Webhooks: what was answered 200 against the rows of inbound messages.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Inbound {
    pub(crate) promised: usize,
    pub(crate) unanswered: usize,
    /// Sent whole by clients that hung up.
    pub(crate) hung_up: usize,
    /// Of those, how many are stored.
    pub(crate) hung_up_stored: usize,
    pub(crate) posts: BTreeMap<String, u64>,
    pub(crate) posts_without_broker: BTreeMap<String, u64>,
    pub(crate) rows: i64,
    #[serde(serialize_with = "shortened")]
    pub(crate) missing: Vec<String>,
    #[serde(serialize_with = "shortened")]
    pub(crate) doubled: Vec<String>,
    pub(crate) strangers: usize,
}

/// Sends: what was asked of the API against rows, and rows against what the platform took.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sent {
    pub(crate) promised: usize,
    pub(crate) unknown: BTreeMap<String, u64>,
    pub(crate) not_asked: u64,
    pub(crate) rows: usize,
    /// Intents that the API said are queued, without a row.
    #[serde(serialize_with = "shortened")]
    pub(crate) missing: Vec<String>,
    /// Intents with more than one row.
    #[serde(serialize_with = "shortened")]
    pub(crate) doubled_rows: Vec<String>,
    /// Rows of intents that met nobody, or of none at all.
    #[serde(serialize_with = "shortened")]
    pub(crate) unasked_rows: Vec<String>,
    /// Different messages that the platform took.
    pub(crate) taken: usize,
    /// Messages that the platform took more than once.
    #[serde(serialize_with = "shortened")]
    pub(crate) doubled_sends: Vec<String>,
    /// Messages that the platform took and Loa has no row of.
    pub(crate) strangers: usize,
    pub(crate) by_status: BTreeMap<String, usize>,
    /// Messages that the platform took and told to be read, whose row stands lower or is incomplete.
    #[serde(serialize_with = "shortened")]
    pub(crate) not_highest: Vec<String>,
    /// Messages in doubt that the platform never got: a person decides.
    #[serde(serialize_with = "shortened")]
    pub(crate) in_doubt: Vec<String>,
    /// Messages that the platform never got and that are not in doubt either.
    #[serde(serialize_with = "shortened")]
    pub(crate) unsent: Vec<String>,
}

/// What the platform could not deliver of its own news.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct News {
    pub(crate) pending: usize,
    pub(crate) given_up: u64,
    pub(crate) dropped: u64,
}

/// Everything that was counted.
#[derive(Clone, Debug)]
pub(crate) struct Count {
    pub(crate) inbound: Inbound,
    pub(crate) sent: Sent,
    pub(crate) news: News,
    pub(crate) threads: Threads,
    pub(crate) left_over: LeftOver,
    pub(crate) working: BTreeMap<String, u32>,
    pub(crate) dead: BTreeMap<String, u32>,
}

/// Counts, once the processes have stopped: what a consumer held is back in its queue by then.
pub(crate) async fn count(
    db: &PgPool,
    queues: &Queues,
    platform: &Simulator,
    webhooks: &Webhooks,
    sends: &Sends,
) -> anyhow::Result<Count> {
    let depths = queues.depths().await?;
    let told = platform.counts().webhooks;
    Ok(Count {
        inbound: inbound(webhooks, &rows::inbound(db).await?),
        sent: sent(sends, &rows::outbound(db).await?, &taken::by_message(platform)),
        news: News { pending: told.pending, given_up: told.given_up, dropped: told.dropped },
        threads: rows::threads(db).await?,
        left_over: rows::left_over(db).await?,
        working: depths.working,
        dead: depths.dead,
    })
}

fn inbound(webhooks: &Webhooks, rows: &HashMap<String, i64>) -> Inbound {
    let Webhooks { promised, unanswered, hung_up, posts, posts_without_broker } = webhooks;
    let named =
        |posts: &BTreeMap<Posted, u64>| posts.iter().map(|(posted, count)| (posted.to_string(), *count)).collect();
    let is_known = |id: &String| promised.contains(id) || unanswered.contains(id) || hung_up.contains(id);
    Inbound {
        promised: promised.len(),
        unanswered: unanswered.len(),
        hung_up: hung_up.len(),
        hung_up_stored: hung_up.iter().filter(|id| rows.contains_key(*id)).count(),
        posts: named(posts),
        posts_without_broker: named(posts_without_broker),
        rows: rows.values().sum(),
        missing: promised.iter().filter(|id| !rows.contains_key(*id)).cloned().collect(),
        doubled: rows.iter().filter(|(_, count)| **count > 1).map(|(id, _)| id.clone()).collect(),
        strangers: rows.keys().filter(|id| !is_known(id)).count(),
    }
}

fn sent(sends: &Sends, rows: &[Outbound], Taken { messages: taken, nameless }: &Taken) -> Sent {
    let mut by_reference: HashMap<&str, usize> = HashMap::new();
    let mut by_status: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows {
        *by_reference.entry(row.reference.as_deref().unwrap_or_default()).or_default() += 1;
        *by_status.entry(row.status.clone()).or_default() += 1;
    }
    let known: HashMap<Uuid, &Outbound> = rows.iter().map(|row| (row.id, row)).collect();
    let of_rows = |fits: &dyn Fn(&Outbound, Option<&Vec<String>>) -> bool| -> Vec<String> {
        rows.iter().filter(|row| fits(row, taken.get(&row.id))).map(describe).collect()
    };
    Sent {
        promised: sends.promised(),
        unknown: sends.unknown.clone(),
        not_asked: sends.not_asked,
        rows: rows.len(),
        missing: sends
            .intents
            .iter()
            .filter(|(reference, promised)| **promised && !by_reference.contains_key(reference.as_str()))
            .map(|(reference, _)| reference.clone())
            .collect(),
        doubled_rows: by_reference.iter().filter(|(_, rows)| **rows > 1).map(|(name, _)| (*name).to_owned()).collect(),
        unasked_rows: by_reference
            .keys()
            .filter(|reference| !sends.intents.contains_key(**reference))
            .map(|reference| (*reference).to_owned())
            .collect(),
        taken: taken.len(),
        doubled_sends: taken
            .iter()
            .filter(|(_, platform_ids)| platform_ids.len() > 1)
            .map(|(id, platform_ids)| format!("{id} as {}", platform_ids.join(", ")))
            .collect(),
        strangers: *nameless + taken.keys().filter(|id| !known.contains_key(*id)).count(),
        by_status,
        not_highest: of_rows(&|row, taken| taken.is_some_and(|taken| !is_highest(row, taken))),
        in_doubt: of_rows(&|row, taken| taken.is_none() && row.status == "in_doubt"),
        unsent: of_rows(&|row, taken| taken.is_none() && row.status != "in_doubt"),
    }
}

/// The platform tells of every message that it took that it was read.
fn is_highest(row: &Outbound, taken: &[String]) -> bool {
    row.status == "read" && row.whole && row.platform_id.as_ref().is_some_and(|id| taken.contains(id))
}

fn describe(row: &Outbound) -> String {
    let error = row.error.as_deref().unwrap_or("no error");
    format!("{} ({}), {}", row.id, row.status, error)
}

impl Count {
    /// Every promise that was broken, in words.
    pub(crate) fn broken(&self, customers: usize, plan: &Plan) -> Vec<String> {
        let Self { inbound, sent, news, threads, left_over, .. } = self;
        let mut broken = Vec::new();
        let mut list = |what: &str, which: &[String]| {
            if !which.is_empty() {
                let shown = which.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
                broken.push(format!("{} {what}: {shown}", which.len()));
            }
        };
        list("promised webhooks have no row", &inbound.missing);
        list("inbound messages have more than one row", &inbound.doubled);
        list("promised sends have no row", &sent.missing);
        list("intents have more than one row", &sent.doubled_rows);
        list("outbound rows were not asked for", &sent.unasked_rows);
        list("messages were sent more than once", &sent.doubled_sends);
        list("messages do not stand at their highest status", &sent.not_highest);
        list("messages were never sent", &sent.unsent);
        if !plan.may_doubt {
            list("messages are in doubt", &sent.in_doubt);
        }
        let customers = i64::try_from(customers).unwrap_or(i64::MAX);
        let zero = [
            ("webhooks were never answered 200", inbound.unanswered as u64),
            ("inbound messages were never posted, or not whole", inbound.strangers as u64),
            ("messages at the platform are not ours", sent.strangers as u64),
            ("webhooks of the platform are pending", news.pending as u64),
            ("webhooks of the platform were given up or dropped", news.given_up + news.dropped),
            ("conversations too many or too few", threads.conversations.abs_diff(customers)),
            ("contacts too many or too few", threads.contacts.abs_diff(customers)),
            ("conversations count their messages wrongly", threads.miscounted.unsigned_abs()),
            ("conversations count their unread messages wrongly", threads.misread.unsigned_abs()),
            ("rows are left in the outbox", left_over.outbox.unsigned_abs()),
            ("rows are left in the inbox", left_over.inbox.unsigned_abs()),
            ("events are unclaimed", left_over.unclaimed.unsigned_abs()),
            ("statuses are orphans", left_over.orphans.unsigned_abs()),
            ("messages are left in queues", self.working.values().sum::<u32>().into()),
            ("messages are in dead queues", self.dead.values().sum::<u32>().into()),
            ("messages died", left_over.dead_letters.unsigned_abs()),
        ];
        broken.extend(zero.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")));
        broken.extend(self.refusals(plan));
        broken
    }

    /// What the ingress said while the broker was away, against what it should have.
    fn refusals(&self, plan: &Plan) -> Option<String> {
        let refused: u64 = answers_but_200(&self.inbound.posts_without_broker);
        match plan.spool {
            Some(Spool::Ample) if refused > 0 => Some(format!("{refused} webhooks were refused in spite of the spool")),
            Some(Spool::AtMost(_) | Spool::OnDisk(_)) if refused == 0 => Some("the spool was never full".to_owned()),
            _ => None,
        }
    }
}

/// How many there are, and some of them.
#[derive(Serialize)]
struct Shortened<'a> {
    count: usize,
    shown: &'a [String],
}

fn shortened<S: Serializer>(all: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    Shortened { count: all.len(), shown: &all[..all.len().min(SHOWN)] }.serialize(serializer)
}

/// Answers with another status than 200. Where nobody listened, or the connection ended, nothing was answered.
fn answers_but_200(posts: &BTreeMap<String, u64>) -> u64 {
    let statuses = posts.iter().filter(|(how, _)| how.parse::<u16>().is_ok_and(|status| status != 200));
    statuses.map(|(_, count)| count).sum()
}

#[cfg(test)]
#[path = "count_tests.rs"]
mod tests;
