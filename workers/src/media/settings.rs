//! The configuration of `media-fetcher`.

use shared::channels::settings::PlatformSettings;
use shared::config::{ConfigError, Ops, Reader, variables};
use shared::domain::hosts::AllowedHosts;
use shared::lifecycle::Settings;
use shared::objects::ObjectSettings;

use crate::settings::WorkerSettings;

/// What `media-fetcher` is told.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// What every worker needs.
    pub worker: WorkerSettings,
    /// Where the platforms are.
    pub platforms: PlatformSettings,
    /// Where files lie.
    pub objects: ObjectSettings,
    /// Hosts that links may name though they are private.
    pub allowed: AllowedHosts,
}

impl Settings for MediaSettings {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let worker = WorkerSettings::section(read);
        let platforms = PlatformSettings::read(read);
        let objects = ObjectSettings::read(read);
        let allowed = read.optional(&variables::MEDIA_ALLOW_HOSTS).unwrap_or_default();
        read.finish(|| Some(Self { worker: worker?, platforms: platforms?, objects: objects?, allowed }))
    }

    fn ops(&self) -> &Ops {
        &self.worker.ops
    }
}
