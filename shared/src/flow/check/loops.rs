//! Loops in which nothing waits: the engine would end them after a hundred nodes.

use super::{Found, Read};
use crate::flow::definition::NodeKind;
use crate::flow::fault::Severity;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    let pauses: Vec<bool> = read.nodes.iter().map(|kind| kind.as_ref().is_none_or(does_pause)).collect();
    for (index, node) in read.document.nodes.iter().enumerate() {
        if !pauses[index] && comes_back(read, index, &pauses) {
            let message = "a loop leads back here in which nothing waits for a time or an answer";
            found.node(Severity::Error, (index, &node.id), "", "loop_without_wait", message);
        }
    }
}

/// Whether a session rests there: what a sub-flow does is not known here.
const fn does_pause(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Ask(_) | NodeKind::HttpRequest(_) | NodeKind::AiReply(_) | NodeKind::StartFlow(_) => true,
        NodeKind::Wait(wait) => wait.until.is_some() || !matches!(wait.duration, None | Some(0)),
        _ => false,
    }
}

fn comes_back(read: &Read<'_>, from: usize, pauses: &[bool]) -> bool {
    let mut seen = vec![false; pauses.len()];
    let mut open: Vec<usize> = read.paths.next[from].iter().map(|(_, to)| *to).collect();
    while let Some(at) = open.pop() {
        if at == from {
            return true;
        }
        if !pauses[at] && !std::mem::replace(&mut seen[at], true) {
            open.extend(read.paths.next[at].iter().map(|(_, to)| *to));
        }
    }
    false
}
