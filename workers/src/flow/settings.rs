//! The configuration of `flow-engine`.

use shared::config::{ConfigError, Ops, Reader, variables};
use shared::domain::hosts::{AllowedHosts, CalledHosts};
use shared::lifecycle::Settings;

use crate::settings::WorkerSettings;

/// What `flow-engine` is told.
#[derive(Clone, Debug)]
pub struct FlowSettings {
    /// What every worker needs.
    pub worker: WorkerSettings,
    /// Hosts that flows may call.
    pub hosts: CalledHosts,
    /// Hosts that flows may call though they are private.
    pub private: AllowedHosts,
}

impl Settings for FlowSettings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let worker = WorkerSettings::section(read);
        let hosts = read.required(&variables::FLOW_HTTP_ALLOWED_HOSTS);
        let private = read.optional(&variables::FLOW_HTTP_PRIVATE_HOSTS).unwrap_or_default();
        read.finish(|| Some(Self { worker: worker?, hosts: hosts?, private }))
    }

    fn ops(&self) -> &Ops {
        &self.worker.ops
    }
}
