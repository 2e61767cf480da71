//! Groups of variables that several processes read alike.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

use super::parse::FromSetting;
use super::reader::Reader;
use super::traces::Traces;
use super::variables;

/// Where a process runs, which decides what it may do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// A developer's machine or a test.
    Development,
    /// Anything that holds real customers' data.
    Production,
}

impl FromSetting for Environment {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err("expected `development` or `production`".to_owned()),
        }
    }
}

/// What every process needs to be operated.
#[derive(Clone, Debug)]
pub struct Ops {
    /// Where `/metrics`, `/healthz` and `/readyz` are.
    pub addr: SocketAddr,
    /// The log filter.
    pub log: String,
    /// Where spans go, if anywhere.
    pub traces: Option<Traces>,
    /// How long a stop may take.
    pub grace: Duration,
    /// Where the process runs.
    pub environment: Environment,
}

impl Ops {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let addr = read.required(&variables::OPS_ADDR);
        let log = read.required(&variables::LOG);
        let traces = Traces::read(read);
        let grace = read.required(&variables::SHUTDOWN_GRACE);
        let environment = read.required(&variables::LOA_ENV);
        Some(Self { addr: addr?, log: log?, traces, grace: grace?, environment: environment? })
    }
}

/// How to reach PostgreSQL.
#[derive(Clone, Debug)]
pub struct Database {
    /// The address, credentials included.
    pub url: SecretString,
    /// The most connections to open.
    pub pool: u32,
}

impl Database {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let url: Option<PostgresUrl> = read.required(&variables::DATABASE_URL);
        let pool = read.required(&variables::DATABASE_POOL);
        if pool == Some(0) {
            read.fault(&variables::DATABASE_POOL, "expected at least 1");
        }
        Some(Self { url: url?.0, pool: pool? })
    }
}

/// A PostgreSQL address that was looked at.
pub(crate) struct PostgresUrl(pub(crate) SecretString);

impl FromSetting for PostgresUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self(text.into()));
        }
        Err("expected postgres://user:password@host:5432/database".to_owned())
    }
}

/// How to reach RabbitMQ.
#[derive(Clone, Debug)]
pub struct RabbitMq {
    /// The address, credentials included.
    pub url: SecretString,
    /// What the names of exchanges and queues begin with.
    pub prefix: String,
}

impl RabbitMq {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let url: Option<AmqpUrl> = read.required(&variables::RABBITMQ_URL);
        let prefix = read.optional(&variables::RABBITMQ_PREFIX).unwrap_or_default();
        Some(Self { url: url?.0, prefix })
    }
}

/// A RabbitMQ address; the documents' `localhost:5672` is completed.
struct AmqpUrl(SecretString);

impl FromSetting for AmqpUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.starts_with("amqp://") || text.starts_with("amqps://") {
            return Ok(Self(text.into()));
        }
        if text.contains("://") {
            return Err("expected amqp://user:password@host:5672/vhost, or host:port".to_owned());
        }
        let user = if text.contains('@') { "" } else { "guest:guest@" };
        Ok(Self(format!("amqp://{user}{text}").into()))
    }
}

/// How to reach Redis.
#[derive(Clone, Debug)]
pub struct Redis {
    /// The address, credentials included.
    pub url: SecretString,
}

impl Redis {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let url: Option<RedisUrl> = read.required(&variables::REDIS_URL);
        Some(Self { url: url?.0 })
    }
}

/// A Redis address; the documents' `localhost:6379` is completed.
struct RedisUrl(SecretString);

impl FromSetting for RedisUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.starts_with("redis://") || text.starts_with("rediss://") {
            return Ok(Self(text.into()));
        }
        if text.contains("://") {
            return Err("expected redis://:password@host:6379/0, or host:port".to_owned());
        }
        Ok(Self(format!("redis://{text}").into()))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn the_documents_default_without_a_scheme_is_completed() {
        let AmqpUrl(url) = AmqpUrl::from_setting("localhost:5672").unwrap();
        assert_eq!(url.expose_secret(), "amqp://guest:guest@localhost:5672");
        let RedisUrl(url) = RedisUrl::from_setting("localhost:6379").unwrap();
        assert_eq!(url.expose_secret(), "redis://localhost:6379");
    }

    #[test]
    fn an_address_of_something_else_is_refused() {
        assert!(AmqpUrl::from_setting("http://localhost").is_err());
        assert!(PostgresUrl::from_setting("mysql://localhost").is_err());
        assert!(RedisUrl::from_setting("http://localhost").is_err());
    }
}
