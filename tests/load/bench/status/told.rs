//! What is told of the messages: their statuses in the shape of WhatsApp's webhooks, shuffled, and where each
//! message stands when all of them are applied.

use std::collections::BTreeMap;

use anyhow::Context;
use bytes::Bytes;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use shared::broker::Outgoing;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::domain::status::MessageStatus;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use uuid::Uuid;

use super::sent::{Message, Sent};

/// Statuses in all, and to how many messages each belongs. The rest of the messages are not read, and what is
/// told twice is that a message was delivered, as it is to each device.
pub(super) const STATUSES: usize = 200_000;
const READ: usize = 45_000;
const SEED: u64 = 70_000;

/// One status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// The place of its message.
    pub(super) message: usize,
    pub(super) status: MessageStatus,
    pub(super) at: DateTime<Utc>,
}

/// Every status there is to tell, in random order.
pub(super) fn shuffled(sent: &Sent) -> Vec<Told> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut places: Vec<usize> = (0..sent.messages.len()).collect();
    places.shuffle(&mut random);
    let told = |message: usize, status, seconds| {
        // Meta's clock shows whole seconds.
        let at = (sent.messages[message].accepted_at + TimeDelta::seconds(seconds)).trunc_subsecs(0);
        Told { message, status, at }
    };
    let mut all: Vec<Told> = Vec::with_capacity(STATUSES);
    all.extend(places.iter().map(|place| told(*place, MessageStatus::Sent, 0)));
    all.extend(places.iter().map(|place| told(*place, MessageStatus::Delivered, 2)));
    all.extend(places.iter().take(READ).map(|place| told(*place, MessageStatus::Read, 60)));
    let again = STATUSES.saturating_sub(all.len());
    all.extend(places.iter().rev().take(again).map(|place| told(*place, MessageStatus::Delivered, 5)));
    all.shuffle(&mut random);
    all
}

/// The messages to the broker that carry `told`, `together` events in each.
pub(super) fn envelopes(sent: &Sent, told: &[Told], together: usize) -> anyhow::Result<Vec<Outgoing>> {
    told.chunks(together)
        .map(|chunk| {
            let events = chunk.iter().map(|one| event(sent, one)).collect::<anyhow::Result<Vec<RawEvent>>>()?;
            Ok(Outgoing::events(&events.iter().collect::<Vec<_>>())?)
        })
        .collect()
}

fn event(sent: &Sent, told: &Told) -> anyhow::Result<RawEvent> {
    let body = body(sent, &sent.messages[told.message], told);
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds { statuses: true, ..Kinds::UNKNOWN },
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: None,
    };
    Ok(RawEvent { head, body: Bytes::from(serde_json::to_vec(&body).context("a status is no JSON")?) })
}

/// One status a webhook, as Meta sends them.
fn body(sent: &Sent, message: &Message, told: &Told) -> Value {
    let thread = &sent.customers.threads[message.thread];
    let mut status = json!({
        "id": message.platform_id,
        "status": told.status.as_str(),
        "timestamp": told.at.timestamp().to_string(),
        "recipient_id": thread.phone,
        "recipient_user_id": thread.bsuid,
        "biz_opaque_callback_data": format!("loa:{}:1", message.id),
    });
    if told.status != MessageStatus::Read {
        status["pricing"] = pricing();
    }
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "84900000001", "phone_number_id": sent.customers.phone_number_id },
        "contacts": [{ "wa_id": thread.phone, "user_id": thread.bsuid }],
        "statuses": [status],
    });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": sent.customers.waba_id, "changes": [change] }] })
}

/// The platform's pricing object of every message.
pub(super) fn pricing() -> Value {
    json!({ "billable": true, "pricing_model": "PMP", "category": "marketing", "type": "regular" })
}

/// Everything told of one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) status: MessageStatus,
    pub(super) accepted_at: Option<DateTime<Utc>>,
    pub(super) delivered_at: Option<DateTime<Utc>>,
    pub(super) read_at: Option<DateTime<Utc>>,
    pub(super) is_priced: bool,
}

/// What `told` says of each message it names, by the message's id.
pub(super) fn folded(sent: &Sent, told: &[Told]) -> BTreeMap<Uuid, End> {
    let mut ends: BTreeMap<Uuid, End> = BTreeMap::new();
    for one in told {
        let none = End { status: one.status, accepted_at: None, delivered_at: None, read_at: None, is_priced: false };
        let end = ends.entry(sent.messages[one.message].id.0).or_insert(none);
        end.status = end.status.max(one.status);
        let moment = match one.status {
            MessageStatus::Delivered => &mut end.delivered_at,
            MessageStatus::Read => &mut end.read_at,
            _ => &mut end.accepted_at,
        };
        *moment = Some(moment.map_or(one.at, |earlier| earlier.min(one.at)));
        end.is_priced |= one.status != MessageStatus::Read;
    }
    ends
}
