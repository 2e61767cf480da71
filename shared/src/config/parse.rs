//! How the text of a variable becomes a value.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::domain::hosts::{AllowedHosts, CalledHosts, NoHosts};

/// A value that a variable can hold.
pub trait FromSetting: Sized {
    /// Reads `text`, which is neither empty nor padded; an error says what was expected.
    fn from_setting(text: &str) -> Result<Self, String>;
}

impl FromSetting for String {
    fn from_setting(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl FromSetting for SecretString {
    fn from_setting(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
}

impl FromSetting for SocketAddr {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "expected an address and port such as 0.0.0.0:8080".to_owned())
    }
}

impl FromSetting for Url {
    fn from_setting(text: &str) -> Result<Self, String> {
        let url = Self::parse(text).map_err(|error| format!("expected an http(s) URL, {error}"))?;
        match url.scheme() {
            "http" | "https" if url.has_host() => Ok(url),
            other => Err(format!("expected an http(s) URL, got the scheme `{other}`")),
        }
    }
}

impl FromSetting for CalledHosts {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: NoHosts| error.to_string())
    }
}

impl FromSetting for AllowedHosts {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.parse().map_err(|error: NoHosts| error.to_string())
    }
}

impl FromSetting for bool {
    fn from_setting(text: &str) -> Result<Self, String> {
        match text {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err("expected true or false".to_owned()),
        }
    }
}

impl FromSetting for u32 {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected a whole number from 0 to {}", Self::MAX))
    }
}

impl FromSetting for u64 {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("expected a whole number from 0 to {}", Self::MAX))
    }
}

impl FromSetting for Duration {
    fn from_setting(text: &str) -> Result<Self, String> {
        let problem = || "expected a time such as 500ms, 30s or 5m".to_owned();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let amount: u64 = digits.parse().map_err(|_| problem())?;
        match &text[digits.len()..] {
            "ms" => Ok(Self::from_millis(amount)),
            "s" => Ok(Self::from_secs(amount)),
            "m" => Ok(Self::from_secs(amount.saturating_mul(60))),
            _ => Err(problem()),
        }
    }
}

/// One secret of a list, with the name it goes by in logs and events.
#[derive(Clone, Debug)]
pub struct NamedSecret {
    /// `default` where none is given.
    pub name: String,
    /// The secret.
    pub secret: SecretString,
}

/// Secrets that hold at the same time: several apps, or one app's old and new secret while it is
/// rotated. Written `secret`, `name=secret`, or several of them behind commas; the same name may
/// come twice.
#[derive(Clone, Debug)]
pub struct SecretList(pub Vec<NamedSecret>);

impl FromSetting for SecretList {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.split(',').map(named_secret).collect::<Result<_, _>>().map(Self)
    }
}

fn named_secret(part: &str) -> Result<NamedSecret, String> {
    const LONGEST_NAME: usize = 64;
    let (name, secret) = part.split_once('=').unwrap_or(("default", part));
    let (name, secret) = (name.trim(), secret.trim());
    if secret.is_empty() {
        return Err("expected `secret` or `name=secret`, several behind commas, none empty".to_owned());
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(plain) {
        return Err("expected an app name of letters, digits, - and _ before `=`".to_owned());
    }
    Ok(NamedSecret { name: name.to_owned(), secret: secret.into() })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_list_of_secrets_names_each() {
        let SecretList(list) = SecretList::from_setting("new, shop=old").unwrap();
        let read: Vec<_> = list.iter().map(|s| (s.name.as_str(), s.secret.expose_secret())).collect();
        assert_eq!(read, [("default", "new"), ("shop", "old")]);
    }

    #[test]
    fn a_duration_needs_its_unit() {
        assert_eq!(Duration::from_setting("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(Duration::from_setting("2m"), Ok(Duration::from_mins(2)));
        for text in ["30", "s", "1h30", "-1s"] {
            assert!(Duration::from_setting(text).is_err(), "{text}");
        }
    }
}
