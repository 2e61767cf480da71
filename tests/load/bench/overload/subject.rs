//! An ingress that runs, as an operator gets it, and its broker, near or far.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tests::load::{Name, Product, Queues, Setup};
use tests::proxy::{Proxy, Weather};
use url::Url;

use super::cores;

const RUN: &str = "bench-overload";
const READY_LIMIT: Duration = Duration::from_secs(30);

pub(super) struct Subject {
    product: Product,
    pub(super) queues: Queues,
    _proxy: Option<Proxy>,
}

impl Subject {
    /// Starts one whose broker is `delay` away in each direction, off the core of the load where that `is_apart`.
    pub(super) async fn start(setup: &Setup, delay: Duration, is_apart: bool) -> anyhow::Result<Self> {
        let prefix = format!("{RUN}.");
        let queues = Queues::open(&setup.rabbitmq_url, &prefix).await?;
        // An earlier run that failed may have left its own.
        queues.remove().await?;
        let mut url: Url = setup.rabbitmq_url.parse()?;
        let mut proxy = None;
        if !delay.is_zero() {
            let host = url.host_str().context("no host")?;
            let far = Proxy::to(format!("{host}:{}", url.port().context("no port")?)).await?;
            far.set(Weather { delay, ..Weather::default() });
            url.set_ip_host(far.address().ip()).ok().context("no host")?;
            url.set_port(Some(far.address().port())).ok().context("no port")?;
            proxy = Some(far);
        }
        let own = [("RABBITMQ_PREFIX", prefix.as_str()), ("RABBITMQ_URL", url.as_str())];
        let mut product = Product::new(setup, RUN, &[Name::Ingress], &own)?;
        product.start_all(READY_LIMIT).await?;
        if is_apart {
            cores::keep_off_load(product.process(Name::Ingress)?.id().context("the ingress has ended")?).await?;
        }
        Ok(Self { product, queues, _proxy: proxy })
    }

    pub(super) fn address(&self) -> anyhow::Result<SocketAddr> {
        self.product.address(Name::Ingress)
    }

    pub(super) fn resident_bytes(&mut self) -> anyhow::Result<u64> {
        self.product.process(Name::Ingress)?.resident_bytes()
    }

    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.product.terminate(Name::Ingress).await?;
        self.queues.remove().await
    }
}
