//! Calling merchants' endpoints: only hosts that the installation allows, only in the open internet, however their names
//! and redirects lead, and never more of an answer than a session can hold.

use std::error::Error;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use shared::domain::hosts::{AllowedHosts, CalledHosts};
use shared::flow::effect::Request;
use shared::flow::event::CallOutcome;
use tokio::time::timeout;
use url::{Host, Url};

use crate::net::address;
use crate::net::resolve::{PrivateAddress, PublicResolver};

const CONNECT: Duration = Duration::from_secs(5);
/// The longest answer that is waited for, whatever a flow says.
const LONGEST: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const MOST_BYTES: usize = 256 * 1024;
/// Redirects that are followed.
const MOST_REDIRECTS: usize = 3;
/// What says the same however often a call is made.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Headers that are the connection's, not the flow's.
const NOT_ITS_OWN: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "expect",
    "idempotency-key",
];

/// Calls merchants' endpoints.
#[derive(Clone, Debug)]
pub struct Endpoints {
    client: Client,
    hosts: CalledHosts,
    private: AllowedHosts,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Called {
    /// What the flow is told.
    Done(CallOutcome),
    /// Nobody was reached: the endpoint knows nothing of it.
    Unreached(String),
}

impl Called {
    fn failed(reason: impl Into<String>) -> Self {
        Self::Done(CallOutcome::Failed { reason: reason.into() })
    }
}

impl Endpoints {
    /// Calls `hosts` in the open internet, and `private` ones wherever they are.
    pub fn new(hosts: CalledHosts, private: AllowedHosts) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .dns_resolver(Arc::new(PublicResolver { allowed: private.clone() }))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy would resolve names by itself, unseen by us.
            .no_proxy()
            .pool_max_idle_per_host(0)
            .user_agent(concat!("loa/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, hosts, private })
    }

    /// Makes the call `request`, which `key` names however often it is made.
    pub(super) async fn call(&self, request: &Request, key: &str) -> Called {
        let limit = Duration::from_secs(u64::from(request.timeout_seconds.max(1))).min(LONGEST);
        match timeout(limit, self.follow(request, key)).await {
            Ok(called) => called,
            Err(_) => Called::failed(format!("no answer within {} s", limit.as_secs())),
        }
    }

    async fn follow(&self, request: &Request, key: &str) -> Called {
        let Ok(mut url) = Url::parse(&request.url) else {
            return Called::failed("the address does not read");
        };
        let Ok(mut method) = Method::from_bytes(request.method.as_bytes()) else {
            return Called::failed("the method does not read");
        };
        let mut headers = headers(request, key);
        let mut body = request.body.as_ref();
        for _ in 0..=MOST_REDIRECTS {
            if let Err(why) = self.check(&url) {
                return Called::failed(why);
            }
            let mut call = self.client.request(method.clone(), url.clone()).headers(headers.clone());
            if let Some(body) = body {
                call = call.json(body);
            }
            let response = match call.send().await {
                Ok(response) => response,
                Err(error) => return of_transport(&error),
            };
            match redirect(&url, &response) {
                Way::Ends => return read(response).await,
                Way::Nowhere => return Called::failed("it was sent on to no address"),
                Way::On(next) => {
                    if !keeps_method(response.status()) && method != Method::GET {
                        (method, body) = (Method::GET, None);
                    }
                    // What was meant for one host is not told to another.
                    if next.host() != url.host() || next.port_or_known_default() != url.port_or_known_default() {
                        headers = HeaderMap::new();
                    }
                    url = next;
                }
            }
        }
        Called::failed("it was sent from one address to the next")
    }

    /// Looks at all that an address itself tells; the name is looked at when it is resolved.
    fn check(&self, url: &Url) -> Result<(), &'static str> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address must not carry a name or a password");
        }
        let host = url.host().ok_or("the address names no host")?;
        let bare = match &host {
            Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        let is_private = self.private.hold(&bare);
        if !is_private && !self.hosts.allow(&bare) {
            return Err("this installation does not allow calls to that host");
        }
        match url.scheme() {
            "https" => {}
            "http" if is_private => {}
            _ => return Err("only https is called"),
        }
        let literal: Option<IpAddr> = match host {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        match literal {
            Some(address) if !is_private && !address::is_public(address) => Err("it leads to a private address"),
            _ => Ok(()),
        }
    }
}

fn headers(request: &Request, key: &str) -> HeaderMap {
    let own = request.headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        Some((name, HeaderValue::from_str(value).ok()?))
    });
    let mut headers: HeaderMap = own.filter(|(name, _)| !NOT_ITS_OWN.contains(&name.as_str())).collect();
    if let Ok(key) = HeaderValue::from_str(key) {
        headers.insert(KEY, key);
    }
    headers
}

/// Where an answer leads.
enum Way {
    /// It is the answer.
    Ends,
    /// To another address.
    On(Url),
    /// To an address that does not read.
    Nowhere,
}

fn redirect(from: &Url, response: &Response) -> Way {
    if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
        return Way::Ends;
    }
    let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    target.and_then(|target| from.join(target).ok()).map_or(Way::Nowhere, Way::On)
}

fn keeps_method(status: StatusCode) -> bool {
    matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
}

async fn read(mut response: Response) -> Called {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MOST_BYTES => {
                return Called::failed(format!("the answer is longer than {MOST_BYTES} bytes"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            // Something was answered: it is not asked again.
            Err(_) => return Called::failed("the answer was cut off"),
        }
    }
    let body =
        serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
    Called::Done(CallOutcome::Answered { status, body })
}

fn of_transport(error: &reqwest::Error) -> Called {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.downcast_ref::<PrivateAddress>().is_some() {
            return Called::failed(PrivateAddress.to_string());
        }
        source = cause.source();
    }
    if error.is_connect() {
        return Called::Unreached("it could not be reached".to_owned());
    }
    Called::failed("the connection broke before it answered")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(url: &str) -> Request {
        let headers = vec![("x-own".to_owned(), "1".to_owned()), ("Host".to_owned(), "evil".to_owned())];
        let (url, method) = (url.to_owned(), "POST".to_owned());
        Request { method, url, headers, body: Some(json!({ "a": 1 })), timeout_seconds: 5 }
    }

    fn endpoints(hosts: &str) -> Endpoints {
        Endpoints::new(hosts.parse().unwrap(), AllowedHosts::default()).unwrap()
    }

    async fn refusal(hosts: &str, url: &str) -> String {
        match endpoints(hosts).call(&request(url), "key").await {
            Called::Done(CallOutcome::Failed { reason }) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn what_leads_into_our_own_network_is_not_called() {
        for url in [
            "https://169.254.169.254/latest/meta-data",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://10.0.0.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            // A name that resolves to this machine.
            "https://localhost/",
        ] {
            assert_eq!(refusal("*", url).await, "it leads to a private address", "{url}");
        }
    }

    #[tokio::test]
    async fn only_hosts_that_are_allowed_are_called_and_by_https_alone() {
        let not_allowed = "this installation does not allow calls to that host";
        assert_eq!(refusal("shop.example,*.api.example", "https://other.example/").await, not_allowed);
        assert_eq!(refusal("shop.example", "https://evil-shop.example/").await, not_allowed);
        assert_eq!(refusal("none", "https://shop.example/").await, not_allowed);
        assert_eq!(refusal("*", "http://shop.example/").await, "only https is called");
        assert_eq!(refusal("*", "ftp://shop.example/").await, "only https is called");
        assert_eq!(refusal("*", "https://u:p@shop.example/").await, "an address must not carry a name or a password");
    }

    #[test]
    fn the_headers_of_the_connection_are_not_the_flows() {
        let headers = headers(&request("https://shop.example"), "s-1");
        assert_eq!(headers.get("x-own").map(HeaderValue::as_bytes), Some(&b"1"[..]));
        assert_eq!(headers.get("idempotency-key").map(HeaderValue::as_bytes), Some(&b"s-1"[..]));
        assert!(headers.get("host").is_none());
    }
}
