//! How posting went.

use std::collections::BTreeMap;

use serde::Serialize;

/// How one POST of a webhook ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The target answered with this HTTP status. Platforms count only 200 as received.
    Answered(u16),
    /// No answer: refused, cut or timed out.
    NoAnswer,
    /// There is no target to post to.
    NoTarget,
}

impl Posted {
    /// The HTTP status of the answer, where there was one.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Answered(status) => Some(status),
            Self::NoAnswer | Self::NoTarget => None,
        }
    }

    /// Whether nobody posts it again.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Answered(200) | Self::NoTarget)
    }
}

/// How many webhooks were posted, and what became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookCounts {
    /// POSTs by the HTTP status of their answer; `none` where no answer came.
    pub posted: BTreeMap<String, u64>,
    /// Bodies that were never answered 200 and are not posted again.
    pub given_up: u64,
    /// News dropped because too many waited.
    pub dropped: u64,
    /// News that had no target to go to.
    pub without_target: u64,
    /// News that is not yet due, on its way, or waits to be posted again.
    pub pending: usize,
}

impl WebhookCounts {
    /// Counts one POST.
    pub(crate) fn count(&mut self, posted: Posted) {
        let key = match posted {
            Posted::Answered(status) => status.to_string(),
            Posted::NoAnswer => "none".to_owned(),
            Posted::NoTarget => return,
        };
        *self.posted.entry(key).or_default() += 1;
    }
}
