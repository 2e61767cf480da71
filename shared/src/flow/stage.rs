//! A stage for tests: a merchant with flows, a customer who talks with one of them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Document;
use super::effect::{Effect, Outgoing};
use super::engine::{self, Plans, Stepped};
use super::event::{Event, Incoming};
use super::plan::Plan;
use super::session::{End, Session, Waiting};
use super::world::{AccountFacts, ContactFacts, ConversationFacts, World};
use crate::domain::business_hours::TimeZone;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ContactId, ConversationId, FlowId, FlowSessionId, MerchantId, MessageId};
use crate::domain::message::received::{Tap, TapOf};
use crate::domain::message::{Content, Said};

pub(super) fn flow(number: u128) -> FlowId {
    FlowId(Uuid::from_u128(number))
}

pub(super) fn plan_of(number: u128, document: Value) -> Plan {
    let document = Document::read(document).unwrap();
    Plan::of(flow(number), 1, document.parse().unwrap()).unwrap()
}

/// The flows of a merchant.
#[derive(Default)]
pub(super) struct Merchant(HashMap<FlowId, Plan>);

impl Plans for Merchant {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        self.0.get(&flow).filter(|plan| plan.version == version)
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        self.0.get(&flow)
    }
}

pub(super) fn world() -> World {
    World {
        now: "2026-11-21T08:00:00Z".parse().unwrap(),
        merchant_id: MerchantId(Uuid::from_u128(1)),
        shop_name: "Lotus".to_owned(),
        account: AccountFacts {
            id: AccountId(Uuid::from_u128(2)),
            channel: Channel::WhatsApp,
            name: Some("Lotus Hanoi".to_owned()),
            timezone: TimeZone::UTC,
            open: true,
            hands_off: true,
            answers_by_ai: false,
        },
        contact: ContactFacts {
            id: Some(ContactId(Uuid::from_u128(3))),
            name: Some("Lan".to_owned()),
            ..ContactFacts::default()
        },
        conversation: ConversationFacts {
            id: ConversationId(Uuid::from_u128(4)),
            last_inbound_at: None,
            references: BTreeMap::from([("order".to_owned(), "A-7".to_owned())]),
        },
    }
}

pub(super) fn incoming(content: Content, at: DateTime<Utc>) -> Incoming {
    let said = Said { content, surroundings: crate::domain::message::received::Surroundings::default() };
    Incoming { message_id: MessageId(Uuid::from_u128(77)), reply_to: None, at, said }
}

pub(super) fn tap(id: &str, title: &str) -> Content {
    Content::Tap(Tap { of: TapOf::Button, id: id.to_owned(), title: title.to_owned(), description: None })
}

/// A customer in a flow.
pub(super) struct Talk {
    pub(super) merchant: Merchant,
    pub(super) world: World,
    pub(super) session: Session,
    /// What the last step wanted done.
    pub(super) effects: Vec<Effect>,
}

impl Talk {
    /// The first of these flows begins.
    pub(super) fn begin(documents: impl IntoIterator<Item = Value>, world: World) -> Self {
        Self::begin_with(documents, world, Map::new())
    }

    pub(super) fn begin_with(
        documents: impl IntoIterator<Item = Value>,
        world: World,
        with: Map<String, Value>,
    ) -> Self {
        let plans = documents.into_iter().zip(1..).map(|(document, number)| (flow(number), plan_of(number, document)));
        let merchant = Merchant(plans.collect());
        let id = FlowSessionId(Uuid::from_u128(9));
        let begun = engine::begin(&merchant, &merchant.0[&flow(1)], id, with, None, &world);
        Self { session: begun.session, effects: begun.effects, merchant, world }
    }

    /// Something happens; says whether it was used. The session goes through storage, as it does in life.
    pub(super) fn hears(&mut self, event: &Event) -> bool {
        let stored = serde_json::to_string(&self.session).unwrap();
        let session: Session = serde_json::from_str(&stored).unwrap();
        assert_eq!(session, self.session);
        let stepped = engine::step(&self.merchant, session, event, &self.world);
        let Stepped { session, effects, used } = stepped;
        (self.session, self.effects) = (session, effects);
        used
    }

    pub(super) fn says(&mut self, text: &str) -> bool {
        self.gets(Content::text_of(text))
    }

    pub(super) fn gets(&mut self, content: Content) -> bool {
        self.hears(&Event::Said(incoming(content, self.world.now)))
    }

    pub(super) fn later(&mut self, seconds: i64) {
        self.world.now += TimeDelta::seconds(seconds);
    }

    /// The wait that the last step asked for: its number and how many seconds from now.
    pub(super) fn wait(&self) -> Option<(u32, i64)> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Wait { wait, due } => Some((*wait, (*due - self.world.now).num_seconds())),
            _ => None,
        })
    }

    /// The words of what the last step said.
    pub(super) fn texts(&self) -> Vec<String> {
        self.contents().iter().filter_map(|content| content.text().map(str::to_owned)).collect()
    }

    pub(super) fn contents(&self) -> Vec<Content> {
        let content = |effect: &Effect| match effect {
            Effect::Send { content: Outgoing::Content(content), .. } => Some(Content::clone(content)),
            _ => None,
        };
        self.effects.iter().filter_map(content).collect()
    }

    /// The question that an answer is waited for.
    pub(super) fn question(&self) -> MessageId {
        let Waiting::Answer { message_id, .. } = self.session.waiting else { panic!("it waits for no answer") };
        message_id
    }

    /// The question is sent, now.
    pub(super) fn sent(&mut self) -> bool {
        let (message_id, at) = (self.question(), self.world.now);
        self.hears(&Event::Sent { message_id, at })
    }

    pub(super) fn end(&self) -> Option<&End> {
        self.effects.iter().find_map(|effect| if let Effect::Ended(end) = effect { Some(end) } else { None })
    }

    /// The code of the failure that it ended with.
    pub(super) fn failure(&self) -> Option<&str> {
        match self.end() {
            Some(End::Failed(failure)) => Some(&failure.code),
            _ => None,
        }
    }

    pub(super) fn hands_off(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::HandOff { .. }))
    }
}

pub(super) fn text(body: &str) -> Value {
    json!({ "message": { "type": "text", "body": body } })
}

pub(super) fn node(id: &str, kind: &str, config: Value) -> Value {
    let mut node = json!({ "id": id, "type": kind });
    node["config"] = config;
    node
}

pub(super) fn say(id: &str, body: &str) -> Value {
    node(id, "send_message", text(body))
}

/// `"a next b"`: from, way out, to.
pub(super) fn document(nodes: Vec<Value>, edges: &[&str]) -> Value {
    let edge = |edge: &&str| {
        let [from, outlet, to] = edge.split(' ').collect::<Vec<_>>()[..] else { panic!("no edge: {edge}") };
        json!({ "from": from, "outlet": outlet, "to": to })
    };
    let mut document = json!({ "edges": edges.iter().map(edge).collect::<Vec<_>>() });
    document["nodes"] = Value::Array(nodes);
    document
}
