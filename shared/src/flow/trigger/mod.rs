//! Which flows an event starts: an index over all that are active, so that a thousand cost no more than ten.

mod keyword;
mod words;

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use keyword::Keywords;
pub use keyword::{Keyword, check_words, keywords};

use super::definition::{Trigger, TriggerKind};
use super::event::{Happening, Incoming};
use super::plan::Plan;
use crate::domain::consent::{Purpose, fold};
use crate::domain::ids::{CampaignId, FlowId};
use crate::domain::message::Content;
use crate::domain::message::received::{Referral, TapOf};

/// A flow that an event starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The flow.
    pub flow_id: FlowId,
    /// The version that is active.
    pub version: i32,
    /// Which of its triggers.
    pub trigger: usize,
    /// The trigger's priority.
    pub priority: i32,
    /// Whether it may end a flow that is under way.
    pub interrupts: bool,
}

/// How closely a trigger fits an event: of several with one priority the closest starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It takes any event of its kind.
    Any,
    /// Some words of the message; how many letters.
    Part(usize),
    /// The beginning of the message; how many letters.
    Beginning(usize),
    /// What was named.
    Named,
}

/// The triggers of a merchant's active flows.
#[derive(Debug, Default)]
pub struct TriggerIndex {
    starts: Vec<Start>,
    keywords: Keywords,
    payloads: Named<String>,
    get_started: Vec<u32>,
    advertisements: Named<String>,
    contact_created: Vec<u32>,
    conversation_opened: Vec<u32>,
    tags: Named<String>,
    attributes: Named<String>,
    opted_in: Named<Purpose>,
    opted_out: Named<Purpose>,
    campaigns: Named<CampaignId>,
    no_reply: Named<FlowId>,
    scheduled: Named<FlowId>,
    requested: Named<FlowId>,
}

/// Triggers by what they name, and those that name nothing and take all.
#[derive(Debug)]
struct Named<K> {
    named: HashMap<K, Vec<u32>>,
    any: Vec<u32>,
}

impl<K> Default for Named<K> {
    fn default() -> Self {
        Self { named: HashMap::new(), any: Vec::new() }
    }
}

impl<K: Eq + Hash> Named<K> {
    fn add(&mut self, names: impl IntoIterator<Item = K>, start: u32) {
        let mut names = names.into_iter().peekable();
        if names.peek().is_none() {
            self.any.push(start);
        }
        names.for_each(|name| self.named.entry(name).or_default().push(start));
    }

    fn find(&self, name: Option<&K>) -> impl Iterator<Item = (u32, Fit)> {
        let named = name.and_then(|name| self.named.get(name)).into_iter().flatten();
        named.map(|start| (*start, Fit::Named)).chain(self.any.iter().map(|start| (*start, Fit::Any)))
    }
}

impl TriggerIndex {
    /// The index of these flows.
    pub fn of<'a>(plans: impl Iterator<Item = &'a Plan>) -> Self {
        let mut index = Self::default();
        for plan in plans {
            for (at, trigger) in plan.definition.triggers.iter().enumerate() {
                index.add(plan, at, trigger);
            }
        }
        index.keywords.make_ready();
        index
    }

    fn add(&mut self, plan: &Plan, trigger: usize, of: &Trigger) {
        let Ok(start) = u32::try_from(self.starts.len()) else {
            return;
        };
        let flow_id = plan.flow_id;
        self.starts.push(Start {
            flow_id,
            version: plan.version,
            trigger,
            priority: of.priority,
            interrupts: of.interrupts,
        });
        match &of.kind {
            TriggerKind::Keyword { matching, words } => {
                for word in words {
                    self.keywords.add(*matching, word, start);
                }
            }
            TriggerKind::ContactCreated {} => self.contact_created.push(start),
            TriggerKind::ConversationOpened {} => self.conversation_opened.push(start),
            TriggerKind::GetStarted {} => self.get_started.push(start),
            // One that names none starts by none.
            TriggerKind::Payload { payloads } if payloads.is_empty() => {}
            TriggerKind::Payload { payloads } => self.payloads.add(payloads.iter().cloned(), start),
            TriggerKind::AdReferral { source_ids } => self.advertisements.add(source_ids.iter().cloned(), start),
            TriggerKind::TagAdded { tags } => self.tags.add(tags.iter().cloned(), start),
            TriggerKind::AttributeChanged { attribute } => self.attributes.add([attribute.clone()], start),
            TriggerKind::OptIn { purpose } => self.opted_in.add(*purpose, start),
            TriggerKind::OptOut { purpose } => self.opted_out.add(*purpose, start),
            TriggerKind::CampaignReplied { campaign_ids } => self.campaigns.add(campaign_ids.iter().copied(), start),
            TriggerKind::NoReply { .. } => self.no_reply.add([flow_id], start),
            TriggerKind::Schedule { .. } => self.scheduled.add([flow_id], start),
            TriggerKind::Api {} => self.requested.add([flow_id], start),
        }
    }

    /// What a message starts: the best first, each flow once.
    pub fn by_message(&self, incoming: &Incoming) -> Vec<Start> {
        let content = incoming.content();
        let mut found = Vec::new();
        if let Content::Tap(tap) = content {
            found.extend(self.payloads.find(Some(&tap.id)));
        }
        if is_get_started(content) {
            found.extend(self.get_started.iter().map(|start| (*start, Fit::Named)));
        }
        if let Some(referral) = &incoming.said.surroundings.referral {
            self.by_referral(referral, &mut found);
        }
        if let Some(text) = words_of(content) {
            self.keywords.find(text, &mut found);
        }
        self.best(found)
    }

    fn by_referral(&self, referral: &Referral, found: &mut Vec<(u32, Fit)>) {
        let ids = [&referral.source_id, &referral.reference].into_iter().flatten();
        let named = ids.flat_map(|id| self.advertisements.named.get(id).into_iter().flatten());
        found.extend(named.map(|start| (*start, Fit::Named)));
        if is_advertisement(referral) {
            found.extend(self.advertisements.any.iter().map(|start| (*start, Fit::Any)));
        }
    }

    /// What anything else starts: the best first, each flow once.
    pub fn by_happening(&self, happening: &Happening) -> Vec<Start> {
        let any = |starts: &[u32]| starts.iter().map(|start| (*start, Fit::Any)).collect();
        let found = match happening {
            Happening::ContactCreated => any(&self.contact_created),
            Happening::ConversationOpened => any(&self.conversation_opened),
            Happening::TagAdded { tag } => self.tags.find(Some(tag)).collect(),
            Happening::AttributeChanged { name, .. } => self.attributes.find(Some(name)).collect(),
            Happening::OptIn { purpose } => self.opted_in.find(Some(purpose)).collect(),
            Happening::OptOut { purpose } => self.opted_out.find(Some(purpose)).collect(),
            Happening::CampaignReplied { campaign_id } => self.campaigns.find(campaign_id.as_ref()).collect(),
            Happening::NoReply { flow_id } => self.no_reply.find(Some(flow_id)).collect(),
            Happening::Scheduled { flow_id } => self.scheduled.find(Some(flow_id)).collect(),
            Happening::Requested { flow_id, .. } => self.requested.find(Some(flow_id)).collect(),
        };
        self.best(found)
    }

    /// By priority, then by how closely they fit, then by the flow's age; each flow once.
    fn best(&self, found: Vec<(u32, Fit)>) -> Vec<Start> {
        let mut found: Vec<(Start, Fit)> =
            found.into_iter().filter_map(|(start, fit)| Some((*self.starts.get(start as usize)?, fit))).collect();
        found.sort_by(|(left, left_fit), (right, right_fit)| {
            let by_worth = right.priority.cmp(&left.priority).then(right_fit.cmp(left_fit));
            by_worth.then(left.flow_id.cmp(&right.flow_id)).then(left.trigger.cmp(&right.trigger))
        });
        let mut seen = BTreeSet::new();
        found.retain(|(start, _)| seen.insert(start.flow_id));
        found.into_iter().map(|(start, _)| start).collect()
    }
}

/// The words that keywords are looked for in.
fn words_of(content: &Content) -> Option<&str> {
    match content {
        Content::Text { .. } | Content::Tap(_) | Content::Image(_) | Content::Video(_) | Content::Document(_) => {
            content.text()
        }
        _ => None,
    }
}

/// The chat's start button: Messenger sends it as a payload.
fn is_get_started(content: &Content) -> bool {
    match content {
        Content::Welcome => true,
        Content::Tap(tap) => tap.of == TapOf::Postback && fold(&tap.id.replace('_', " ")) == "get started",
        _ => false,
    }
}

/// Whether an advertisement or a post led here; a link or a story is none.
fn is_advertisement(referral: &Referral) -> bool {
    let is_one = |kind: &str| ["ad", "ads", "post"].iter().any(|known| kind.eq_ignore_ascii_case(known));
    referral.click_id.is_some() || referral.source_type.as_deref().is_some_and(is_one)
}

#[cfg(test)]
mod tests;
