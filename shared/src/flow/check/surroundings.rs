//! What a flow is checked against.

use std::collections::BTreeSet;

use crate::domain::channel::Channel;
use crate::domain::hosts::{AllowedHosts, CalledHosts};
use crate::domain::ids::{FlowId, TeamId, TemplateId, UserId};
use crate::flow::trigger::Keyword;

/// What a flow is checked against. What is not known is not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The flow itself, where it was saved already.
    pub flow_id: Option<FlowId>,
    /// The channels that it may speak on.
    pub channels: Vec<Channel>,
    /// The merchant's templates.
    pub templates: Option<Vec<KnownTemplate>>,
    /// The merchant's flows, this one left out or not.
    pub flows: Option<Vec<KnownFlow>>,
    /// Keywords of the merchant's other active flows on the same accounts.
    pub other_keywords: Vec<OtherKeyword>,
    /// The merchant's teams.
    pub teams: Option<BTreeSet<TeamId>>,
    /// The merchant's users.
    pub users: Option<BTreeSet<UserId>>,
    /// The hosts that `http_request` may call.
    pub called_hosts: CalledHosts,
    /// Those that it may call though they are private, and by `http` too: for development alone.
    pub private_hosts: AllowedHosts,
    /// Variables that whoever starts the flow gives it.
    pub variables: BTreeSet<String>,
}

/// A template of the merchant's, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownTemplate {
    /// Which.
    pub id: TemplateId,
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The names of its places, or their numbers from `1` on; none where they are not known.
    pub places: Option<Vec<String>>,
    /// Whether the platform sends it now.
    pub is_approved: bool,
}

/// A flow of the merchant's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFlow {
    /// Which.
    pub id: FlowId,
    /// Its name.
    pub name: String,
    /// Whether it has a version that sessions begin with.
    pub published: bool,
    /// The flows that this version starts.
    pub starts: Vec<FlowId>,
}

/// A keyword of another flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherKeyword {
    /// The flow.
    pub flow_id: FlowId,
    /// Its name.
    pub flow_name: String,
    /// The keyword.
    pub keyword: Keyword,
}

impl Surroundings {
    pub(super) fn flow_id(&self) -> FlowId {
        self.flow_id.unwrap_or(FlowId(uuid::Uuid::nil()))
    }
}
