//! Fetching what a link leads to, which may be anything: only from the open internet, and never with more
//! than was meant for the host.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use shared::domain::hosts::AllowedHosts;
use url::{Host, Url};

use super::fault::Fault;
use crate::net::address;
use crate::net::resolve::{PrivateAddress, PublicResolver};

const CONNECT: Duration = Duration::from_secs(5);
/// A host that says nothing for so long will say nothing any more.
const SILENCE: Duration = Duration::from_secs(30);
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;
const PORTS: [u16; 2] = [80, 443];

/// Fetches links.
#[derive(Clone, Debug)]
pub struct Links {
    client: Client,
    allowed: AllowedHosts,
}

impl Links {
    /// Fetches from the open internet and from `allowed` hosts.
    pub fn new(allowed: AllowedHosts) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .dns_resolver(std::sync::Arc::new(PublicResolver { allowed: allowed.clone() }))
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy would resolve names by itself, unseen by us.
            .no_proxy()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("loa/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allowed })
    }

    /// The answer at `link`. `authorization` gives what proves to the host of an address who asks, where it
    /// is a host to prove that to; it is asked again at each redirect.
    pub async fn get(
        &self,
        link: &str,
        authorization: impl Fn(&Url) -> Option<HeaderValue>,
    ) -> Result<Response, Fault> {
        let mut url = Url::parse(link).map_err(|_| Fault::never("LINK_INVALID", "the link does not read"))?;
        for _ in 0..=MOST_REDIRECTS {
            self.check(&url)?;
            let mut request = self.client.get(url.clone());
            if let Some(authorization) = authorization(&url) {
                request = request.header(AUTHORIZATION, authorization);
            }
            let response = request.send().await.map_err(|error| of_transport(&error))?;
            match redirect(&url, &response)? {
                Some(next) => url = next,
                None => return judge(response),
            }
        }
        Err(Fault::person("TOO_MANY_REDIRECTS", "the link leads from one place to the next"))
    }

    /// Looks at all that an address itself tells; the name is looked at when it is resolved.
    fn check(&self, url: &Url) -> Result<(), Fault> {
        let refuse = |why: &str| Err(Fault::never("LINK_REFUSED", why));
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("only http and https links are fetched");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("a link must not carry a name or a password");
        }
        let Some(host) = url.host() else {
            return refuse("the link names no host");
        };
        if self.allowed.hold(&bare(&host)) {
            return Ok(());
        }
        if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return refuse("links are fetched from ports 80 and 443 alone");
        }
        let literal: Option<IpAddr> = match host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !address::is_public(address) => refuse("it leads to a private address"),
            _ => Ok(()),
        }
    }
}

/// A host as it is named in the configuration: IPv6 without brackets.
fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Ipv6(address) => address.to_string(),
        host => host.to_string(),
    }
}

fn redirect(from: &Url, response: &Response) -> Result<Option<Url>, Fault> {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.and_then(|target| from.join(target).ok());
    target.map(Some).ok_or_else(|| Fault::person("LINK_BROKEN", "the link leads nowhere"))
}

/// What an answer other than the file means.
pub fn judge(response: Response) -> Result<Response, Fault> {
    let status = response.status();
    if status == StatusCode::OK {
        return Ok(response);
    }
    let title = format!("it was answered {status}");
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        return Err(Fault::later("BUSY", title, Duration::from_secs(wait.unwrap_or(0))));
    }
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        return Err(Fault::later("SOURCE_FAILED", title, Duration::ZERO));
    }
    Err(Fault::person("SOURCE_REFUSED", title))
}

/// What a call that brought no answer means.
pub fn of_transport(error: &reqwest::Error) -> Fault {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref::<PrivateAddress>().is_some() {
            return Fault::never("LINK_REFUSED", PrivateAddress.to_string());
        }
        source = cause.source();
    }
    let why = if error.is_timeout() { "it took too long" } else { "it could not be reached" };
    Fault::later("UNREACHABLE", why, Duration::ZERO)
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
