//! The HTTP client for the platforms' APIs.

use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(20);
/// Shorter than the platforms keep an idle connection, so that a send seldom meets one that is being
/// closed: what was lost on such a connection is in doubt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// As many calls as a fast number has under way at once, so that each finds a connection that stands.
const IDLE_PER_HOST: usize = 256;

/// A client whose every call ends: 5 s to connect, 20 s in all, no redirects followed, nothing sent
/// twice by itself.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    client_with(CONNECT_TIMEOUT, TOTAL_TIMEOUT)
}

/// As [`client`], with other timeouts.
pub fn client_with(connect: Duration, total: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(connect)
        .timeout(total)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .user_agent(concat!("loa/", env!("CARGO_PKG_VERSION")))
        .build()
}
