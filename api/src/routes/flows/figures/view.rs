//! Figures beside the nodes that they are about.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use shared::domain::proportion::Proportion;
use shared::flow::Document;
use shared::flow::document::NodeDocument;
use shared::store::flows::authoring::figures::Figure;
use utoipa::ToSchema;

/// How often a flow's nodes were passed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowFigures)]
pub(in super::super) struct FiguresView {
    /// The version; none where all are counted together.
    version: Option<i32>,
    /// Sessions that began.
    started: i64,
    /// Sessions that are over, by how they ended: `completed`, `handed_off`, `interrupted`, `expired`, `failed`, `stopped`.
    ended: BTreeMap<String, i64>,
    /// By node, in the order of the document; nodes that are in it no more stand at the end.
    nodes: Vec<NodeFigures>,
    /// By A/B split.
    splits: Vec<SplitFigures>,
}

/// How often a node was passed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NodeFigures {
    node_id: String,
    /// Its type; none where the node is in the document no more.
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    entered: i64,
    /// By its ways out.
    left: BTreeMap<String, i64>,
}

/// How the arms of a split compare.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SplitFigures {
    node_id: String,
    arms: Vec<ArmFigures>,
}

/// An arm: sessions that were put on it, and what became of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ArmFigures {
    name: String,
    /// Its share of the sum of all weights; none where the arm is in the document no more.
    weight: Option<u64>,
    entered: i64,
    completed: Share,
    replied: Share,
    converted: Share,
}

/// Sessions of those that entered. Where nobody entered there is no rate.
#[derive(Debug, Serialize, ToSchema)]
struct Share {
    count: i64,
    /// From 0 to 1.
    rate: Option<f64>,
    /// The lower end of the 95 % confidence interval (Wilson's).
    low: Option<f64>,
    /// Its upper end.
    high: Option<f64>,
}

impl FiguresView {
    pub(super) fn new(version: Option<i32>, document: &Document, counted: &[Figure]) -> Self {
        let counted = Counted(counted);
        let ended = counted.of("").filter(|figure| figure.passage != "started");
        let nodes = document.nodes.iter().map(|node| NodeFigures::known(node, counted));
        let gone = counted.nodes().into_iter().filter(|id| document.nodes.iter().all(|node| node.id != *id));
        Self {
            version,
            started: counted.total("", "started", None),
            ended: ended.map(|figure| (figure.passage.clone(), figure.total)).collect(),
            nodes: nodes.chain(gone.map(|id| NodeFigures::gone(id, counted))).collect(),
            splits: document.nodes.iter().filter_map(|node| SplitFigures::of(node, counted)).collect(),
        }
    }
}

impl NodeFigures {
    fn known(node: &NodeDocument, counted: Counted<'_>) -> Self {
        Self { kind: Some(node.kind.clone()), name: node.name.clone(), ..Self::gone(&node.id, counted) }
    }

    fn gone(id: &str, counted: Counted<'_>) -> Self {
        let left = counted.of(id).filter(|figure| figure.passage == "left");
        Self {
            node_id: id.to_owned(),
            kind: None,
            name: None,
            entered: counted.total(id, "entered", None),
            left: left.map(|figure| (figure.outlet.clone(), figure.total)).collect(),
        }
    }
}

impl SplitFigures {
    fn of(node: &NodeDocument, counted: Counted<'_>) -> Option<Self> {
        if node.kind != "ab_split" {
            return None;
        }
        let written = node.config.get("arms").and_then(Value::as_array).into_iter().flatten();
        let mut arms: Vec<(&str, Option<u64>)> =
            written.filter_map(|arm| Some((arm["name"].as_str()?, arm["weight"].as_u64()))).collect();
        let passed = counted.of(&node.id).filter(|figure| figure.passage == "left");
        for figure in passed {
            if arms.iter().all(|(name, _)| *name != figure.outlet) {
                arms.push((&figure.outlet, None));
            }
        }
        let arms = arms.into_iter().map(|(name, weight)| ArmFigures::of(&node.id, name, weight, counted));
        Some(Self { node_id: node.id.clone(), arms: arms.collect() })
    }
}

impl ArmFigures {
    fn of(node: &str, name: &str, weight: Option<u64>, counted: Counted<'_>) -> Self {
        let entered = counted.total(node, "left", Some(name));
        let share = |passage| Share::of(counted.total(node, passage, Some(name)), entered);
        Self {
            name: name.to_owned(),
            weight,
            entered,
            completed: share("completed"),
            replied: share("replied"),
            converted: share("converted"),
        }
    }
}

impl Share {
    fn of(count: i64, entered: i64) -> Self {
        let share = Proportion::of(count, entered);
        Self {
            count,
            rate: share.map(|share| share.rate),
            low: share.map(|share| share.low),
            high: share.map(|share| share.high),
        }
    }
}

/// What was counted.
#[derive(Clone, Copy)]
struct Counted<'a>(&'a [Figure]);

impl<'a> Counted<'a> {
    /// Of one node; of whole sessions where it has no name.
    fn of(self, node: &str) -> impl Iterator<Item = &'a Figure> {
        self.0.iter().filter(move |figure| figure.node_id == node)
    }

    fn total(self, node: &str, passage: &str, outlet: Option<&str>) -> i64 {
        let meant = |figure: &&Figure| figure.passage == passage && outlet.is_none_or(|outlet| figure.outlet == outlet);
        self.of(node).filter(meant).map(|figure| figure.total).sum()
    }

    fn nodes(self) -> BTreeSet<&'a str> {
        self.0.iter().map(|figure| figure.node_id.as_str()).filter(|id| !id.is_empty()).collect()
    }
}
