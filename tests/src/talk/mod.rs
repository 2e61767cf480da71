//! A conversation with a flow, written down as a play: what is said and done, line by line, with the engine alone.
//!
//! ```text
//! loa: Which size? [Small] [Large]
//! customer: large
//! sets: size = "l"
//! ends: completed
//! ```

pub mod lines;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, bail, ensure};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use shared::domain::business_hours::TimeZone;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, ContactId, ConversationId, FlowId, FlowSessionId, MerchantId, MessageId};
use shared::domain::message::received::{Surroundings, Tap, TapOf};
use shared::domain::message::{Content, Said};
use shared::flow::Document;
use shared::flow::effect::Effect;
use shared::flow::engine::{self, Plan, Plans, Stepped};
use shared::flow::event::{CallOutcome, Event, Incoming};
use shared::flow::session::Session;
use shared::flow::world::{AccountFacts, ContactFacts, ConversationFacts, World};
use uuid::Uuid;

/// Flows by their ids, each in its first version.
#[derive(Debug, Default)]
pub struct Shelf(HashMap<FlowId, Plan>);

impl Plans for Shelf {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        self.0.get(&flow).filter(|plan| plan.version == version)
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        self.0.get(&flow)
    }
}

impl Shelf {
    /// Puts a flow on it.
    pub fn put(&mut self, id: FlowId, document: &Document) -> anyhow::Result<()> {
        let definition = document.parse().map_err(|faults| anyhow::anyhow!("{faults:#?}"))?;
        let plan = Plan::of(id, 1, definition).map_err(|faults| anyhow::anyhow!("{faults:#?}"))?;
        self.0.insert(id, plan);
        Ok(())
    }

    /// Every flow on it.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.0.values()
    }
}

/// A conversation under way.
#[derive(Debug)]
pub struct Talk<'a> {
    shelf: &'a Shelf,
    world: World,
    session: Session,
    /// What was to be told later.
    waits: BTreeMap<u32, DateTime<Utc>>,
    /// The call that was made last.
    call: Option<u32>,
    /// The question that was asked last.
    asked: Option<MessageId>,
    heard: u128,
    /// What happened since somebody looked.
    lines: Vec<String>,
}

impl<'a> Talk<'a> {
    /// Begins `flow` with Linh, whose language is `locale`.
    pub fn begin(shelf: &'a Shelf, flow: FlowId, locale: Option<&str>) -> anyhow::Result<Self> {
        let mut world = world()?;
        world.contact.locale = locale.map(str::to_owned);
        Self::begin_in(shelf, flow, world, Map::new())
    }

    /// Begins `flow` in a world, with variables.
    pub fn begin_in(shelf: &'a Shelf, flow: FlowId, world: World, with: Map<String, Value>) -> anyhow::Result<Self> {
        let plan = shelf.published(flow).context("there is no such flow")?;
        let Stepped { session, effects, .. } =
            engine::begin(shelf, plan, FlowSessionId(Uuid::from_u128(1)), with, None, &world);
        let mut talk = Self {
            shelf,
            world,
            session,
            waits: BTreeMap::new(),
            call: None,
            asked: None,
            heard: 0,
            lines: Vec::new(),
        };
        talk.note(effects)?;
        Ok(talk)
    }

    /// What happened since it was looked at last.
    pub fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.lines)
    }

    /// Plays `script`: what somebody else than the flow does is done, all else must come of it.
    pub fn play(&mut self, script: &str) -> anyhow::Result<()> {
        let mut expected = Vec::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let Some(happens) = Happens::read(line)? else {
                expected.push(line.to_owned());
                continue;
            };
            self.compare(&mut expected)?;
            self.happen(happens).with_context(|| format!("at `{line}`"))?;
        }
        self.compare(&mut expected)
    }

    /// Does what `line` says that somebody else than the flow does.
    pub fn happens(&mut self, line: &str) -> anyhow::Result<()> {
        let happens = Happens::read(line)?.with_context(|| format!("`{line}` is the flow's"))?;
        self.happen(happens)
    }

    fn compare(&mut self, expected: &mut Vec<String>) -> anyhow::Result<()> {
        let (came, expected) = (self.lines(), std::mem::take(expected));
        ensure!(came == expected, "expected {expected:#?}, came {came:#?}");
        Ok(())
    }

    fn happen(&mut self, happens: Happens) -> anyhow::Result<()> {
        let event = match happens {
            Happens::Said(content) => {
                self.heard += 1;
                Event::Said(Incoming {
                    message_id: MessageId(Uuid::from_u128(self.heard)),
                    reply_to: None,
                    at: self.world.now,
                    said: Said { content, surroundings: Surroundings::default() },
                })
            }
            Happens::TimePasses => {
                let (wait, due) = self.waits.pop_first().context("nothing is waited for")?;
                self.world.now = self.world.now.max(due);
                Event::Due { wait }
            }
            Happens::Answered(outcome) => {
                Event::Called { call: self.call.take().context("nothing was called")?, outcome }
            }
            Happens::NotDelivered(code) => {
                let message_id = self.asked.context("nothing was asked")?;
                Event::SendFailed { message_id, code, reason: "it was not delivered".to_owned() }
            }
            Happens::AgentDone { wants_person } => Event::AiDone { wants_person },
        };
        self.step(&event)
    }

    fn step(&mut self, event: &Event) -> anyhow::Result<()> {
        let Stepped { session, effects, .. } = engine::step(self.shelf, self.session.clone(), event, &self.world);
        self.session = session;
        self.note(effects)
    }

    fn note(&mut self, effects: Vec<Effect>) -> anyhow::Result<()> {
        let mut sent = Vec::new();
        for effect in effects {
            self.lines.extend(lines::of(&effect));
            match effect {
                Effect::Send { message_id, asks: true, .. } => sent.push(message_id),
                Effect::Wait { wait, due } => drop(self.waits.insert(wait, due)),
                Effect::Forget { wait } => drop(self.waits.remove(&wait)),
                Effect::Call { call, .. } => self.call = Some(call),
                effect => self.learn(effect),
            }
        }
        // The platform takes what is asked at once, and the time to answer begins.
        for message_id in sent {
            self.asked = Some(message_id);
            let waits = self.lines.len();
            self.step(&Event::Sent { message_id, at: self.world.now })?;
            // That it has a limit is not said: only what comes of it.
            self.lines.retain({
                let mut place = 0;
                move |line| {
                    place += 1;
                    place <= waits || !line.starts_with("waits: ")
                }
            });
        }
        Ok(())
    }

    /// What is known of the customer from then on.
    fn learn(&mut self, effect: Effect) {
        let contact = &mut self.world.contact;
        match effect {
            Effect::SetAttribute { name, value } => drop(contact.attributes.insert(name, value)),
            Effect::AddTag { tag } => drop(contact.tags.insert(tag)),
            Effect::RemoveTag { tag } => drop(contact.tags.remove(&tag)),
            Effect::Consent { purpose, granted, .. } => drop(contact.consents.insert(purpose, granted)),
            _ => {}
        }
    }
}

/// What somebody else than the flow does.
enum Happens {
    Said(Content),
    TimePasses,
    Answered(CallOutcome),
    NotDelivered(String),
    AgentDone { wants_person: bool },
}

impl Happens {
    fn read(line: &str) -> anyhow::Result<Option<Self>> {
        let (who, what) = line.split_once(": ").unwrap_or((line, ""));
        Ok(Some(match who {
            "customer" => Self::Said(Content::text_of(what)),
            "customer taps" => Self::Said(Content::Tap(Tap {
                of: TapOf::Button,
                id: what.to_owned(),
                title: what.to_owned(),
                description: None,
            })),
            "time passes" => Self::TimePasses,
            "answer" if what == "none" => Self::Answered(CallOutcome::Failed { reason: "timed out".to_owned() }),
            "answer" => {
                let (status, body) = what.split_once(' ').context("an answer is a status and a body")?;
                Self::Answered(CallOutcome::Answered { status: status.parse()?, body: serde_json::from_str(body)? })
            }
            "not delivered" => Self::NotDelivered(what.to_owned()),
            "the agent is done" => Self::AgentDone { wants_person: false },
            "the agent wants a person" => Self::AgentDone { wants_person: true },
            "loa" | "waits" | "sets" | "adds tag" | "removes tag" | "consent" | "calls" | "asks the agent"
            | "hands off" | "closes" | "ends" => return Ok(None),
            _ => bail!("nobody says `{line}`"),
        }))
    }
}

/// Where examples happen: with Linh, who is known, on a Saturday afternoon.
pub fn world() -> anyhow::Result<World> {
    let attributes = json!({ "tier": "gold" }).as_object().cloned().unwrap_or_default();
    Ok(World {
        now: "2026-11-21T10:00:00Z".parse()?,
        merchant_id: MerchantId(Uuid::from_u128(2)),
        shop_name: "Loa Tea".to_owned(),
        account: AccountFacts {
            id: AccountId(Uuid::from_u128(3)),
            channel: Channel::WhatsApp,
            name: Some("Loa Tea".to_owned()),
            timezone: TimeZone::UTC,
            open: true,
            hands_off: true,
            answers_by_ai: true,
        },
        contact: ContactFacts {
            id: Some(ContactId(Uuid::from_u128(4))),
            name: Some("Linh".to_owned()),
            phone: Some("84901234567".to_owned()),
            timezone: Some("Asia/Ho_Chi_Minh".parse()?),
            tags: BTreeSet::from(["vip".to_owned()]),
            attributes,
            ..ContactFacts::default()
        },
        conversation: ConversationFacts {
            id: ConversationId(Uuid::from_u128(5)),
            last_inbound_at: Some("2026-11-21T09:59:00Z".parse()?),
            references: BTreeMap::new(),
        },
    })
}
