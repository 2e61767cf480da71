//! The API's configuration.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use shared::channels::settings::PlatformSettings;
use shared::config::{ConfigError, Database, Environment, FromSetting, Ops, RabbitMq, Reader, Redis, variables};
use shared::domain::hosts::{AllowedHosts, CalledHosts};
use shared::lifecycle::Settings;
use shared::objects::ObjectSettings;
use shared::store::seal::MasterKey;
use url::Url;

use crate::auth::{OuterSettings, SHORTEST_PASSWORD};
use crate::layers::{Allowed, Origins};
use crate::set_up::FirstOwner;

/// The port of the documents.
const DEFAULT_LISTEN_ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 5000);
/// A shorter secret can be guessed from one token.
const SHORTEST_JWT_SECRET: usize = 32;

/// What the API is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Operators' port, logs, grace time.
    pub ops: Ops,
    /// PostgreSQL.
    pub database: Database,
    /// RabbitMQ.
    pub rabbitmq: RabbitMq,
    /// Redis.
    pub redis: Redis,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where webhooks go; nowhere where not set.
    pub forward_to: Option<Url>,
    /// What seals contents and credentials; none in development.
    pub master_key: Option<MasterKey>,
    /// Where files lie.
    pub objects: ObjectSettings,
    /// Where the platforms are.
    pub platforms: PlatformSettings,
    /// What signs access tokens.
    pub jwt_secret: SecretString,
    /// How often callers may ask.
    pub allowed: Allowed,
    /// Whose pages may call from a browser.
    pub origins: Origins,
    /// Whose tokens are taken besides.
    pub outer: OuterSettings,
    /// Whom flows may call, which is told to their authors.
    pub calls: Calls,
    /// Who is made the owner where there is no user.
    pub owner: FirstOwner,
}

/// Hosts that flows may call.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    /// In the open internet.
    pub hosts: CalledHosts,
    /// Elsewhere too.
    pub private: AllowedHosts,
}

impl Settings for Config {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let ops = Ops::read(read);
        let database = Database::read(read);
        let rabbitmq = RabbitMq::read(read);
        let redis = Redis::read(read);
        let listen = read.optional(&variables::LISTEN_ADDR).unwrap_or(DEFAULT_LISTEN_ADDR);
        let forward_to = read.optional(&variables::WEBHOOK_FORWARD_URL).map(|PlainUrl(url)| url);
        let environment = ops.as_ref().map_or(Environment::Production, |ops| ops.environment);
        let master_key = master_key(read, environment);
        let objects = ObjectSettings::read(read);
        let platforms = PlatformSettings::read(read);
        let jwt_secret = read.required(&variables::JWT_SECRET).map(|JwtSecret(secret)| secret);
        let allowed = read.optional(&variables::API_RATE_LIMITS).unwrap_or_default();
        let origins = read.optional(&variables::API_CORS_ORIGINS).unwrap_or_default();
        let outer = OuterSettings {
            jwks_url: read.optional(&variables::JWT_JWKS_URL),
            issuer: read.optional(&variables::JWT_ISSUER),
            audience: read.optional(&variables::JWT_AUDIENCE),
        };
        let calls = Calls {
            hosts: read.required(&variables::FLOW_HTTP_ALLOWED_HOSTS).unwrap_or_default(),
            private: read.optional(&variables::FLOW_HTTP_PRIVATE_HOSTS).unwrap_or_default(),
        };
        let owner = first_owner(read);
        read.finish(|| {
            Some(Self {
                ops: ops?,
                database: database?,
                rabbitmq: rabbitmq?,
                redis: redis?,
                listen,
                forward_to,
                master_key,
                objects: objects?,
                platforms: platforms?,
                jwt_secret: jwt_secret?,
                allowed,
                origins,
                outer,
                calls,
                owner: owner?,
            })
        })
    }

    fn ops(&self) -> &Ops {
        &self.ops
    }
}

/// The key that seals; only development does without.
pub(crate) fn master_key(read: &mut Reader, environment: Environment) -> Option<MasterKey> {
    let key = match environment {
        Environment::Development => read.optional(&variables::MESSAGE_ENCRYPTION_KEY),
        Environment::Production => read.required(&variables::MESSAGE_ENCRYPTION_KEY),
    };
    key.map(|SealingKey(key)| key)
}

fn first_owner(read: &mut Reader) -> Option<FirstOwner> {
    let email: Option<Email> = read.required(&variables::LOA_OWNER_EMAIL);
    let password: Option<SecretString> = read.optional(&variables::LOA_OWNER_PASSWORD);
    if password.as_ref().is_some_and(|password| password.expose_secret().chars().count() < SHORTEST_PASSWORD) {
        read.fault(&variables::LOA_OWNER_PASSWORD, format!("expected at least {SHORTEST_PASSWORD} characters"));
    }
    Some(FirstOwner { email: email?.0, password })
}

struct SealingKey(MasterKey);

impl FromSetting for SealingKey {
    fn from_setting(text: &str) -> Result<Self, String> {
        MasterKey::parse(&text.into()).map(Self).map_err(|error| error.to_string())
    }
}

struct JwtSecret(SecretString);

impl FromSetting for JwtSecret {
    fn from_setting(text: &str) -> Result<Self, String> {
        if text.len() < SHORTEST_JWT_SECRET {
            return Err(format!("expected at least {SHORTEST_JWT_SECRET} characters (openssl rand -base64 32)"));
        }
        Ok(Self(text.into()))
    }
}

/// The ingress is a neighbour: it is spoken to without TLS.
struct PlainUrl(Url);

impl FromSetting for PlainUrl {
    fn from_setting(text: &str) -> Result<Self, String> {
        let url = Url::from_setting(text)?;
        if url.scheme() == "http" { Ok(Self(url)) } else { Err("expected an http URL".to_owned()) }
    }
}

struct Email(String);

impl FromSetting for Email {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text.split_once('@') {
            Some((name, host)) if !name.is_empty() && !host.is_empty() => Ok(Self(text.to_lowercase())),
            _ => Err("expected an e-mail address".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(&mut Reader::of(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))))
    }

    const LEAST: [(&str, &str); 3] = [
        ("LOA_ENV", "development"),
        ("DATABASE_URL", "postgres://loa@localhost/loa"),
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
    ];

    #[test]
    fn development_needs_a_database_and_a_secret() {
        let config = read(&LEAST).unwrap();
        assert_eq!(config.listen.to_string(), "0.0.0.0:5000");
        assert!(config.master_key.is_none());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let error = read(&[("JWT_SECRET", "short"), ("WEBHOOK_FORWARD_URL", "https://ingress")]).unwrap_err();
        let names: Vec<_> = error.faults.iter().map(|fault| fault.variable).collect();
        assert_eq!(names, ["DATABASE_URL", "WEBHOOK_FORWARD_URL", "MESSAGE_ENCRYPTION_KEY", "JWT_SECRET"]);
    }
}
