//! Finding the address behind a name, and looking at it: the connection is made to what was looked at, so
//! that a name cannot say one thing to us and another to the client.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use shared::domain::hosts::AllowedHosts;

use super::address;

/// A name that leads to a private address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it leads to a private address")]
pub struct PrivateAddress;

/// Resolves names to addresses that are out in the open.
#[derive(Clone, Debug)]
pub struct PublicResolver {
    /// Exceptions.
    pub allowed: AllowedHosts,
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.allowed.hold(name.as_str());
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One private address among them is enough: nobody honest has both.
            if !is_allowed && found.iter().any(|at| !address::is_public(at.ip())) {
                return Err(PrivateAddress.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
