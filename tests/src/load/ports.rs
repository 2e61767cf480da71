//! Ports that a process keeps while it is stopped and started.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::ensure;

/// Below the ephemeral ports: a client's connection could take one of those while its process is down.
const FIRST: u16 = 26_000;
const LAST: u16 = 31_999;

/// Finds `count` ports of this machine that nobody listens on.
pub fn free(count: usize) -> anyhow::Result<Vec<SocketAddr>> {
    // Runs side by side begin at different places.
    let start = u16::try_from(std::process::id() % 500).unwrap_or(0) * 10;
    let ports = (FIRST + start..=LAST).chain(FIRST..FIRST + start);
    let found: Vec<_> =
        ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).filter(is_free).take(count).collect();
    ensure!(found.len() == count, "no {count} free ports between {FIRST} and {LAST}");
    Ok(found)
}

fn is_free(address: &SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}
