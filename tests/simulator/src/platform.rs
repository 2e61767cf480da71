//! The state that all endpoints share.

use std::sync::Mutex;

use reqwest::Client;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::apps::Apps;
use crate::behaviour::Behaviour;
use crate::chance::Chance;
use crate::config::Config;
use crate::fault::Faults;
use crate::ledger::Ledger;
use crate::limits::Limits;
use crate::lock::lock;
use crate::media::{Files, WebFiles};
use crate::people::People;
use crate::script::Scripts;
use crate::templates::Shelf;
use crate::webhook::Courier;
use crate::window::Windows;
use crate::x::Allowance;

/// The platforms, as one.
pub(crate) struct Platform {
    pub(crate) config: Config,
    pub(crate) chance: Chance,
    pub(crate) ledger: Mutex<Ledger>,
    pub(crate) faults: Faults,
    pub(crate) windows: Windows,
    pub(crate) allowance: Allowance,
    pub(crate) templates: Shelf,
    pub(crate) limits: Limits,
    pub(crate) files: Files,
    pub(crate) web: WebFiles,
    pub(crate) people: People,
    pub(crate) apps: Apps,
    pub(crate) scripts: Scripts,
    /// Told of every message that is taken.
    pub(crate) taken: Notify,
    pub(crate) courier: Courier,
    /// Cancelled when the simulator stops.
    pub(crate) stop: CancellationToken,
    /// Everything that runs on its own.
    pub(crate) tasks: TaskTracker,
    behaviour: Mutex<Behaviour>,
}

impl Platform {
    pub(crate) fn new(config: Config, client: Client) -> Self {
        Self {
            chance: Chance::new(config.seed),
            ledger: Mutex::new(Ledger::new(config.records)),
            faults: Faults::default(),
            windows: Windows::default(),
            allowance: Allowance::new(config.x_sends),
            templates: Shelf::default(),
            limits: Limits::default(),
            files: Files::default(),
            web: WebFiles::default(),
            people: People::default(),
            apps: Apps::default(),
            scripts: Scripts::default(),
            taken: Notify::new(),
            courier: Courier::new(client, &config),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            behaviour: Mutex::new(config.behaviour.clone()),
            config,
        }
    }

    /// How the platforms behave at present.
    pub(crate) fn behaviour(&self) -> Behaviour {
        lock(&self.behaviour).clone()
    }

    /// Makes the platforms behave otherwise.
    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *lock(&self.behaviour) = behaviour;
    }
}
