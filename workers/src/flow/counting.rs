//! What turns add to the figures of flows, and what authors are told of those that broke.

use std::collections::{BTreeMap, HashMap};

use shared::domain::ids::{ConversationId, FlowId, FlowSessionId, MerchantId};
use shared::flow::effect::{Effect, Passage};
use shared::flow::session::{End, Failure};
use shared::store::flows::figures::{self, Figure};
use shared::store::{PgConnection, StoreError};

use super::writing::Turned;

/// Writes the figures of `turned`, and what broke.
pub(super) async fn count(conn: &mut PgConnection, turned: &[Turned]) -> Result<(), StoreError> {
    let mut sums: BTreeMap<Figure, i64> = BTreeMap::new();
    let mut failures: Vec<(MerchantId, ConversationId, Failure)> = Vec::new();
    for one in turned {
        let sessions = flows_of(one);
        let merchant_id = one.thread.merchant_id;
        for (_, flow_id, version) in &one.outcome.begun {
            *sums.entry(of_session(merchant_id, *flow_id, *version, "started")).or_default() += 1;
        }
        for (session, effect) in &one.outcome.effects {
            let figure = match effect {
                Effect::Passed { flow_id, version, node_id, passage } => {
                    let (passage, outlet) = named(passage);
                    let (flow_id, version) = (*flow_id, *version);
                    Some(Figure { flow_id, version, node_id: node_id.clone(), passage, outlet, merchant_id })
                }
                Effect::Ended(end) => sessions
                    .get(session)
                    .map(|(flow_id, version)| of_session(merchant_id, *flow_id, *version, reason(end))),
                _ => None,
            };
            if let Some(figure) = figure {
                *sums.entry(figure).or_default() += 1;
            }
        }
        failures.extend(one.outcome.failures.iter().map(|failure| (merchant_id, one.thread.id, failure.clone())));
    }
    figures::add(conn, &sums.into_iter().collect::<Vec<_>>()).await?;
    figures::fail(conn, &failures).await
}

/// How the sessions of `turned` ended.
pub(super) fn ends(turned: &[Turned]) -> Vec<&'static str> {
    let effects = turned.iter().flat_map(|one| &one.outcome.effects);
    let ends = effects.filter_map(|(_, effect)| match effect {
        Effect::Ended(end) => Some(reason(end)),
        _ => None,
    });
    ends.collect()
}

/// The flow that each session of a turn began with.
fn flows_of(turned: &Turned) -> HashMap<FlowSessionId, (FlowId, i32)> {
    let stored = turned.thread.session.as_ref().map(|stored| (stored.id, (stored.flow_id, stored.version)));
    let begun = turned.outcome.begun.iter().map(|(id, flow, version)| (*id, (*flow, *version)));
    stored.into_iter().chain(begun).collect()
}

const fn of_session(merchant_id: MerchantId, flow_id: FlowId, version: i32, passage: &'static str) -> Figure {
    Figure { flow_id, version, node_id: String::new(), passage, outlet: String::new(), merchant_id }
}

fn named(passage: &Passage) -> (&'static str, String) {
    match passage {
        Passage::Entered => ("entered", String::new()),
        Passage::Left { outlet } => ("left", outlet.clone()),
        Passage::Replied { arm } => ("replied", arm.clone()),
        Passage::Converted { arm } => ("converted", arm.clone()),
        Passage::Completed { arm } => ("completed", arm.clone()),
    }
}

/// How a session ended, as figures and metrics name it.
const fn reason(end: &End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::HandedOff => "handed_off",
        End::Interrupted => "interrupted",
        End::Expired => "expired",
        End::Failed(_) => "failed",
        End::Stopped => "stopped",
    }
}
