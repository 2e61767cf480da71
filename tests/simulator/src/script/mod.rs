//! Customers who act by a script.

mod actor;
mod tap;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::inbound::Sender;
use crate::lock::lock;
use crate::media::NewMedia;
use crate::platform::Platform;

/// How many scripts are remembered; the oldest go first.
const MAX_SCRIPTS: usize = 1000;
/// How many run at once.
const MAX_RUNNING: usize = 200;

/// What one WhatsApp customer does, step by step.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// The phone number id that the customer writes to.
    pub account: String,
    /// The customer.
    pub from: Sender,
    /// What the customer does, in order.
    pub steps: Vec<Step>,
}

/// One thing that a customer does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, rename_all_fields = "camelCase")]
pub enum Step {
    /// Writes a text.
    Say(String),
    /// Sends something else, by its short name.
    Send {
        /// The short name.
        kind: String,
        /// The words.
        #[serde(default)]
        text: String,
        /// Fields that are otherwise.
        #[serde(default)]
        with: Map<String, Value>,
        /// The file.
        #[serde(default)]
        media: Option<NewMedia>,
    },
    /// Waits until the business has sent something that holds these words; all of it at once where
    /// they are empty. What came before the last such wait ended does not count.
    Await {
        /// The words.
        #[serde(default)]
        contains: String,
        /// Milliseconds after which the script fails.
        #[serde(default = "ten_seconds")]
        within_ms: u64,
    },
    /// Waits so many milliseconds.
    Wait(u64),
    /// Taps what the business's last message offers under this label.
    Tap(String),
    /// Answers the business's last message, quoting it.
    Reply(String),
    /// Puts an emoji on the business's last message; takes it back where it is empty.
    React(String),
    /// Changes the words of the customer's own last message.
    Edit(String),
    /// Takes the customer's own last message back.
    Revoke,
    /// Goes by another number from here on, and by another business-scoped id.
    ChangeNumber(String),
    /// Goes by a user name from here on: the number is withheld. The customer needs a `userId`.
    AdoptUsername(String),
    /// Says whether marketing is welcome.
    WantMarketing(bool),
    /// Reads what comes from here on, or never does.
    Read(bool),
    /// Can be reached from here on, or cannot.
    Reachable(bool),
}

/// How far a script is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Its number.
    pub id: u64,
    /// How many steps are done.
    pub done: usize,
    /// How many there are.
    pub steps: usize,
    /// Why it went no further.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// A script that cannot be run.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_RUNNING} scripts run already")]
pub struct TooManyScripts;

/// Scripts that run or ran.
#[derive(Default)]
pub(crate) struct Scripts(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    progress: VecDeque<Progress>,
    started: u64,
    running: usize,
}

impl Scripts {
    /// How far each script is, oldest first.
    pub(crate) fn progress(&self) -> Vec<Progress> {
        lock(&self.0).progress.iter().cloned().collect()
    }

    fn start(&self, script: &Script) -> Result<u64, TooManyScripts> {
        let mut kept = lock(&self.0);
        if kept.running >= MAX_RUNNING {
            return Err(TooManyScripts);
        }
        kept.running += 1;
        kept.started += 1;
        let id = kept.started;
        if kept.progress.len() >= MAX_SCRIPTS {
            kept.progress.pop_front();
        }
        kept.progress.push_back(Progress { id, done: 0, steps: script.steps.len(), failed: None });
        Ok(id)
    }

    fn note(&self, id: u64, how: impl FnOnce(&mut Progress)) {
        if let Some(progress) = lock(&self.0).progress.iter_mut().find(|progress| progress.id == id) {
            how(progress);
        }
    }

    fn end(&self) {
        lock(&self.0).running -= 1;
    }
}

impl Script {
    /// Runs it on its own; its number.
    pub(crate) fn run(self, platform: &Arc<Platform>) -> Result<u64, TooManyScripts> {
        let id = platform.scripts.start(&self)?;
        let this = Arc::clone(platform);
        platform.tasks.spawn(async move {
            this.stop.run_until_cancelled(actor::act(&this, id, self)).await;
            this.scripts.end();
        });
        Ok(id)
    }
}

fn ten_seconds() -> u64 {
    10_000
}
