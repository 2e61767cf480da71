//! Hosts that an installation lets be called.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

/// Hosts that flows may call: all, none, or those named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CalledHosts {
    /// Every host in the open internet.
    #[default]
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

/// A text that is no list of hosts; says what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoHosts(&'static str);

impl FromStr for CalledHosts {
    type Err = NoHosts;

    /// `*`, `none`, or names behind commas.
    fn from_str(text: &str) -> Result<Self, NoHosts> {
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
            return Err(NoHosts(
                "expected `*`, `none`, or names such as api.example.com and *.example.com behind commas",
            ));
        }
        Ok(Self::Named(names.into()))
    }
}

/// Hosts that may be called though they are private.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedHosts(Arc<BTreeSet<String>>);

impl AllowedHosts {
    /// `hosts`, names or addresses without a port.
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        Self(Arc::new(hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect()))
    }

    /// Whether `host` is one of them.
    pub fn hold(&self, host: &str) -> bool {
        self.0.contains(&host.to_ascii_lowercase())
    }
}

impl FromStr for AllowedHosts {
    type Err = NoHosts;

    /// Names or addresses behind commas.
    fn from_str(text: &str) -> Result<Self, NoHosts> {
        let hosts: Vec<&str> = text.split(',').map(str::trim).collect();
        if hosts.iter().any(|host| host.is_empty() || host.contains(['/', '@', ' '])) {
            return Err(NoHosts("expected names or addresses behind commas, without scheme and port"));
        }
        Ok(Self::new(hosts.into_iter().map(str::to_owned)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_all_none_or_named_ones() {
        let some: CalledHosts = "API.example.com, *.shop.example".parse().unwrap();
        assert!(some.allow("api.example.com") && some.allow("a.b.shop.EXAMPLE"));
        assert!(!some.allow("shop.example") && !some.allow("example.com") && !some.allow("xshop.example"));
        assert!("*".parse::<CalledHosts>().unwrap().allow("anything.example"));
        assert!(!"none".parse::<CalledHosts>().unwrap().allow("anything.example"));
        for text in ["https://a", "a,,b", "*.", "a*b", ""] {
            assert!(text.parse::<CalledHosts>().is_err(), "{text}");
        }
    }

    #[test]
    fn allowed_hosts_are_names_and_addresses() {
        let hosts: AllowedHosts = "localhost, 127.0.0.1,::1".parse().unwrap();
        assert!(hosts.hold("LOCALHOST") && hosts.hold("127.0.0.1") && hosts.hold("::1") && !hosts.hold("10.0.0.1"));
        for text in ["http://localhost", "a,,b", "a@b"] {
            assert!(text.parse::<AllowedHosts>().is_err(), "{text}");
        }
    }
}
