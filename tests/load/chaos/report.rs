//! What a person reads, and the last line, which a program reads.
#![expect(clippy::print_stdout, reason = "printing is its job")]

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::count::{Count, Inbound, News, SHOWN, Sent};
use crate::faults::Event;
use crate::plan::{Load, Plan};
use crate::rows::{LeftOver, Threads};
use crate::run::Outcome;

/// Prints the head of a run.
pub(crate) fn begin(plan: &Plan) {
    let (Plan { name, lasts, .. }, Load { webhooks, sends, .. }) = (plan, plan.load);
    println!("== {name}: {webhooks} webhooks/s and {sends} sends/s for {} s", lasts.as_secs_f64());
}

/// Prints what happened, as soon as it has.
pub(crate) fn event(event: &Event) {
    let recovered = event.recovered.map_or("never".to_owned(), |seconds| format!("after {seconds:.2} s"));
    println!("{:7.1} s  {:32} {:44} all ready {recovered}", event.at, event.what, event.how);
}

/// Prints the table and the result.
pub(crate) fn end(outcome: &Outcome) {
    table(&outcome.count);
    line("lost wakes made good", outcome.repairs.lost_wakes);
    line("messages put in doubt by the janitor", outcome.repairs.doubted);
    line("seconds until settled", format!("{:.1}", outcome.settled_after));
    for doubted in outcome.count.sent.in_doubt.iter().take(SHOWN) {
        line("in doubt", doubted);
    }
    for broken in &outcome.broken {
        println!("   BROKEN  {broken}");
    }
    println!("RESULT {}", result(outcome));
}

/// Prints a run that could not be carried out.
pub(crate) fn failed(name: &str, error: &anyhow::Error) {
    println!("RESULT {}", json!({ "chaos": name, "ok": false, "error": format!("{error:#}") }));
}

fn table(count: &Count) {
    let Count { inbound, sent, news, threads, left_over, working, dead } = count;
    line("webhooks answered 200", inbound.promised);
    line("  POSTs by answer", pairs(&inbound.posts));
    line("  while the broker was away", pairs(&inbound.posts_without_broker));
    line("  never answered 200", inbound.unanswered);
    line("  rows of inbound messages", inbound.rows);
    line("  missing, doubled", format!("{}, {}", inbound.missing.len(), inbound.doubled.len()));
    line("  sent whole by who hung up, stored", format!("{}, {}", inbound.hung_up, inbound.hung_up_stored));
    line("sends that the API queued", sent.promised);
    line("  unknown by answer", pairs(&sent.unknown));
    line("  met nobody", sent.not_asked);
    line("  rows of outbound messages", sent.rows);
    let wrong = [&sent.missing, &sent.doubled_rows, &sent.unasked_rows].map(|rows| rows.len().to_string());
    line("  missing, doubled, unasked rows", wrong.join(", "));
    line("  taken by the platform", sent.taken);
    line("  taken more than once", sent.doubled_sends.len());
    line("  by status", pairs(&sent.by_status));
    line("  not at their highest status", sent.not_highest.len());
    line("  in doubt, never sent", format!("{}, {}", sent.in_doubt.len(), sent.unsent.len()));
    line("platform's webhooks given up", news.given_up + news.dropped);
    line("conversations, contacts", format!("{}, {}", threads.conversations, threads.contacts));
    line("  miscounted, misread", format!("{}, {}", threads.miscounted, threads.misread));
    line("left in outbox, inbox", format!("{}, {}", left_over.outbox, left_over.inbox));
    line("unclaimed events, orphan statuses", format!("{}, {}", left_over.unclaimed, left_over.orphans));
    line("left in queues", pairs(working));
    line("dead queues, dead letters", format!("{}; {}", pairs(dead), left_over.dead_letters));
}

fn line(what: &str, figure: impl std::fmt::Display) {
    println!("   {what:38} {figure}");
}

fn pairs<V: std::fmt::Display>(map: &BTreeMap<String, V>) -> String {
    map.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// The last line, its fields in the order in which they are looked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Result<'a> {
    chaos: &'static str,
    ok: bool,
    broken: &'a [String],
    webhooks: &'a Inbound,
    sends: &'a Sent,
    platform_news: News,
    threads: Threads,
    left_over: LeftOver,
    queues: &'a BTreeMap<String, u32>,
    dead: &'a BTreeMap<String, u32>,
    lost_wakes_repaired: f64,
    doubted_by_janitor: f64,
    faults: &'a [Event],
    settled_after_seconds: f64,
    seconds: f64,
}

fn result(outcome: &Outcome) -> String {
    let Outcome { name, count, events, repairs, broken, settled_after, seconds } = outcome;
    let result = Result {
        chaos: name,
        ok: broken.is_empty(),
        broken,
        webhooks: &count.inbound,
        sends: &count.sent,
        platform_news: count.news,
        threads: count.threads,
        left_over: count.left_over,
        queues: &count.working,
        dead: &count.dead,
        lost_wakes_repaired: repairs.lost_wakes,
        doubted_by_janitor: repairs.doubted,
        faults: events,
        settled_after_seconds: *settled_after,
        seconds: *seconds,
    };
    serde_json::to_string(&result).unwrap_or_else(|error| format!(r#"{{"ok":false,"error":"{error}"}}"#))
}
