//! An ingress on a port of its own, before a fake place for events.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ::ingress::secrets::{ByChannel, Secrets};
use ::ingress::server::Limits;
use ::ingress::{Metrics, Server};
use prometheus::{Registry, TextEncoder};
use shared::config::{FromSetting, SecretList};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::{Client, Reply};
use crate::fake_events::FakeEvents;
use crate::payload::{META_SECRET, X_SECRET};

/// An ingress that listens.
pub(crate) struct Ingress {
    pub(crate) addr: SocketAddr,
    pub(crate) events: Arc<FakeEvents>,
    registry: Registry,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl Ingress {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    /// With other limits than an operator gets.
    pub(crate) async fn with(limits: Limits) -> Self {
        let whatsapp = format!("{META_SECRET},shop=before,shop=after");
        let secrets = Secrets::new(&ByChannel {
            whatsapp: Some(list(&whatsapp)),
            messenger: Some(list("pages=page-secret")),
            x: Some(list(X_SECRET)),
            meta_tokens: vec![list("let-me-in")],
        });
        let events = Arc::new(FakeEvents::new());
        let registry = Registry::new();
        let server = Server::bind(
            (Ipv4Addr::LOCALHOST, 0).into(),
            limits,
            secrets.unwrap(),
            Arc::clone(&events),
            Arc::new(Metrics::register(&registry, true).unwrap()),
        )
        .await
        .unwrap();
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        let addr = server.local_addr().unwrap();
        tasks.spawn(server.serve(stopping.clone()));
        Self { addr, events, registry, stopping, tasks }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.addr).await
    }

    /// The answer to `request` on a connection of its own.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Reply {
        let mut client = self.connect().await;
        client.send(request).await;
        client.reply().await
    }

    /// Begins the stop, as SIGTERM does.
    pub(crate) fn stop(&self) {
        self.stopping.cancel();
    }

    /// Waits until it has stopped.
    pub(crate) async fn stopped(&self) {
        self.tasks.close();
        let stopped = tokio::time::timeout(Duration::from_secs(10), self.tasks.wait());
        assert!(stopped.await.is_ok(), "the ingress does not stop");
    }

    /// The value of a metric, written as Prometheus shows it.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric {name}")).parse().unwrap()
    }

    /// Waits until a metric has a value: some are counted after the client was answered.
    pub(crate) async fn until_metric(&self, name: &str, value: u64) {
        let reached = async {
            while self.metric(name) != value {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(10), reached).await;
        assert!(reached.is_ok(), "{name} is {}", self.metric(name));
    }

    /// How many of WhatsApp's requests had `outcome`.
    pub(crate) fn outcomes(&self, outcome: &str) -> u64 {
        self.metric(&requests(outcome))
    }

    pub(crate) async fn until_outcome(&self, outcome: &str, value: u64) {
        self.until_metric(&requests(outcome), value).await;
    }
}

fn requests(outcome: &str) -> String {
    format!(r#"loa_ingress_requests_total{{channel="whatsapp",outcome="{outcome}"}}"#)
}

fn list(text: &str) -> SecretList {
    SecretList::from_setting(text).unwrap()
}
