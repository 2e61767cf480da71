//! What a worker's configuration holds.

use std::num::NonZeroU32;

use shared::channels::settings::PlatformSettings;
use shared::config::{ConfigError, Database, Environment, Ops, RabbitMq, Reader, Redis, variables};
use shared::lifecycle::Settings;
use shared::store::seal::MasterKey;

/// What every worker needs.
#[derive(Clone, Debug)]
pub struct WorkerSettings {
    /// How it is operated.
    pub ops: Ops,
    /// PostgreSQL.
    pub database: Database,
    /// RabbitMQ.
    pub rabbitmq: RabbitMq,
    /// What seals; none in development at most.
    pub master_key: Option<MasterKey>,
}

impl WorkerSettings {
    pub(crate) fn section(read: &mut Reader) -> Option<Self> {
        let ops = Ops::read(read);
        let database = Database::read(read);
        let rabbitmq = RabbitMq::read(read);
        let master_key: Option<MasterKey> = read.optional(&variables::MESSAGE_ENCRYPTION_KEY);
        let ops = ops?;
        if master_key.is_none() && ops.environment == Environment::Production {
            read.fault(&variables::MESSAGE_ENCRYPTION_KEY, "is not set; only LOA_ENV=development may store plain text");
        }
        Some(Self { ops, database: database?, rabbitmq: rabbitmq?, master_key })
    }
}

impl Settings for WorkerSettings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let section = Self::section(read);
        read.finish(|| section)
    }

    fn ops(&self) -> &Ops {
        &self.ops
    }
}

/// What a worker that sends needs besides.
#[derive(Clone, Debug)]
pub struct SenderSettings {
    /// What every worker needs.
    pub worker: WorkerSettings,
    /// Where the platforms are.
    pub platforms: PlatformSettings,
    /// Where the pace is kept.
    pub redis: Redis,
    /// How many senders share it while Redis is away.
    pub replicas: NonZeroU32,
}

impl Settings for SenderSettings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let worker = WorkerSettings::section(read);
        let platforms = PlatformSettings::read(read);
        let redis = Redis::read(read);
        let replicas: Option<u32> = read.required(&variables::OUTBOUND_REPLICAS);
        if replicas == Some(0) {
            read.fault(&variables::OUTBOUND_REPLICAS, "expected at least 1");
        }
        read.finish(|| {
            let replicas = NonZeroU32::new(replicas?)?;
            Some(Self { worker: worker?, platforms: platforms?, redis: redis?, replicas })
        })
    }

    fn ops(&self) -> &Ops {
        &self.worker.ops
    }
}

/// What a worker needs besides that tells the senders what came in.
#[derive(Clone, Debug)]
pub struct PersistSettings {
    /// What every worker needs.
    pub worker: WorkerSettings,
    /// Where the pace is kept.
    pub redis: Redis,
}

impl Settings for PersistSettings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let worker = WorkerSettings::section(read);
        let redis = Redis::read(read);
        read.finish(|| Some(Self { worker: worker?, redis: redis? }))
    }

    fn ops(&self) -> &Ops {
        &self.worker.ops
    }
}
