//! Where the platforms are, from the configuration.

use secrecy::SecretString;
use url::Url;

use super::http;
use super::platforms::Platforms;
use super::x::oauth::KeyPair;
use crate::config::{Reader, variables};

/// The platforms' addresses and our app on X.
#[derive(Clone, Debug)]
pub struct PlatformSettings {
    whatsapp_url: Url,
    messenger_url: Url,
    x_url: Url,
    x_consumer: Option<KeyPair>,
}

impl PlatformSettings {
    /// Reads the section.
    pub fn read(read: &mut Reader) -> Option<Self> {
        let whatsapp_url = read.required(&variables::WHATSAPP_API_BASE_URL);
        let version: Option<String> = read.required(&variables::WHATSAPP_API_VERSION);
        let messenger_url = read.required(&variables::MESSENGER_API_BASE_URL);
        let x_url = read.required(&variables::X_API_BASE_URL);
        let key: Option<SecretString> = read.optional(&variables::X_CONSUMER_KEY);
        let secret: Option<SecretString> = read.optional(&variables::X_CONSUMER_SECRET);
        let x_consumer = match (key, secret) {
            (Some(key), Some(secret)) => Some(KeyPair { key, secret }),
            _ => None,
        };
        Some(Self {
            whatsapp_url: versioned(whatsapp_url?, &version?),
            messenger_url: messenger_url?,
            x_url: x_url?,
            x_consumer,
        })
    }

    /// The version of the Graph API that WhatsApp is called with.
    pub fn whatsapp_version(&self) -> Option<&str> {
        self.whatsapp_url.path_segments()?.find(|segment| is_version(segment))
    }

    /// What sends through these addresses.
    pub fn open(self) -> Result<Platforms, reqwest::Error> {
        Ok(Platforms {
            client: http::client()?,
            whatsapp_url: self.whatsapp_url,
            messenger_url: self.messenger_url,
            x_url: self.x_url,
            x_consumer: self.x_consumer,
        })
    }
}

/// `base` with `version` behind it, unless it names one itself.
fn versioned(mut base: Url, version: &str) -> Url {
    if base.path_segments().is_some_and(|mut segments| segments.any(is_version)) {
        return base;
    }
    if let Ok(mut segments) = base.path_segments_mut() {
        segments.pop_if_empty().push(version);
    }
    base
}

fn is_version(segment: &str) -> bool {
    let mut parts = segment.strip_prefix('v').unwrap_or_default().splitn(2, '.');
    let mut number = || parts.next().is_some_and(|part| part.parse::<u16>().is_ok());
    number() && number()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(base: &str) -> String {
        versioned(Url::parse(base).unwrap(), "v25.0").to_string()
    }

    #[test]
    fn the_version_is_put_behind_the_address() {
        assert_eq!(url("https://graph.facebook.com"), "https://graph.facebook.com/v25.0");
        assert_eq!(url("http://127.0.0.1:9090/graph/"), "http://127.0.0.1:9090/graph/v25.0");
    }

    #[test]
    fn a_version_inside_the_address_wins() {
        assert_eq!(url("https://graph.facebook.com/v18.0"), "https://graph.facebook.com/v18.0");
    }
}
