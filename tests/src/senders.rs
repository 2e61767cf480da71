//! What tests of senders ask of an app besides.

use prometheus::Registry;
use shared::cache::Rates;
use shared::store::doubts::Grace;
use workers::janitor::{doubts, figures, read_marks};
use workers::outbound::{self, Outbound};
use workers::send::metrics::Metrics as SendMetrics;

use crate::TestApp;
use crate::stage::{desk, redis_url};

impl TestApp {
    /// The janitor's round over marks as read.
    pub async fn sweep_read_marks(&self) -> anyhow::Result<()> {
        Ok(read_marks::sweep(&self.context, &self.janitor).await?)
    }

    /// The janitor's rounds that look at what waits and how accounts stand.
    pub async fn look(&self) -> anyhow::Result<()> {
        figures::due(&self.context, &self.janitor).await?;
        figures::queues(&self.context, &self.janitor).await?;
        figures::accounts(&self.context, &self.janitor).await?;
        Ok(figures::limits(&self.context, &self.janitor).await?)
    }

    /// The janitor's round over doubts, with times of the test's own.
    pub async fn settle_doubts(&self, grace: Grace) -> anyhow::Result<()> {
        Ok(doubts::settle_with(&self.context, &self.janitor, grace).await?)
    }

    /// One more sender beside the one that [`settle`](Self::settle) drives, as another replica has it.
    pub fn another_sender(&self, rates: Rates) -> anyhow::Result<Outbound> {
        let metrics = SendMetrics::register(&Registry::new(), "outbound")?;
        let desk = desk(&self.context, self.platform.url(), rates, metrics)?;
        let metrics = outbound::metrics::Metrics::register(&Registry::new())?;
        Ok(Outbound::new(self.context.clone(), desk, metrics))
    }

    /// As if nobody had been written to for a long time: a test may send more to one customer than a
    /// platform lets.
    pub async fn forget_pairs(&self) -> anyhow::Result<()> {
        let contacts: Vec<uuid::Uuid> = sqlx::query_scalar("select id from contacts").fetch_all(&self.db).await?;
        let keys: Vec<String> = contacts.iter().map(|contact| format!("loa:pair:{}:{contact}", self.account)).collect();
        let mut redis = redis::Client::open(redis_url())?.get_multiplexed_async_connection().await?;
        redis::cmd("DEL").arg(keys).exec_async(&mut redis).await?;
        Ok(())
    }
}
