//! The flows that a simulated one starts.

use std::collections::HashMap;

use shared::domain::ids::{FlowId, MerchantId};
use shared::flow::engine::Plans;
use shared::flow::{Document, Plan};
use shared::store::PgConnection;
use shared::store::flows::authoring::versions;

use super::super::started::starts;
use crate::error::ApiError;

/// The version under which a simulated document is known: no flow has it.
pub(super) const SIMULATED: i32 = 0;
/// As deep as the engine goes.
const DEEPEST: usize = 5;

/// What is published of the flows that a simulated one starts, directly or not.
#[derive(Debug)]
pub(super) struct Library(HashMap<FlowId, Plan>);

impl Library {
    /// Reads what `document` starts. What cannot work is left out: the engine says that it is not there.
    pub(super) async fn load(
        conn: &mut PgConnection,
        merchant: MerchantId,
        document: &Document,
    ) -> Result<Self, ApiError> {
        let mut plans = HashMap::new();
        let mut next = starts(document);
        for _ in 0..DEEPEST {
            next.retain(|id| !plans.contains_key(id));
            if next.is_empty() {
                break;
            }
            let found = versions::published(conn, merchant, &next).await?;
            next = found.iter().flat_map(|(_, _, document)| starts(document)).collect();
            let ready = found
                .into_iter()
                .filter_map(|(id, version, document)| Some((id, Plan::of(id, version, document.parse().ok()?).ok()?)));
            plans.extend(ready);
        }
        Ok(Self(plans))
    }
}

impl Plans for Library {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        self.0.get(&flow).filter(|plan| plan.version == version)
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        self.0.get(&flow)
    }
}

/// All that a simulation may step: what is simulated, in front of what is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole<'a> {
    pub(super) plan: &'a Plan,
    pub(super) library: &'a Library,
}

impl Plans for Whole<'_> {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        let is_simulated = (self.plan.flow_id, self.plan.version) == (flow, version);
        if is_simulated { Some(self.plan) } else { self.library.version(flow, version) }
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        if self.plan.flow_id == flow { Some(self.plan) } else { self.library.published(flow) }
    }
}
