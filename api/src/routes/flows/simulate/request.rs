//! What a simulation is asked for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::business_hours::TimeZone;
use shared::domain::channel::Channel;
use shared::domain::consent::Purpose;
use shared::domain::ids::{ContactId, ConversationId, FlowId, MessageId};
use shared::flow::{Document, Session};
use utoipa::ToSchema;

use super::super::body::TriggerBody;
use crate::error::FieldProblem;

const MOST_EVENTS: usize = 100;
const LONGEST_SAID: usize = 4_096;
/// Seconds: a little more than a year.
const LONGEST_PASS: u64 = 400 * 24 * 3_600;
/// Virtual time stays within these, so that no sum of times overflows.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

/// A conversation to be played.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SimulateFlow)]
pub(in super::super) struct Body {
    /// What is played; the flow's draft where neither this nor `version` is given.
    #[serde(default)]
    #[schema(value_type = Option<Document>)]
    pub(super) document: Option<Value>,
    /// What starts it, where `nodes` is a bare list.
    #[serde(default)]
    pub(super) trigger: Option<TriggerBody>,
    /// In place of a document: nodes without ids and edges, gone through in order.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    pub(super) nodes: Option<Vec<Map<String, Value>>>,
    /// A version of the flow.
    #[serde(default)]
    pub(super) version: Option<i32>,
    /// The channel, where neither the door nor the flow says.
    #[serde(default)]
    pub(super) channel: Option<Channel>,
    /// The customer.
    #[serde(default)]
    pub(super) contact: Option<ContactBody>,
    /// The customer's language, in place of the contact's.
    #[serde(default)]
    pub(super) language: Option<String>,
    /// The merchant's side.
    #[serde(default)]
    pub(super) account: Option<AccountBody>,
    /// What the flow begins with.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub(super) variables: Option<Map<String, Value>>,
    /// When it begins; now where this is left out.
    #[serde(default)]
    pub(super) now: Option<DateTime<Utc>>,
    /// Whether the flow begins by the first message that one of its triggers listens to, and not at once.
    #[serde(default)]
    pub(super) by_trigger: bool,
    /// What happens, in order.
    #[serde(default)]
    pub(super) events: Vec<EventBody>,
    /// Where an earlier simulation ended: its `state`, as it was given.
    #[serde(default)]
    pub(super) state: Option<SimulationState>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// Something that happens: one of these.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SimulatedEvent)]
pub(super) struct EventBody {
    /// The customer writes.
    #[serde(default)]
    pub(super) say: Option<String>,
    /// The customer taps a button or a row, by its id.
    #[serde(default)]
    pub(super) tap: Option<String>,
    /// Seconds go by.
    #[serde(default)]
    pub(super) pass: Option<u64>,
    /// The call that is waited for comes back.
    #[serde(default)]
    pub(super) called: Option<CalledBody>,
    /// The last message does not arrive.
    #[serde(default)]
    pub(super) fail_send: Option<bool>,
    /// The AI responder is done.
    #[serde(default)]
    pub(super) ai_done: Option<AiDoneBody>,
}

/// What a call brings: a status and a body, or why it failed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SimulatedCall)]
pub(super) struct CalledBody {
    #[serde(default)]
    #[schema(minimum = 100, maximum = 599)]
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) body: Value,
    /// Why there was no answer.
    #[serde(default)]
    pub(super) failed: Option<String>,
}

/// How the AI responder was done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SimulatedAi)]
pub(super) struct AiDoneBody {
    #[serde(default)]
    pub(super) wants_person: bool,
}

/// The customer of a simulation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(as = SimulatedContact)]
pub(super) struct ContactBody {
    /// Decides the arm of an A/B split; made up where this is left out.
    pub(super) id: Option<ContactId>,
    pub(super) name: Option<String>,
    pub(super) username: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) locale: Option<String>,
    #[schema(value_type = Option<String>)]
    pub(super) timezone: Option<TimeZone>,
    pub(super) source: Option<String>,
    pub(super) tags: BTreeSet<String>,
    #[schema(value_type = Object)]
    pub(super) attributes: Map<String, Value>,
    /// What was granted and taken back.
    #[schema(value_type = Object)]
    pub(super) consents: BTreeMap<Purpose, bool>,
    pub(super) first_interaction_at: Option<DateTime<Utc>>,
    pub(super) last_interaction_at: Option<DateTime<Utc>>,
    pub(super) created_at: Option<DateTime<Utc>>,
}

/// The merchant's side of a simulation.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(as = SimulatedAccount)]
pub(super) struct AccountBody {
    pub(super) name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub(super) timezone: Option<TimeZone>,
    /// Whether it is within business hours.
    pub(super) open: bool,
    /// Whether a conversation may be handed to a person.
    pub(super) hands_off: bool,
    /// Whether an AI agent takes turns.
    pub(super) answers_by_ai: bool,
}

impl Default for AccountBody {
    fn default() -> Self {
        Self { name: None, timezone: None, open: true, hands_off: true, answers_by_ai: false }
    }
}

/// Where a simulation stands. It is handed back as it was given; what is in it is the engine's.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct SimulationState {
    #[schema(value_type = Option<Object>)]
    pub(super) session: Option<Session>,
    pub(super) now: DateTime<Utc>,
    pub(super) contact: ContactBody,
    pub(super) conversation_id: ConversationId,
    pub(super) last_inbound_at: Option<DateTime<Utc>>,
    /// Waits by their numbers.
    #[schema(value_type = Object)]
    pub(super) waits: BTreeMap<u32, DateTime<Utc>>,
    /// Messages that go out later.
    #[schema(value_type = Vec<Value>)]
    pub(super) sending: Vec<(DateTime<Utc>, MessageId)>,
    /// The call that is waited for.
    pub(super) call: Option<u32>,
    /// The message that was said last.
    pub(super) last_sent: Option<MessageId>,
}

impl Body {
    /// What cannot be played.
    pub(super) fn problems(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        if self.events.len() > MOST_EVENTS {
            problems.push(FieldProblem::new("events", format!("must hold at most {MOST_EVENTS}")));
        }
        let moments = [("now", self.now), ("state.now", self.state.as_ref().map(|state| state.now))];
        for (field, moment) in moments {
            if moment.is_some_and(|moment| !YEARS.contains(&moment.year())) {
                let (first, last) = (YEARS.start(), YEARS.end());
                problems.push(FieldProblem::new(field, format!("must lie in the years {first} to {last}")));
            }
        }
        for (at, event) in self.events.iter().enumerate() {
            if let Some(problem) = event.problem() {
                problems.push(FieldProblem::new(format!("events[{at}]"), problem));
            }
        }
        problems
    }

    /// The flow that an earlier simulation is in.
    pub(super) fn flow_under_way(&self) -> Option<FlowId> {
        Some(self.state.as_ref()?.session.as_ref()?.frames.first()?.flow_id)
    }
}

impl EventBody {
    fn problem(&self) -> Option<String> {
        let given = [
            self.say.is_some(),
            self.tap.is_some(),
            self.pass.is_some(),
            self.called.is_some(),
            self.fail_send.is_some(),
            self.ai_done.is_some(),
        ];
        if given.into_iter().filter(|is_given| *is_given).count() != 1 {
            return Some("must be one of: say, tap, pass, called, failSend, aiDone".to_owned());
        }
        let said = self.say.as_ref().or(self.tap.as_ref());
        if said.is_some_and(|said| said.chars().count() > LONGEST_SAID) {
            return Some(format!("must hold at most {LONGEST_SAID} characters"));
        }
        if self.pass.is_some_and(|seconds| seconds > LONGEST_PASS) {
            return Some(format!("passes at most {LONGEST_PASS} seconds"));
        }
        let is_call = |call: &CalledBody| {
            let is_status = call.status.is_some_and(|status| (100..600).contains(&status));
            (is_status && call.failed.is_none()) || (call.status.is_none() && call.failed.is_some())
        };
        let call = self.called.as_ref();
        call.filter(|call| !is_call(call)).map(|_| "a call has a `status` from 100 to 599, or `failed`".to_owned())
    }
}
