//! When the news of an accepted message comes.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::channel::Channel;
use crate::message::{Held, Nature, News, Sent, Stage};
use crate::platform::Platform;

/// Meta: the customer has not written for 24 hours.
const WINDOW_CLOSED: i64 = 131_047;
/// Meta: the customer cannot be reached.
const UNDELIVERABLE: i64 = 131_026;
/// Meta: the customer wants no marketing.
const STOPPED_MARKETING: i64 = 131_050;
/// Meta: the template was paused while messages were held back.
const DROPPED_FOR_QUALITY: i64 = 132_015;
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
    let failure = failure.or(message.failure).or_else(|| hindrance(platform, sent));
    let base = sent.held.map_or(Duration::ZERO, |held| held.lasts);
    let stages: &[_] = match (message.channel, failure, sent.held) {
        (Channel::Whatsapp, Some(code), _) => &[(behaviour.sent_after_ms, Stage::Failed(code))],
        (Channel::Whatsapp, None, Some(Held { is_released: false, .. })) => {
            &[(behaviour.sent_after_ms, Stage::Failed(DROPPED_FOR_QUALITY))]
        }
        (Channel::Messenger | Channel::X, Some(_), _) => &[],
        (_, None, _) => &[
            (behaviour.sent_after_ms, Stage::Sent),
            (behaviour.delivered_after_ms, Stage::Delivered),
            (behaviour.read_after_ms, Stage::Read),
            (behaviour.played_after_ms, Stage::Played),
        ],
    };
    stages
        .iter()
        .filter(|(_, stage)| is_told(message.channel, *stage, behaviour.echoes) && is_done(sent, *stage))
        .filter_map(|(delay, stage)| {
            let delay = base + platform.chance.about(delay.duration()?, behaviour.jitter);
            let at = sent.at + TimeDelta::from_std(delay).unwrap_or_default();
            let news = News { sent: Arc::clone(sent), stage: *stage, at };
            Some((delay, news))
        })
        .collect()
}

/// Why a WhatsApp message cannot reach its customer.
fn hindrance(platform: &Platform, sent: &Sent) -> Option<i64> {
    let message = &sent.message;
    if message.channel != Channel::Whatsapp {
        return None;
    }
    if sent.person.is_unreachable {
        return Some(UNDELIVERABLE);
    }
    if message.nature.is_template() {
        let is_unwelcome = message.nature.is_marketing() && sent.person.stopped_marketing;
        return is_unwelcome.then_some(STOPPED_MARKETING);
    }
    let is_open = platform.windows.is_open(&message.account, message.customer.as_str(), sent.at);
    (platform.behaviour().enforce_window && !is_open).then_some(WINDOW_CLOSED)
}

/// Whether the customer does what `stage` is about: some never read, and only recordings are
/// listened to.
fn is_done(sent: &Sent, stage: Stage) -> bool {
    match stage {
        Stage::Read => !sent.person.never_reads,
        Stage::Played => sent.message.nature == Nature::Voice && !sent.person.never_reads,
        Stage::Sent | Stage::Delivered | Stage::Failed(_) => true,
    }
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
