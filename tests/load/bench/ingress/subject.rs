//! An ingress that runs, and the queues that it fills.

use std::sync::Arc;
use std::time::Duration;

use shared::broker::Queue;
use tests::load::{Name, Product, Queues, Setup};

use crate::webhooks::{self, Pace, Requests, Turn};

const READY_LIMIT: Duration = Duration::from_secs(30);

pub(crate) struct Subject {
    product: Product,
    pub(crate) queues: Queues,
}

impl Subject {
    /// Starts one that puts at most `gather` events into a message.
    pub(crate) async fn start(setup: &Setup, run: &str, gather: &str) -> anyhow::Result<Self> {
        Self::with(setup, run, gather, &[]).await
    }

    /// Starts one that has a spool too.
    pub(crate) async fn with_spool(setup: &Setup, run: &str, gather: &str) -> anyhow::Result<Self> {
        let spool = std::path::absolute(setup.logs.join(format!("{run}-spool")))?;
        if spool.exists() {
            std::fs::remove_dir_all(&spool)?;
        }
        Self::with(setup, run, gather, &[("INGRESS_SPOOL_DIR", &spool.display().to_string())]).await
    }

    /// Starts one that counts nothing.
    pub(crate) async fn silent(setup: &Setup, run: &str, gather: &str) -> anyhow::Result<Self> {
        Self::with(setup, run, gather, &[("INGRESS_METRICS", "off")]).await
    }

    async fn with(setup: &Setup, run: &str, gather: &str, more: &[(&str, &str)]) -> anyhow::Result<Self> {
        let prefix = format!("{run}.");
        let queues = Queues::open(&setup.rabbitmq_url, &prefix).await?;
        // An earlier run that failed may have left its own.
        queues.remove().await?;
        let own = [&[("RABBITMQ_PREFIX", prefix.as_str()), ("INGRESS_GATHER_EVENTS", gather)], more].concat();
        let mut product = Product::new(setup, run, &[Name::Ingress], &own)?;
        product.start_all(READY_LIMIT).await?;
        Ok(Self { product, queues })
    }

    /// One turn; empties the queue afterwards.
    pub(crate) async fn drive(
        &mut self,
        connections: usize,
        lasts: Duration,
        pace: Pace,
        requests: Arc<Requests>,
    ) -> anyhow::Result<Turn> {
        let turn = webhooks::drive(self.product.address(Name::Ingress)?, connections, lasts, pace, &requests).await?;
        self.queues.purge(Queue::Persist).await?;
        Ok(turn)
    }

    pub(crate) fn resident_bytes(&mut self) -> anyhow::Result<u64> {
        self.product.process(Name::Ingress)?.resident_bytes()
    }

    /// The processor time that it has used.
    pub(crate) fn processor_time(&mut self) -> anyhow::Result<Duration> {
        self.product.process(Name::Ingress)?.processor_time()
    }

    /// How many webhooks it says it has answered.
    pub(crate) async fn answered(&self) -> anyhow::Result<f64> {
        self.product.metric(Name::Ingress, "loa_ingress_requests_total").await
    }

    /// How many events have gone to its spool.
    pub(crate) async fn spooled(&self) -> anyhow::Result<f64> {
        self.product.metric(Name::Ingress, "loa_ingress_spool_spooled_events_total").await
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.product.terminate(Name::Ingress).await?;
        self.queues.remove().await
    }
}
