//! When the news of an accepted message comes.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::channel::Channel;
use crate::message::{Nature, News, Sent, Stage};
use crate::platform::Platform;

/// Meta: the customer has not written for 24 hours.
const WINDOW_CLOSED: i64 = 131_047;
/// A second copy of a webhook comes this long after the first, more or less.
const DUPLICATE_AFTER: Duration = Duration::from_millis(20);

/// Schedules what is to be told of `sent`; with `failure`, only that it failed.
pub(crate) fn announce(platform: &Platform, sent: &Arc<Sent>, failure: Option<i64>) {
    let behaviour = platform.behaviour();
    let now = Instant::now();
    let mut plan = plan(platform, sent, failure);
    if platform.chance.happens(behaviour.reordering) {
        shuffle(platform, &mut plan);
    }
    for (delay, news) in plan {
        if platform.chance.happens(behaviour.duplicates) {
            let again = delay + platform.chance.about(DUPLICATE_AFTER, behaviour.jitter);
            platform.courier.add(now + again, news.clone());
        }
        platform.courier.add(now + delay, news);
    }
}

/// What happens, and how long after the acceptance.
fn plan(platform: &Platform, sent: &Arc<Sent>, failure: Option<i64>) -> Vec<(Duration, News)> {
    let behaviour = platform.behaviour();
    let message = &sent.message;
    let window_closed = behaviour.enforce_window
        && message.channel == Channel::Whatsapp
        && !matches!(message.nature, Nature::Template { .. })
        && !platform.windows.is_open(&message.account, message.customer.as_str(), sent.at);
    let failure = failure.or(message.failure).or(window_closed.then_some(WINDOW_CLOSED));
    let stages: &[_] = match (message.channel, failure) {
        (Channel::Whatsapp, Some(code)) => &[(behaviour.sent_after_ms, Stage::Failed(code))],
        (Channel::Messenger | Channel::X, Some(_)) => &[],
        (_, None) => &[
            (behaviour.sent_after_ms, Stage::Sent),
            (behaviour.delivered_after_ms, Stage::Delivered),
            (behaviour.read_after_ms, Stage::Read),
        ],
    };
    stages
        .iter()
        .filter(|(_, stage)| is_told(message.channel, *stage, behaviour.echoes))
        .filter_map(|(delay, stage)| {
            let delay = platform.chance.about(delay.duration()?, behaviour.jitter);
            let at = sent.at + TimeDelta::from_std(delay).unwrap_or_default();
            let news = News { sent: Arc::clone(sent), stage: *stage, at };
            Some((delay, news))
        })
        .collect()
}

/// Whether the channel's webhooks tell of `stage` at all. Messenger and X tell of what was sent by
/// an echo; X does not tell of delivery.
fn is_told(channel: Channel, stage: Stage, echoes: bool) -> bool {
    match (channel, stage) {
        (Channel::Messenger | Channel::X, Stage::Sent) => echoes,
        (Channel::X, Stage::Delivered) => false,
        _ => true,
    }
}

/// Gives each piece of news the delay of another.
fn shuffle(platform: &Platform, plan: &mut [(Duration, News)]) {
    if plan.len() < 2 {
        return;
    }
    let mut delays: Vec<_> = plan.iter().map(|(delay, _)| *delay).collect();
    delays.rotate_left(platform.chance.shift(plan.len()));
    for ((delay, _), other) in plan.iter_mut().zip(delays) {
        *delay = other;
    }
}
