//! The configuration of the ingress.

use std::net::{Ipv4Addr, SocketAddr};

use shared::config::{ConfigError, Environment, Ops, RabbitMq, Reader, variables};
use shared::lifecycle;
use shared::seal::MasterKey;

use crate::secrets::{ByChannel, Secrets};
use crate::server::Limits;
use crate::spool;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080);
/// Room for the largest body and some small ones.
const LEAST_IN_FLIGHT: usize = 4 * 1024 * 1024;
/// Room for a few of the largest records.
const LEAST_SPOOL: u64 = 16 * 1024 * 1024;

/// What is redelivered after a crash comes back whole, so a message stays small enough for one batch.
const MOST_GATHERED: u32 = 4096;

/// What the ingress is told.
#[derive(Debug)]
pub struct Settings {
    /// Where webhooks come in.
    pub listen: SocketAddr,
    /// Who may send them.
    pub secrets: Secrets,
    /// What clients may use up.
    pub limits: Limits,
    /// How many events go into one broker message at most.
    pub gather: usize,
    /// Whether webhooks are counted.
    pub counts: bool,
    /// Where events lie while the broker does not take them; none: nowhere.
    pub spool: Option<spool::Settings>,
    /// Where events go.
    pub rabbitmq: RabbitMq,
    /// The part that every process has.
    pub ops: Ops,
}

impl lifecycle::Settings for Settings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let listen = read.optional(&variables::LISTEN_ADDR).unwrap_or(DEFAULT_LISTEN);
        let secrets = secrets(read);
        let limits = limits(read);
        let gather = gather(read);
        let counts = read.required(&variables::INGRESS_METRICS);
        let rabbitmq = RabbitMq::read(read);
        let ops = Ops::read(read);
        let spool = spool(read, ops.as_ref().map(|ops| ops.environment));
        read.finish(|| {
            let rabbitmq = rabbitmq?;
            Some(Self {
                listen,
                secrets: secrets?,
                limits: limits?,
                gather: gather?,
                counts: counts?,
                spool: spool?,
                rabbitmq,
                ops: ops?,
            })
        })
    }

    fn ops(&self) -> &Ops {
        &self.ops
    }
}

fn secrets(read: &mut Reader) -> Option<Secrets> {
    let whatsapp = read.optional(&variables::WHATSAPP_APP_SECRET);
    let messenger = read.optional(&variables::MESSENGER_APP_SECRET);
    let x = read.optional(&variables::X_CONSUMER_SECRET);
    let meta_tokens =
        [read.optional(&variables::WHATSAPP_WEBHOOK_VERIFY_TOKEN), read.optional(&variables::MESSENGER_VERIFY_TOKEN)];
    if whatsapp.is_none() && messenger.is_none() && x.is_none() {
        read.fault(
            &variables::WHATSAPP_APP_SECRET,
            "no channel has a secret; set this, MESSENGER_APP_SECRET or X_CONSUMER_SECRET",
        );
        return None;
    }
    let given = ByChannel {
        // Each of Meta's paths takes the secrets of both channels, so where Messenger has none of its
        // own WhatsApp's hold there too.
        whatsapp,
        messenger,
        x,
        meta_tokens: meta_tokens.into_iter().flatten().collect(),
    };
    match Secrets::new(&given) {
        Ok(secrets) => Some(secrets),
        Err(error) => {
            read.fault(&variables::WHATSAPP_APP_SECRET, error.to_string());
            None
        }
    }
}

fn gather(read: &mut Reader) -> Option<usize> {
    let most: u32 = read.required(&variables::INGRESS_GATHER_EVENTS)?;
    if !(1..=MOST_GATHERED).contains(&most) {
        read.fault(&variables::INGRESS_GATHER_EVENTS, format!("expected 1 to {MOST_GATHERED}"));
    }
    usize::try_from(most).ok()
}

/// Some of none where there is to be no spool.
#[expect(clippy::option_option, reason = "a fault, no spool, a spool")]
fn spool(read: &mut Reader, environment: Option<Environment>) -> Option<Option<spool::Settings>> {
    let directory: Option<String> = read.optional(&variables::INGRESS_SPOOL_DIR);
    let most_bytes: Option<u64> = read.required(&variables::INGRESS_SPOOL_MAX_BYTES);
    let master: Option<MasterKey> = read.optional(&variables::MESSAGE_ENCRYPTION_KEY);
    if most_bytes.is_some_and(|bytes| bytes < LEAST_SPOOL) {
        read.fault(&variables::INGRESS_SPOOL_MAX_BYTES, format!("expected at least {LEAST_SPOOL}"));
    }
    let Some(directory) = directory else { return Some(None) };
    if master.is_none() && environment == Some(Environment::Production) {
        let problem = "is not set, and INGRESS_SPOOL_DIR is; only LOA_ENV=development may store plain text";
        read.fault(&variables::MESSAGE_ENCRYPTION_KEY, problem);
    }
    Some(Some(spool::Settings { directory: directory.into(), most_bytes: most_bytes?, master }))
}

fn limits(read: &mut Reader) -> Option<Limits> {
    let connections: Option<u32> = read.required(&variables::INGRESS_MAX_CONNECTIONS);
    if connections == Some(0) {
        read.fault(&variables::INGRESS_MAX_CONNECTIONS, "expected at least 1");
    }
    let bytes: Option<u32> = read.required(&variables::INGRESS_MAX_IN_FLIGHT_BYTES);
    let bytes = bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    if bytes.is_some_and(|bytes| bytes < LEAST_IN_FLIGHT) {
        read.fault(&variables::INGRESS_MAX_IN_FLIGHT_BYTES, format!("expected at least {LEAST_IN_FLIGHT}"));
    }
    Some(Limits {
        connections: usize::try_from(connections?).unwrap_or(usize::MAX),
        in_flight_bytes: bytes?,
        ..Limits::default()
    })
}

#[cfg(test)]
mod tests {
    use shared::lifecycle::Settings as _;

    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        Settings::read(&mut Reader::of(pairs.iter().map(owned)))
    }

    #[test]
    fn one_secret_of_any_channel_is_enough() {
        for variable in ["WHATSAPP_APP_SECRET", "MESSENGER_APP_SECRET", "X_CONSUMER_SECRET"] {
            let settings = read(&[(variable, "app-secret")]).unwrap();
            assert_eq!(settings.listen, DEFAULT_LISTEN);
            assert_eq!(settings.limits.connections, 4096);
        }
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let error = read(&[
            ("LISTEN_ADDR", "8080"),
            ("INGRESS_MAX_CONNECTIONS", "0"),
            ("INGRESS_MAX_IN_FLIGHT_BYTES", "1000"),
            ("RABBITMQ_URL", "http://broker"),
        ])
        .unwrap_err();
        let named: Vec<_> = error.faults.iter().map(|fault| fault.variable).collect();
        assert_eq!(
            named,
            [
                "LISTEN_ADDR",
                "WHATSAPP_APP_SECRET",
                "INGRESS_MAX_CONNECTIONS",
                "INGRESS_MAX_IN_FLIGHT_BYTES",
                "RABBITMQ_URL"
            ]
        );
    }

    #[test]
    fn there_is_a_spool_where_its_directory_is_named_and_in_production_it_is_sealed() {
        let of = |more: &[(&str, &str)]| read(&[&[("WHATSAPP_APP_SECRET", "app-secret")], more].concat());
        assert!(of(&[]).unwrap().spool.is_none());
        let directory = ("INGRESS_SPOOL_DIR", "/var/lib/loa/spool");
        let error = of(&[directory]).unwrap_err();
        assert_eq!(error.faults[0].variable, "MESSAGE_ENCRYPTION_KEY");
        let key = ("MESSAGE_ENCRYPTION_KEY", "bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtMTI=");
        for more in [[directory, ("LOA_ENV", "development")], [directory, key]] {
            assert_eq!(of(&more).unwrap().spool.unwrap().most_bytes, 1 << 30);
        }
        assert!(of(&[("INGRESS_SPOOL_MAX_BYTES", "1000")]).is_err());
    }

    #[test]
    fn no_secret_is_printed() {
        let settings = read(&[("WHATSAPP_APP_SECRET", "tell-nobody")]).unwrap();
        assert!(!format!("{settings:?}").contains("tell-nobody"));
    }
}
