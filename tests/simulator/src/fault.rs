//! Errors made to order.

use std::sync::Mutex;
use std::time::Duration;

use serde::Deserialize;

use crate::lock::lock;
use crate::message::Message;

/// How many rules may wait at once.
const MAX_RULES: usize = 10_000;
/// The longest that an answer is held back.
const MAX_HANG: Duration = Duration::from_mins(10);

/// What goes wrong with the next matching sends.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which sends.
    pub matching: Match,
    /// What happens to them.
    pub fault: Fault,
    /// To how many.
    pub times: u32,
}

/// Which sends a rule is for; what is left out fits any.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Match {
    /// To this customer, written as in the request.
    pub to: Option<String>,
    /// From this phone number id, page id or X user id.
    pub account: Option<String>,
    /// No send but this call: `number`, `numbers`, `page`, `subscribe`, `unsubscribe`; of X `user`, `app`, `webhooks`,
    /// `revoke`. `account` is then the id that it is about.
    pub call: Option<String>,
}

/// What goes wrong with a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The platform's own error with this code; its HTTP status is Meta's for the code, or the
    /// one given.
    Refuse {
        /// The platform's code.
        code: i64,
        /// Instead of the code's own HTTP status.
        http_status: Option<u16>,
    },
    /// It is taken, and a `failed` status with this code follows (WhatsApp only; other platforms
    /// tell nothing more of it).
    FailLater {
        /// The platform's code.
        code: i64,
    },
    /// A page of HTML, as a proxy before the platform answers.
    Html {
        /// The page's HTTP status.
        http_status: u16,
    },
    /// Nothing for so long, then the connection is cut. Nothing is taken.
    Hang {
        /// How long.
        millis: u64,
    },
    /// The connection is cut at once. Nothing is taken.
    DropConnection,
    /// The message is taken and its statuses follow, but the connection is cut before the answer.
    AcceptThenDrop,
    /// A template is taken, but held back to see how customers like it. After so long it goes, or
    /// fails with 132015 (WhatsApp only).
    HoldForQuality {
        /// How long.
        millis: u64,
        /// Whether it goes then.
        released: bool,
    },
    /// The message is taken and its statuses follow, but the answer is held back for so long.
    AcceptThenHang {
        /// How long.
        millis: u64,
    },
}

impl Fault {
    /// The error with this code.
    pub fn code(code: i64) -> Self {
        Self::Refuse { code, http_status: None }
    }

    /// How long a hang lasts.
    pub(crate) fn hang(millis: u64) -> Duration {
        Duration::from_millis(millis).min(MAX_HANG)
    }
}

/// Rules that wait for their sends, oldest first.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Vec<Rule>>);

/// There are too many rules already.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_RULES} rules wait already")]
pub(crate) struct TooManyRules;

impl Faults {
    /// Adds a rule behind those that wait.
    pub(crate) fn add(&self, rule: Rule) -> Result<(), TooManyRules> {
        let mut rules = lock(&self.0);
        if rules.len() >= MAX_RULES {
            return Err(TooManyRules);
        }
        if rule.times > 0 {
            rules.push(rule);
        }
        Ok(())
    }

    /// What goes wrong with `message`; uses the first fitting rule up by one.
    pub(crate) fn take(&self, message: &Message) -> Option<Fault> {
        self.take_where(|matching| matching.fits(message))
    }

    /// What goes wrong with the call `name` about `account`; uses the first fitting rule up by one.
    pub(crate) fn take_for_call(&self, name: &str, account: &str) -> Option<Fault> {
        self.take_where(|matching| {
            matching.call.as_deref() == Some(name) && matching.account.as_deref().is_none_or(|one| one == account)
        })
    }

    fn take_where(&self, fits: impl Fn(&Match) -> bool) -> Option<Fault> {
        let mut rules = lock(&self.0);
        let index = rules.iter().position(|rule| fits(&rule.matching))?;
        let rule = rules.get_mut(index)?;
        let fault = rule.fault.clone();
        rule.times -= 1;
        if rule.times == 0 {
            rules.remove(index);
        }
        Some(fault)
    }

    /// Forgets all rules.
    pub(crate) fn clear(&self) {
        lock(&self.0).clear();
    }
}

impl Match {
    fn fits(&self, message: &Message) -> bool {
        let to_fits = self.to.as_deref().is_none_or(|to| to == message.input || to == message.customer.as_str());
        to_fits && self.call.is_none() && self.account.as_deref().is_none_or(|account| account == message.account)
    }
}
