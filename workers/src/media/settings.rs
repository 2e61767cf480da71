//! The configuration of `media-fetcher`.

use shared::channels::settings::PlatformSettings;
use shared::config::{ConfigError, FromSetting, Ops, Reader, variables};
use shared::lifecycle::Settings;
use shared::objects::ObjectSettings;

use crate::net::resolve::AllowedHosts;
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

impl FromSetting for AllowedHosts {
    fn from_setting(text: &str) -> Result<Self, String> {
        let hosts: Vec<&str> = text.split(',').map(str::trim).collect();
        if hosts.iter().any(|host| host.is_empty() || host.contains(['/', '@', ' '])) {
            return Err("expected names or addresses behind commas, without scheme and port".to_owned());
        }
        Ok(Self::new(hosts.into_iter().map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_hosts_are_names_and_addresses() {
        let hosts = AllowedHosts::from_setting("localhost, 127.0.0.1,::1").unwrap();
        assert!(hosts.hold("LOCALHOST") && hosts.hold("127.0.0.1") && hosts.hold("::1") && !hosts.hold("10.0.0.1"));
        for text in ["http://localhost", "a,,b", "a@b"] {
            assert!(AllowedHosts::from_setting(text).is_err(), "{text}");
        }
    }
}
