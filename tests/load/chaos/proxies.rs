//! Proxies before the services, where a plan wants them: what can be cut without stopping anything.

use anyhow::Context;
use tests::load::{Service, Setup};
use tests::proxy::Proxy;
use url::Url;

/// One before each service, or none.
#[derive(Default)]
pub(crate) struct Proxies(Option<All>);

struct All {
    postgres: Proxy,
    redis: Proxy,
    rabbitmq: Proxy,
}

impl Proxies {
    /// One before each service of `setup`.
    pub(crate) async fn before_each(setup: &Setup) -> anyhow::Result<Self> {
        let postgres = Proxy::to(host_and_port(&setup.database_url)?).await?;
        let redis = Proxy::to(host_and_port(&setup.redis_url.parse()?)?).await?;
        let rabbitmq = Proxy::to(host_and_port(&setup.rabbitmq_url.parse()?)?).await?;
        Ok(Self(Some(All { postgres, redis, rabbitmq })))
    }

    /// The one before `service`.
    pub(crate) fn of(&self, service: Service) -> anyhow::Result<&Proxy> {
        let all = self.0.as_ref().context("the plan has no proxies")?;
        Ok(match service {
            Service::Postgres => &all.postgres,
            Service::Redis => &all.redis,
            Service::RabbitMq => &all.rabbitmq,
        })
    }

    /// The way to `service` at `url`: through its proxy, where there is one.
    pub(crate) fn way(&self, service: Service, url: &str) -> anyhow::Result<String> {
        let Ok(proxy) = self.of(service) else { return Ok(url.to_owned()) };
        let (mut way, address) = (Url::parse(url)?, proxy.address());
        way.set_ip_host(address.ip()).ok().context("an address without a host")?;
        way.set_port(Some(address.port())).ok().context("an address without a port")?;
        Ok(way.into())
    }
}

fn host_and_port(url: &Url) -> anyhow::Result<String> {
    let (host, port) = (url.host_str().context("no host")?, url.port().context("no port")?);
    Ok(format!("{host}:{port}"))
}
