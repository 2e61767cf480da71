//! Flows made ready, kept in memory: those of a merchant by their generation, old versions as long as sessions use them.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use shared::domain::ids::{AccountId, FlowId, MerchantId};
use shared::flow::Document;
use shared::flow::engine::{Plan, Plans};
use shared::flow::trigger::TriggerIndex;
use shared::store::flows::running::{self, Published};
use shared::store::flows::threads::Account;
use shared::store::{PgConnection, StoreError};

/// More merchants than this in one process, and the memory of their flows is begun anew.
const MOST_MERCHANTS: usize = 5_000;
/// Versions that are kept ready, published or not; of more, half are forgotten: those that were longest not in use.
const MOST_VERSIONS: usize = 4_000;

/// A version of a flow.
pub(super) type Version = (FlowId, i32);

/// The flows that were made ready.
#[derive(Default)]
pub(super) struct Catalog {
    merchants: Mutex<HashMap<MerchantId, Arc<Flows>>>,
    versions: Mutex<Versions>,
}

/// The published flows of a merchant.
pub(super) struct Flows {
    generation: i64,
    published: HashMap<FlowId, Arc<Plan>>,
    active: Vec<Published>,
    /// The types of triggers that active ones have.
    kinds: HashSet<String>,
    /// What starts flows, by the account that it happens on.
    indexes: Mutex<HashMap<AccountId, Arc<TriggerIndex>>>,
}

/// Versions by their last use.
#[derive(Default)]
struct Versions {
    clock: u64,
    kept: HashMap<Version, (u64, Arc<Plan>)>,
}

impl Catalog {
    /// The flows of `merchant`, which are of `generation` at least.
    pub(super) async fn of(
        &self,
        conn: &mut PgConnection,
        merchant: MerchantId,
        generation: i64,
    ) -> Result<Arc<Flows>, StoreError> {
        let kept = lock(&self.merchants).get(&merchant).cloned();
        if let Some(flows) = kept.filter(|flows| flows.generation >= generation) {
            return Ok(flows);
        }
        let (generation, heads) = running::published(conn, merchant).await?;
        let wanted: HashSet<Version> = heads.iter().map(|head| (head.flow_id, head.version)).collect();
        let plans = self.versions(conn, &wanted).await?;
        let published: HashMap<FlowId, Arc<Plan>> = plans.into_iter().map(|((flow, _), plan)| (flow, plan)).collect();
        let active: Vec<Published> =
            heads.into_iter().filter(|head| head.active && published.contains_key(&head.flow_id)).collect();
        let kinds = active.iter().flat_map(|flow| flow.trigger_kinds.iter().cloned()).collect();
        let flows = Arc::new(Flows { generation, published, active, kinds, indexes: Mutex::default() });
        let mut merchants = lock(&self.merchants);
        if merchants.len() >= MOST_MERCHANTS {
            merchants.clear();
        }
        merchants.insert(merchant, Arc::clone(&flows));
        Ok(flows)
    }

    /// Those of `wanted` that there are and that can work.
    pub(super) async fn versions(
        &self,
        conn: &mut PgConnection,
        wanted: &HashSet<Version>,
    ) -> Result<HashMap<Version, Arc<Plan>>, StoreError> {
        let mut found = lock(&self.versions).of(wanted);
        let missing: Vec<Version> = wanted.iter().filter(|version| !found.contains_key(version)).copied().collect();
        let documents = running::documents(conn, &missing).await?;
        let ready: Vec<(Version, Arc<Plan>)> = documents
            .into_iter()
            .filter_map(|(version, document)| Some((version, Arc::new(make_ready(version, document)?))))
            .collect();
        lock(&self.versions).keep(&ready);
        found.extend(ready);
        Ok(found)
    }
}

/// A version that was published once and does not read is told, and is as if it were not there.
fn make_ready((flow_id, version): Version, document: Result<Document, String>) -> Option<Plan> {
    let plan = document.and_then(|document| {
        let definition = document.parse().map_err(|faults| format!("{faults:?}"))?;
        Plan::of(flow_id, version, definition).map_err(|faults| format!("{faults:?}"))
    });
    plan.inspect_err(|error| tracing::error!(flow.id = %flow_id, version, error, "a published flow does not read")).ok()
}

impl Flows {
    /// Whether an active flow has a trigger of this type.
    pub(super) fn listens_to(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// What starts flows on `account`.
    pub(super) fn index(&self, account: &Account) -> Arc<TriggerIndex> {
        let mut indexes = lock(&self.indexes);
        let index = indexes.entry(account.id).or_insert_with(|| {
            let here = self.active.iter().filter(|flow| flow.works_on(account.id, account.channel, account.shop_id));
            Arc::new(TriggerIndex::of(here.filter_map(|flow| Some(self.published.get(&flow.flow_id)?.as_ref()))))
        });
        Arc::clone(index)
    }
}

/// The flows that a merchant's conversations go through in a lot.
#[derive(Clone)]
pub(super) struct Shelf {
    /// What is published.
    pub(super) flows: Arc<Flows>,
    /// What sessions began with.
    pub(super) versions: Arc<HashMap<Version, Arc<Plan>>>,
}

impl Plans for Shelf {
    fn version(&self, flow: FlowId, version: i32) -> Option<&Plan> {
        let published = || self.flows.published.get(&flow).filter(|plan| plan.version == version);
        self.versions.get(&(flow, version)).or_else(published).map(Arc::as_ref)
    }

    fn published(&self, flow: FlowId) -> Option<&Plan> {
        self.flows.published.get(&flow).map(Arc::as_ref)
    }
}

impl Versions {
    fn of(&mut self, wanted: &HashSet<Version>) -> HashMap<Version, Arc<Plan>> {
        self.clock += 1;
        let now = self.clock;
        let used = |version: &Version, kept: &mut HashMap<Version, (u64, Arc<Plan>)>| {
            let (used, plan) = kept.get_mut(version)?;
            *used = now;
            Some((*version, Arc::clone(plan)))
        };
        wanted.iter().filter_map(|version| used(version, &mut self.kept)).collect()
    }

    fn keep(&mut self, ready: &[(Version, Arc<Plan>)]) {
        let now = self.clock;
        self.kept.extend(ready.iter().map(|(version, plan)| (*version, (now, Arc::clone(plan)))));
        if self.kept.len() > MOST_VERSIONS {
            let mut used: Vec<u64> = self.kept.values().map(|(used, _)| *used).collect();
            used.sort_unstable();
            let middle = used[used.len() / 2];
            self.kept.retain(|_, (used, _)| *used > middle);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
