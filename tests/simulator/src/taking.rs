//! What happens to every valid request to send, whichever platform it is for: the fault ordered
//! for it, else acceptance; the record; the news to come.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use tokio::time::sleep;

use crate::channel::Channel;
use crate::fault::Fault;
use crate::graph;
use crate::id;
use crate::incoming::Incoming;
use crate::ledger::{Outcome, Received};
use crate::lock::lock;
use crate::message::{Held, Message, Sent};
use crate::platform::Platform;
use crate::webhook::timetable;
use crate::x;

/// A request that passed its platform's checks.
pub(crate) enum Order {
    /// Send this.
    Message(Message),
    /// Show the customer a read mark or that one is typing; answered with this.
    Mark(Value),
}

/// A request that did not pass, answered in the platform's own form.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) body: Value,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

/// Answers a request that `account` made of `channel` and records it.
pub(crate) async fn settle(
    platform: &Platform,
    incoming: &Incoming,
    channel: Channel,
    account: &str,
    order: Result<Order, Refusal>,
) -> Response {
    match order {
        Err(refusal) => {
            let received = received(incoming, channel, account, refused(&refusal));
            lock(&platform.ledger).record(received);
            refusal.into_response()
        }
        Ok(Order::Mark(answer)) => {
            let received = received(incoming, channel, account, Outcome::Marked);
            lock(&platform.ledger).record(received);
            Json(answer).into_response()
        }
        Ok(Order::Message(message)) => send(platform, incoming, message).await,
    }
}

async fn send(platform: &Platform, incoming: &Incoming, message: Message) -> Response {
    if let Some(code) = over_limit(platform, incoming, &message) {
        let refusal = ordered_refusal(message.channel, code, None);
        record(platform, incoming, &message, refused(&refusal));
        return refusal.into_response();
    }
    match platform.faults.take(&message) {
        None => accept(platform, incoming, message, Fate::Told),
        Some(Fault::FailLater { code }) => accept(platform, incoming, message, Fate::Fails(code)),
        Some(Fault::HoldForQuality { millis, released }) => {
            let held = Held { lasts: Fault::hang(millis), is_released: released };
            accept(platform, incoming, message, Fate::Held(held))
        }
        Some(Fault::AcceptThenDrop) => {
            take(platform, incoming, message, Outcome::AnswerLost, Fate::Told);
            cut(incoming)
        }
        Some(Fault::AcceptThenHang { millis }) => {
            let sent = take(platform, incoming, message, Outcome::Accepted, Fate::Told);
            held_back(platform, millis).await;
            receipt(&sent)
        }
        Some(Fault::Refuse { code, http_status }) => {
            let refusal = ordered_refusal(message.channel, code, http_status);
            record(platform, incoming, &message, refused(&refusal));
            refusal.into_response()
        }
        Some(Fault::Html { http_status }) => {
            let status = StatusCode::from_u16(http_status).unwrap_or(StatusCode::BAD_GATEWAY);
            let outcome = Outcome::Refused { http_status: status.as_u16(), code: 0 };
            record(platform, incoming, &message, outcome);
            (status, Html(PAGE)).into_response()
        }
        Some(Fault::DropConnection) => {
            record(platform, incoming, &message, Outcome::Dropped);
            cut(incoming)
        }
        Some(Fault::Hang { millis }) => {
            record(platform, incoming, &message, Outcome::Hung);
            held_back(platform, millis).await;
            cut(incoming)
        }
    }
}

/// What a proxy says.
pub(crate) const PAGE: &str = "<!DOCTYPE html><html><head><title>Error</title></head>\
    <body><h1>Sorry, something went wrong.</h1></body></html>";

/// The code that a message is refused with because too much was sent.
fn over_limit(platform: &Platform, incoming: &Incoming, message: &Message) -> Option<i64> {
    if message.channel != Channel::Whatsapp {
        return None;
    }
    let has_window = platform.windows.is_open(&message.account, message.customer.as_str(), incoming.at);
    platform.limits.check(&platform.behaviour(), message, has_window, incoming.at)
}

/// What was ordered for a message that is taken.
#[derive(Clone, Copy)]
enum Fate {
    /// Its statuses follow.
    Told,
    /// Only a `failed` status with this code follows.
    Fails(i64),
    /// It is held back first.
    Held(Held),
}

/// Takes the message and says so.
fn accept(platform: &Platform, incoming: &Incoming, message: Message, fate: Fate) -> Response {
    receipt(&take(platform, incoming, message, Outcome::Accepted, fate))
}

/// Waits so long, or until the simulator stops.
pub(crate) async fn held_back(platform: &Platform, millis: u64) {
    tokio::select! {
        () = sleep(Fault::hang(millis)) => {}
        () = platform.stop.cancelled() => {}
    }
}

/// The platform's answer to a message that it took.
fn receipt(sent: &Sent) -> Response {
    match sent.message.channel {
        Channel::Whatsapp => Json(graph::whatsapp::receipt(sent)).into_response(),
        Channel::Messenger => Json(graph::messenger::receipt(sent)).into_response(),
        Channel::X => (StatusCode::CREATED, Json(x::receipt(sent))).into_response(),
    }
}

fn take(platform: &Platform, incoming: &Incoming, message: Message, outcome: Outcome, fate: Fate) -> Arc<Sent> {
    let platform_id = id::message(message.channel, incoming.at);
    let received = Received { platform_id: Some(platform_id.clone()), ..of_message(incoming, &message, outcome) };
    let (failure, held) = match fate {
        Fate::Told => (None, None),
        Fate::Fails(code) => (Some(code), None),
        Fate::Held(held) => (None, Some(held)),
    };
    let person = platform.people.at(&message.customer);
    let sent = Arc::new(Sent { platform_id, at: incoming.at, message, person, held });
    lock(&platform.ledger).record(received);
    timetable::announce(platform, &sent, failure);
    platform.taken.notify_waiters();
    sent
}

/// Records a message that was not taken.
fn record(platform: &Platform, incoming: &Incoming, message: &Message, outcome: Outcome) {
    lock(&platform.ledger).record(of_message(incoming, message, outcome));
}

fn of_message(incoming: &Incoming, message: &Message, outcome: Outcome) -> Received {
    Received {
        to: Some(message.input.clone()),
        reference: message.reference.clone(),
        ..received(incoming, message.channel, &message.account, outcome)
    }
}

fn received(incoming: &Incoming, channel: Channel, account: &str, outcome: Outcome) -> Received {
    Received {
        at: incoming.at.timestamp_micros(),
        channel,
        path: incoming.uri.path().to_owned(),
        headers: incoming.shown_headers().into(),
        body: String::from_utf8_lossy(&incoming.body).into(),
        account: account.to_owned(),
        to: None,
        reference: None,
        platform_id: None,
        outcome,
    }
}

fn refused(refusal: &Refusal) -> Outcome {
    Outcome::Refused { http_status: refusal.status.as_u16(), code: refusal.code }
}

/// The refusal that a [`Fault::Refuse`] asks for.
pub(crate) fn ordered_refusal(channel: Channel, code: i64, http_status: Option<u16>) -> Refusal {
    let status = http_status.and_then(|status| StatusCode::from_u16(status).ok());
    match channel {
        Channel::Whatsapp => graph::error::of_code(code, status, true),
        Channel::Messenger => graph::error::of_code(code, status, false),
        Channel::X => x::error::of_code(code, status),
    }
}

/// Cuts the connection; the empty answer is what the server tries to write and cannot.
pub(crate) fn cut(incoming: &Incoming) -> Response {
    incoming.line.cut();
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
