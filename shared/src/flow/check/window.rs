//! Free-form messages that the platform will refuse, because the customer may not have written for a day.

use super::{Found, Read};
use crate::domain::channel::Channel;
use crate::domain::window::CUSTOMER_SERVICE_WINDOW;
use crate::flow::definition::{MessageTemplate, NodeKind, TriggerKind, Wait};
use crate::flow::fault::Severity;

const DAY: u64 = 24 * 60 * 60;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    let channels: Vec<&str> = read
        .surroundings
        .channels
        .iter()
        .filter(|channel| **channel != Channel::X)
        .map(|channel| channel.as_str())
        .collect();
    let Some(start) = read.paths.start.filter(|_| !channels.is_empty()) else {
        return;
    };
    let window = u64::try_from(CUSTOMER_SERVICE_WINDOW.num_seconds()).unwrap_or(DAY);
    let silence = longest_silence(read, start, window);
    for (index, id, kind) in read.nodes() {
        let Some(silent) = silence[index] else { continue };
        let (is_free, delay) = match kind {
            NodeKind::SendMessage(send) => (is_free_form(&send.message), u64::from(send.delay)),
            NodeKind::Ask(ask) => (is_free_form(&ask.message), 0),
            NodeKind::Handoff(hand_off) => (hand_off.message.is_some(), 0),
            _ => (false, 0),
        };
        if is_free && silent + delay >= window {
            let message = format!(
                "the customer may not have written for 24 h here: {} takes a template alone then, if anything",
                channels.join(" and ")
            );
            found.node(Severity::Error, (index, id), "config.message", "needs_template", message);
        }
    }
    if let Some((at, _)) = read.triggers().find(|(_, kind)| begins_unasked(kind))
        && read.nodes().any(|(index, _, kind)| silence[index] == Some(0) && says_free_form(kind))
    {
        let message =
            "starts a flow whose customer may not have written for 24 h: its first message should be a template";
        found.whole(Severity::Warning, format!("triggers[{at}]"), "needs_template", message);
    }
}

const fn is_free_form(message: &MessageTemplate) -> bool {
    !matches!(message, MessageTemplate::Template { .. })
}

const fn says_free_form(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::SendMessage(send) => is_free_form(&send.message),
        NodeKind::Ask(ask) => is_free_form(&ask.message),
        _ => false,
    }
}

/// Whether it starts without the customer having just written.
const fn begins_unasked(kind: &TriggerKind) -> bool {
    matches!(
        kind,
        TriggerKind::Schedule { .. }
            | TriggerKind::Api {}
            | TriggerKind::TagAdded { .. }
            | TriggerKind::AttributeChanged { .. }
    )
}

/// For each node the longest time, in seconds and up to `most`, that the customer may have been silent when it is
/// reached; none where it is not.
fn longest_silence(read: &Read<'_>, start: usize, most: u64) -> Vec<Option<u64>> {
    let mut silence: Vec<Option<u64>> = vec![None; read.nodes.len()];
    let begin = read.triggers().map(|(_, kind)| if let TriggerKind::NoReply { after } = kind { *after } else { 0 });
    silence[start] = Some(begin.max().unwrap_or(0).min(most));
    // Without a loop that grows it is found after as many rounds as there are nodes.
    let spread_all = |silence: &mut Vec<Option<u64>>| {
        (0..=read.nodes.len()).any(|_| spread(read, silence, |after| after.min(most)) == 0)
    };
    if !spread_all(&mut silence) {
        // What still grows is in a loop of waits, or behind one: it comes to any length.
        spread(read, &mut silence, |_| most);
        spread_all(&mut silence);
    }
    silence
}

/// Takes each node's silence along its ways out; `to` says what a longer one becomes. Gives how many became longer.
fn spread(read: &Read<'_>, silence: &mut [Option<u64>], to: impl Fn(u64) -> u64) -> usize {
    let mut changed = 0;
    for at in 0..silence.len() {
        let Some(before) = silence[at] else { continue };
        for (outlet, next) in &read.paths.next[at] {
            let after = grown(read.nodes[at].as_ref(), outlet, before);
            let longer = to(after);
            if silence[*next].is_none_or(|known| known < after && known < longer) {
                silence[*next] = Some(longer);
                changed += 1;
            }
        }
    }
    changed
}

fn grown(kind: Option<&NodeKind>, outlet: &str, before: u64) -> u64 {
    match kind {
        Some(NodeKind::Wait(wait)) => before.saturating_add(longest(wait)),
        Some(NodeKind::SendMessage(send)) => before.saturating_add(send.delay.into()),
        Some(NodeKind::Ask(ask)) if outlet == "timed_out" => before.saturating_add(ask.timeout.unwrap_or(0)),
        Some(NodeKind::Ask(_)) => 0,
        _ => before,
    }
}

/// The longest that a wait lasts.
fn longest(wait: &Wait) -> u64 {
    match (&wait.until, wait.duration) {
        // Just not a day, or a week where the day is named.
        (Some(until), _) if until.days.is_empty() => DAY - 1,
        (Some(_), _) => 7 * DAY,
        (None, duration) => duration.unwrap_or(0),
    }
}
