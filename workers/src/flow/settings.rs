//! The configuration of `flow-engine`.

use std::sync::Arc;

use shared::config::{ConfigError, FromSetting, Ops, Reader, variables};
use shared::lifecycle::Settings;

use crate::net::resolve::AllowedHosts;
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

/// Hosts that flows may call: all, none, or those named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CalledHosts {
    /// Every host in the open internet.
    All,
    /// These, and those below `*.` ones; in lower case.
    Named(Arc<[String]>),
}

impl CalledHosts {
    /// Whether `host` may be called.
    pub fn allow(&self, host: &str) -> bool {
        let Self::Named(named) = self else { return true };
        let host = host.to_ascii_lowercase();
        let fits = |name: &String| match name.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => *name == host,
        };
        named.iter().any(fits)
    }
}

impl FromSetting for CalledHosts {
    fn from_setting(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
        match names.as_slice() {
            [all] if all == "*" => return Ok(Self::All),
            [none] if none == "none" => return Ok(Self::Named(Arc::default())),
            _ => {}
        }
        let is_wrong = |name: &String| {
            let plain = name.strip_prefix("*.").unwrap_or(name);
            plain.is_empty() || plain.contains(['/', '@', ' ', '*'])
        };
        if names.iter().any(is_wrong) {
            return Err(
                "expected `*`, `none`, or names such as api.example.com and *.example.com behind commas".to_owned()
            );
        }
        Ok(Self::Named(names.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_all_none_or_named_ones() {
        let some = CalledHosts::from_setting("API.example.com, *.shop.example").unwrap();
        assert!(some.allow("api.example.com") && some.allow("a.b.shop.EXAMPLE"));
        assert!(!some.allow("shop.example") && !some.allow("example.com") && !some.allow("xshop.example"));
        assert!(CalledHosts::from_setting("*").unwrap().allow("anything.example"));
        assert!(!CalledHosts::from_setting("none").unwrap().allow("anything.example"));
        for text in ["https://a", "a,,b", "*.", "a*b", ""] {
            assert!(CalledHosts::from_setting(text).is_err(), "{text}");
        }
    }
}
