//! A webhook request from its first byte to its answer.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::request::Parts;
use http::{HeaderMap, Method, Request, StatusCode};
use hyper::body::Body;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::raw::{EventHead, RawEvent};
use shared::peek::peek;
use shared::signature::Rejected;

use crate::admission::{Admitted, Budget, Exhausted};
use crate::answer::{self, Answer};
use crate::body::{self, BodyError, BodyLimits};
use crate::challenge;
use crate::concurrency::Crowded;
use crate::durable::{Durable, NotDurable};
use crate::log_limit::LogLimit;
use crate::metrics::{Followed, Metrics, Outcome};
use crate::route;
use crate::secrets::Secrets;

/// Answers the requests of every connection.
pub(crate) struct Receiver<D> {
    secrets: Secrets,
    limits: BodyLimits,
    budget: Arc<Budget>,
    durable: Arc<D>,
    metrics: Arc<Metrics>,
    challenged: LogLimit,
    refused: LogLimit,
    failed: LogLimit,
}

/// Why a webhook gets no 200.
enum Refusal {
    Overloaded,
    /// It is read, and its event would have to wait for too long.
    Crowded,
    Body(BodyError),
    Signature(Rejected),
    NotDurable(NotDurable),
}

impl<D: Durable> Receiver<D> {
    /// Events are handed to `durable`.
    pub(crate) fn new(
        secrets: Secrets,
        limits: BodyLimits,
        in_flight_bytes: usize,
        durable: Arc<D>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            secrets,
            limits,
            budget: Budget::new(in_flight_bytes, metrics.in_flight_bytes.clone()),
            durable,
            metrics,
            challenged: LogLimit::new(),
            refused: LogLimit::new(),
            failed: LogLimit::new(),
        }
    }

    /// Answers `request`.
    pub(crate) async fn answer<B: Body<Data = Bytes>>(&self, request: Request<B>) -> Answer {
        let Some(endpoint) = route::find(request.uri().path()) else {
            return unread(request.body(), answer::bare(StatusCode::NOT_FOUND));
        };
        let channel = endpoint.channel;
        match *request.method() {
            Method::GET => {
                let query = request.uri().query().unwrap_or_default();
                unread(request.body(), self.challenge(channel, query))
            }
            Method::POST if endpoint.takes_events => self.webhook(channel, request).await,
            _ => unread(request.body(), answer::only(endpoint.allow())),
        }
    }

    fn challenge(&self, channel: Channel, query: &str) -> Answer {
        let answer = challenge::answer(&self.secrets, channel, query);
        let answered = answer.status() == StatusCode::OK;
        self.metrics.challenge(channel, answered);
        if let Some(left_out) = self.challenged.pass() {
            tracing::info!(%channel, answered, left_out, "challenge");
        }
        answer
    }

    async fn webhook<B: Body<Data = Bytes>>(&self, path: Channel, request: Request<B>) -> Answer {
        let mut followed = self.metrics.follow(path);
        let (head, body) = request.into_parts();
        match self.accept(&head, body, &mut followed).await {
            Ok(()) => {
                followed.outcome = Outcome::Accepted;
                answer::accepted()
            }
            Err(refusal) => {
                followed.outcome = refusal.outcome();
                self.log(followed.channel, &refusal);
                refusal.answer()
            }
        }
    }

    /// Returns when the event is durable.
    async fn accept<B: Body<Data = Bytes>>(
        &self,
        head: &Parts,
        body: B,
        followed: &mut Followed<'_>,
    ) -> Result<(), Refusal> {
        let path = followed.channel;
        // Said first: room or no room, the same request need not be tried again.
        let announced = body::announced(&body, self.limits)?;
        let mut room = self.budget.admit(announced)?;
        let body = body::read(body, self.limits, &mut room).await?;
        // Said before any work is done for it: past capacity most requests end here.
        let waiting = room.wait()?;
        let received_at = clock::now();
        self.metrics.body(body.len());
        // The signature covers the bytes as sent, so it is checked before anything reads them.
        let app = self.secrets.signer(path, &head.headers, &body)?;
        let event = event(path, app, &head.headers, received_at, body);
        followed.channel = event.head.channel;
        let kept = self.durable.keep(Admitted::new(event, room)).await;
        waiting.end();
        kept.map_err(Refusal::NotDurable)
    }

    /// Clients cause these lines, so they are few.
    fn log(&self, channel: Channel, refusal: &Refusal) {
        match refusal {
            Refusal::Signature(reason) => {
                if let Some(left_out) = self.refused.pass() {
                    tracing::warn!(%channel, %reason, left_out, "webhook refused");
                }
            }
            Refusal::NotDurable(NotDurable(reason)) => {
                if let Some(left_out) = self.failed.pass() {
                    tracing::error!(%channel, %reason, left_out, "event not accepted");
                }
            }
            Refusal::Overloaded | Refusal::Crowded | Refusal::Body(_) => {}
        }
    }
}

fn event(path: Channel, app: &str, headers: &HeaderMap, received_at: DateTime<Utc>, body: Bytes) -> RawEvent {
    let seen = peek(Some(path), &body);
    let id = EventId::new();
    let head = EventHead {
        id,
        channel: seen.channel,
        kinds: seen.kinds,
        app: app.to_owned(),
        received_at,
        traceparent: Some(crate::trace::of_request(headers, id).to_string()),
    };
    RawEvent { head, body }
}

/// An answer to a request whose body, if it has one, stays unread.
fn unread(body: &impl Body, answer: Answer) -> Answer {
    if body.is_end_stream() { answer } else { answer::closing(answer) }
}

impl Refusal {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Overloaded | Self::Crowded | Self::Body(BodyError::NoRoom) => Outcome::Overloaded,
            Self::Body(BodyError::TooLarge) => Outcome::TooLarge,
            Self::Body(BodyError::TooSlow) => Outcome::Timeout,
            Self::Body(BodyError::Broken) => Outcome::HungUp,
            Self::Signature(_) => Outcome::BadSignature,
            Self::NotDurable(_) => Outcome::NotDurable,
        }
    }

    fn answer(&self) -> Answer {
        match self {
            Self::Overloaded | Self::Body(BodyError::NoRoom) => answer::closing(answer::come_again()),
            Self::Body(BodyError::TooLarge) => answer::closing(answer::bare(StatusCode::PAYLOAD_TOO_LARGE)),
            Self::Body(BodyError::TooSlow) => answer::closing(answer::bare(StatusCode::REQUEST_TIMEOUT)),
            Self::Body(BodyError::Broken) => answer::closing(answer::bare(StatusCode::BAD_REQUEST)),
            Self::Signature(_) => answer::bare(StatusCode::UNAUTHORIZED),
            Self::Crowded | Self::NotDurable(_) => answer::come_again(),
        }
    }
}

impl From<Exhausted> for Refusal {
    fn from(Exhausted: Exhausted) -> Self {
        Self::Overloaded
    }
}

impl From<Crowded> for Refusal {
    fn from(Crowded: Crowded) -> Self {
        Self::Crowded
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

impl From<Rejected> for Refusal {
    fn from(reason: Rejected) -> Self {
        Self::Signature(reason)
    }
}
