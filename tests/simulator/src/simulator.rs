//! The handle that tests hold.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::DropGuard;
use url::Url;

use crate::account::{AccountNews, InvalidNews, InvalidTemplate, NewTemplate, TemplateChange, TemplateNotFound};
use crate::behaviour::{Behaviour, InvalidBehaviour};
use crate::config::Config;
use crate::fault::{Fault, Match, Rule};
use crate::inbound::{Delivered, Inbound, InvalidInbound};
use crate::ledger::{Filter, Received, RequestCounts};
use crate::lock::lock;
use crate::media::{InvalidMedia, Made, NewMedia, WebFile};
use crate::people::PersonChange;
use crate::platform::Platform;
use crate::script::{Progress, Script, TooManyScripts};
use crate::server::{StartError, start};
use crate::webhook::{Posted, RawWebhook, WebhookCounts};

/// A running simulator. It stops when it is dropped; [`stop`](Self::stop) waits for the end.
pub struct Simulator {
    platform: Arc<Platform>,
    address: SocketAddr,
    url: String,
    _stops_when_dropped: DropGuard,
}

/// How many requests came and how many webhooks went, since the start or the last clearing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Requests to send or mark.
    #[serde(flatten)]
    pub requests: RequestCounts,
    /// Webhooks.
    pub webhooks: WebhookCounts,
}

impl Simulator {
    /// Listens at `config.listen` and serves from the moment this returns.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let (platform, address) = start(config).await?;
        Ok(Self {
            url: format!("http://{address}"),
            address,
            _stops_when_dropped: platform.stop.clone().drop_guard(),
            platform,
        })
    }

    /// Base URL, without a slash at its end: the base of the Graph API, the X API and `/control`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request to send or mark that is kept, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.find(&Filter::all())
    }

    /// The requests to one customer, written as in the request; oldest first.
    pub fn received_to(&self, to: &str) -> Vec<Received> {
        self.find(&Filter { to: Some(to.to_owned()), ..Filter::all() })
    }

    /// The newest requests that fit `filter`, oldest of them first.
    pub fn find(&self, filter: &Filter) -> Vec<Received> {
        lock(&self.platform.ledger).find(filter)
    }

    /// What was counted.
    pub fn counts(&self) -> Counts {
        self.platform.counts()
    }

    /// Forgets what was received and counted. What waits to be posted still waits.
    pub fn clear(&self) {
        self.platform.clear();
    }

    /// Lets a customer write. Returns when the webhook was answered or could not be posted.
    pub async fn inbound(&self, inbound: Inbound) -> Result<Delivered, InvalidInbound> {
        inbound.deliver(&self.platform).await
    }

    /// Puts a template there at once; its id.
    pub fn put_template(&self, template: NewTemplate) -> Result<String, InvalidTemplate> {
        template.put(&self.platform)
    }

    /// Changes a template and tells of it; how each webhook ended.
    pub async fn change_template(&self, change: TemplateChange) -> Result<Vec<Posted>, TemplateNotFound> {
        change.make(&self.platform).await
    }

    /// Tells news of a business.
    pub async fn account_news(&self, news: AccountNews) -> Result<Posted, InvalidNews> {
        news.post(&self.platform).await
    }

    /// Changes what the platform knows of a customer; nothing is told of it.
    pub fn change_person(&self, change: &PersonChange) {
        self.platform.people.change(change);
    }

    /// Lets a customer act by a script; its number.
    pub fn run_script(&self, script: Script) -> Result<u64, TooManyScripts> {
        script.run(&self.platform)
    }

    /// How far each script is, oldest first.
    pub fn scripts(&self) -> Vec<Progress> {
        self.platform.scripts.progress()
    }

    /// Makes a file as a customer sends it.
    pub fn make_media(&self, media: &NewMedia) -> Result<Made, InvalidMedia> {
        media.make(&self.platform)
    }

    /// Puts a file on the web, at `/files/{name}`; its address.
    pub fn put_file(&self, file: &WebFile) -> Result<String, InvalidMedia> {
        self.platform.web.put(file)?;
        Ok(format!("{}/files/{}", self.url, file.name))
    }

    /// Signs and posts a webhook written by hand, once.
    pub async fn webhook(&self, webhook: RawWebhook) -> Posted {
        webhook.post(&self.platform).await
    }

    /// Lets the next `times` sends meet `fault`. Behind 10,000 waiting rules it has no effect.
    pub fn fail_next(&self, times: u32, fault: Fault) {
        self.fail(Rule { matching: Match::default(), fault, times });
    }

    /// Lets the sends that fit `rule` meet its fault. Behind 10,000 waiting rules it has no effect.
    pub fn fail(&self, rule: Rule) {
        if let Err(error) = self.platform.faults.add(rule) {
            tracing::warn!(error = &error as &dyn std::error::Error, "rule not added");
        }
    }

    /// The business accounts, pages and X users whose events the app is subscribed to, in order.
    pub fn subscribed(&self) -> Vec<String> {
        self.platform.apps.subscribed()
    }

    /// Forgets all faults that were ordered.
    pub fn clear_faults(&self) {
        self.platform.faults.clear();
    }

    /// Posts all pending statuses now, in their order; returns when each was received or given up.
    pub async fn flush(&self) {
        Platform::flush(&self.platform).await;
    }

    /// How the platforms behave at present.
    pub fn behaviour(&self) -> Behaviour {
        self.platform.behaviour()
    }

    /// Makes the platforms behave otherwise.
    pub fn behave(&self, behaviour: Behaviour) {
        self.platform.behave(behaviour);
    }

    /// Posts webhooks under `target` from here on.
    pub fn set_webhook_target(&self, target: Url) {
        self.behave(Behaviour { webhook_target: Some(target), ..self.behaviour() });
    }

    /// Stops: no further request is taken, those in hand are answered, what waits to be posted is
    /// dropped. Returns when nothing runs any longer.
    pub async fn stop(self) {
        self.platform.stop.cancel();
        self.platform.tasks.close();
        self.platform.tasks.wait().await;
    }
}

impl Platform {
    /// Everything that was counted.
    pub(crate) fn counts(&self) -> Counts {
        Counts { requests: lock(&self.ledger).counts(), webhooks: self.courier.counts() }
    }

    /// Forgets what was received and counted.
    pub(crate) fn clear(&self) {
        lock(&self.ledger).clear();
        self.courier.clear_counts();
    }

    /// Replaces the fields that `changes` names.
    pub(crate) fn change(&self, changes: &Value) -> Result<Behaviour, InvalidBehaviour> {
        let behaviour = self.behaviour().with(changes)?;
        self.behave(behaviour.clone());
        Ok(behaviour)
    }

    /// Flushes in a task of its own: the caller may hang up without losing what was taken.
    pub(crate) async fn flush(platform: &Arc<Self>) {
        let this = Arc::clone(platform);
        let flushing = platform.tasks.spawn(async move {
            let flush = this.courier.flush(&this);
            this.stop.run_until_cancelled(flush).await;
        });
        if let Err(error) = flushing.await {
            tracing::error!(error = &error as &dyn std::error::Error, "flush ended early");
        }
    }
}
