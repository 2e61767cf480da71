//! What the tests of the spool have in common: events, a place for them, and a broker that does what a test wants.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prometheus::{Registry, TextEncoder};
use shared::broker::{Outgoing, PublishError};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::EventId;
use shared::events::envelope;
use shared::events::raw::{EventHead, Kinds, RawEvent};
use shared::seal::MasterKey;
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::disk::{Disk, RealDisk};
use super::drain::Outlet;
use super::{Metrics, Settings, Spool};

/// Whatever takes longer does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the broker does with what it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Takes,
    /// It refuses.
    Refuses,
    /// It is not there.
    Gone,
}

/// A broker.
#[derive(Clone)]
pub(crate) struct FakeBroker {
    mood: Arc<watch::Sender<Mood>>,
    taken: Arc<Mutex<Vec<String>>>,
}

impl FakeBroker {
    pub(crate) fn new(mood: Mood) -> Self {
        Self { mood: Arc::new(watch::Sender::new(mood)), taken: Arc::default() }
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// What the events said that it took, in order.
    pub(crate) fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

impl Outlet for FakeBroker {
    async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        tokio::time::sleep(Duration::from_millis(1)).await;
        match *self.mood.borrow() {
            Mood::Takes => {}
            Mood::Refuses => return Err(PublishError::Rejected),
            Mood::Gone => return Err(PublishError::NotConnected),
        }
        let said = envelope::decode(message.body).unwrap().into_iter().map(|event| said(&event));
        self.taken.lock().unwrap().extend(said);
        Ok(())
    }

    async fn connected(&self) {
        let mut mood = self.mood.subscribe();
        mood.wait_for(|mood| *mood != Mood::Gone).await.unwrap();
    }
}

/// An event that says `word`.
pub(crate) fn event(word: &str) -> RawEvent {
    let head = EventHead {
        id: EventId::new(),
        channel: Channel::WhatsApp,
        kinds: Kinds { messages: true, ..Kinds::UNKNOWN },
        app: "default".to_owned(),
        received_at: clock::now(),
        traceparent: None,
    };
    RawEvent { head, body: word.to_owned().into() }
}

pub(crate) fn said(event: &RawEvent) -> String {
    String::from_utf8(event.body.to_vec()).unwrap()
}

/// A message of one event that says `word`.
pub(crate) fn message(word: &str) -> Outgoing {
    Outgoing::event(&event(word)).unwrap()
}

/// A master key, one for each `seed`.
pub(crate) fn master(seed: u8) -> MasterKey {
    MasterKey::parse(&STANDARD.encode([seed; 32]).into()).unwrap()
}

/// A sealed spool of 64 MiB.
pub(crate) fn settings(directory: &Path) -> Settings {
    Settings { directory: directory.to_owned(), most_bytes: 64 << 20, master: Some(master(7)) }
}

/// A spool that runs, and what it tells.
pub(crate) struct Running {
    pub(crate) spool: Spool,
    pub(crate) registry: Registry,
    tasks: TaskTracker,
}

impl Running {
    pub(crate) async fn start(directory: &Path, broker: &FakeBroker) -> Self {
        Self::with(Box::new(RealDisk), settings(directory), broker).await
    }

    pub(crate) async fn with(disk: Box<dyn Disk>, settings: Settings, broker: &FakeBroker) -> Self {
        let (registry, tasks) = (Registry::new(), TaskTracker::new());
        let metrics = Metrics::register(&registry).unwrap();
        let spool = Spool::start_on(disk, settings, &metrics, broker.clone(), 3, &tasks).await.unwrap();
        Self { spool, registry, tasks }
    }

    /// Ends it, whatever it holds.
    pub(crate) async fn stop(self) {
        self.spool.leave();
        drop(self.spool);
        self.tasks.close();
        tokio::time::timeout(PATIENCE, self.tasks.wait()).await.unwrap();
    }

    pub(crate) async fn emptied(&self) {
        tokio::time::timeout(PATIENCE, self.spool.emptied()).await.unwrap();
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric {name}")).parse().unwrap()
    }
}

/// The names of what lies in `directory`.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "lock")
        .collect();
    names.sort();
    names
}
