//! What the API allows of anybody, so that nobody takes it from the others.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipnet::IpNet;

/// What the API allows of anybody.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once. Who comes when there are as many is answered 503, and their connection closed.
    pub connections: usize,
    /// How long the headers of a connection's first request may take.
    pub header_time: Duration,
    /// How long the headers of any further request may take, from the end of the answer before on: longer than proxies keep
    /// idle connections (60 s are usual), so that none of them sends a request on one that is being closed.
    pub idle_time: Duration,
    /// How long a caller may take nothing of what is sent (Linux).
    pub stalled_time: Duration,
    /// How long requests under way are given when the API is asked to stop.
    pub drain_time: Duration,
    /// Requests a minute of one account, or of one network that did not sign in. `None`: any number.
    pub requests_per_minute: Option<NonZeroU32>,
    /// The same of what signing in takes.
    pub auth_requests_per_minute: Option<NonZeroU32>,
    /// Proxies that are believed whom they ask for.
    pub proxies: Proxies,
}

/// Proxies that are believed whom they ask for, and how they say it.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    pub trusted: Vec<IpNet>,
    pub header: ForwardedHeader,
}

/// Which header proxies write. Only one is read: a proxy passes on what a caller wrote into the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    #[default]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 4_096,
            header_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            stalled_time: Duration::from_secs(60),
            drain_time: Duration::from_secs(30),
            requests_per_minute: NonZeroU32::new(600),
            auth_requests_per_minute: NonZeroU32::new(30),
            proxies: Proxies::default(),
        }
    }
}

impl Proxies {
    /// Whether an address is one of theirs.
    pub(super) fn trust(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }
}
