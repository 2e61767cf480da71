//! From where a request comes.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

const FORWARDED: &str = "x-forwarded-for";

/// The other end of a connection, put into its requests by [`crate::server`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The client's address; none where the server was not told.
///
/// A peer of a private network is taken for our own proxy, and what it says of whom it serves is believed: the last
/// address of `X-Forwarded-For` that is not private itself. Nobody outside can write that one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>().map(|Peer(address)| address.to_canonical());
        Ok(Self(peer.map(|peer| behind(peer, &parts.headers))))
    }
}

fn behind(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !is_private(peer) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all(FORWARDED).iter().filter_map(|line| line.to_str().ok()).collect();
    let hops = lines.iter().flat_map(|line| line.split(','));
    let known = hops.rev().map_while(|hop| hop.trim().parse::<IpAddr>().ok()).map(|hop| hop.to_canonical());
    let mut last = peer;
    for hop in known {
        last = hop;
        if !is_private(hop) {
            break;
        }
    }
    last
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &'static str) -> String {
        let headers =
            HeaderMap::from_iter([(http::HeaderName::from_static(FORWARDED), HeaderValue::from_static(forwarded))]);
        behind(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn our_own_proxy_is_believed_and_nobody_else() {
        assert_eq!(client("203.0.113.7", "198.51.100.1"), "203.0.113.7");
        assert_eq!(client("10.0.0.2", "198.51.100.1"), "198.51.100.1");
        assert_eq!(behind("10.0.0.2".parse().unwrap(), &HeaderMap::new()).to_string(), "10.0.0.2");
    }

    #[test]
    fn what_the_client_writes_itself_is_not_believed() {
        assert_eq!(client("10.0.0.2", "192.0.2.99, 198.51.100.1"), "198.51.100.1");
        assert_eq!(client("10.0.0.2", "192.0.2.99, 198.51.100.1, 10.0.0.9"), "198.51.100.1");
        assert_eq!(client("10.0.0.2", "198.51.100.1, nonsense"), "10.0.0.2");
    }
}
