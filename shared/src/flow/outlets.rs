//! The ways out of a node.

use super::definition::{Ask, NodeKind, Validation};
use super::document::NEXT;

/// The ways out of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlets {
    /// Each needs an edge.
    pub needed: Vec<String>,
    /// Each may have one; what happens without is the engine's.
    pub optional: Vec<String>,
}

impl Outlets {
    /// Whether an edge may leave by `outlet`.
    pub fn has(&self, outlet: &str) -> bool {
        self.needed.iter().chain(&self.optional).any(|known| known == outlet)
    }

    fn needed<'a>(needed: impl IntoIterator<Item = &'a str>) -> Self {
        Self { needed: needed.into_iter().map(str::to_owned).collect(), optional: Vec::new() }
    }

    fn and<'a>(mut self, optional: impl IntoIterator<Item = &'a str>) -> Self {
        self.optional.extend(optional.into_iter().map(str::to_owned));
        self
    }
}

impl NodeKind {
    /// The ways out of the node.
    pub fn outlets(&self) -> Outlets {
        match self {
            Self::SendMessage(_)
            | Self::Wait(_)
            | Self::SetAttribute(_)
            | Self::AddTag { .. }
            | Self::RemoveTag { .. }
            | Self::OptIn { .. }
            | Self::OptOut { .. }
            | Self::StartFlow(_) => Outlets::needed([NEXT]),
            Self::Ask(ask) => of_ask(ask),
            Self::Condition(condition) => {
                Outlets::needed(condition.branches.iter().map(|branch| branch.name.as_str()).chain(["else"]))
            }
            Self::AbSplit { arms } => Outlets::needed(arms.iter().map(|arm| arm.name.as_str())),
            Self::HttpRequest(_) => Outlets::needed(["ok", "failed"]),
            Self::AiReply(_) => Outlets::needed([NEXT]).and(["handoff"]),
            Self::Handoff(_) | Self::Close(_) | Self::Jump { .. } | Self::End {} => Outlets::default(),
        }
    }

    /// What it is called in a document.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SendMessage(_) => "send_message",
            Self::Ask(_) => "ask",
            Self::Condition(_) => "condition",
            Self::AbSplit { .. } => "ab_split",
            Self::Wait(_) => "wait",
            Self::SetAttribute(_) => "set_attribute",
            Self::AddTag { .. } => "add_tag",
            Self::RemoveTag { .. } => "remove_tag",
            Self::OptIn { .. } => "opt_in",
            Self::OptOut { .. } => "opt_out",
            Self::HttpRequest(_) => "http_request",
            Self::AiReply(_) => "ai_reply",
            Self::Handoff(_) => "handoff",
            Self::Close(_) => "close",
            Self::StartFlow(_) => "start_flow",
            Self::Jump { .. } => "jump",
            Self::End {} => "end",
        }
    }
}

/// `answered` is for every choice that has no edge of its own; without `failed` a person helps.
fn of_ask(ask: &Ask) -> Outlets {
    let outlets = Outlets::needed(["answered"]);
    let outlets = match &ask.answer {
        Validation::Choice { choices } => outlets.and(choices.iter().map(|choice| choice.id.as_str())),
        _ => outlets,
    };
    let outlets = if matches!(ask.answer, Validation::Any {}) { outlets } else { outlets.and(["failed"]) };
    match ask.timeout {
        Some(_) => Outlets { needed: [outlets.needed, vec!["timed_out".to_owned()]].concat(), ..outlets },
        None => outlets,
    }
}
