//! What the API allows of anybody.

use std::net::IpAddr;
use std::num::NonZeroU32;

use clap::ValueEnum;
use ipnet::IpNet;

use crate::api::{self, ForwardedHeader, Proxies};

/// What the API allows of anybody.
#[derive(Debug, Clone, clap::Args)]
pub struct Limits {
    /// Connections at once; who comes when there are as many is answered 503.
    #[arg(long, env = "MAX_CONNECTIONS", default_value_t = 4_096, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,
    /// Requests a minute of one account, or of one network (an IPv4 address, an IPv6 /64) that did not sign in; 0: any number.
    #[arg(long, env = "RATE_LIMIT", default_value_t = 600)]
    pub rate_limit: u32,
    /// The same of what signing in takes (POST /v1/auth/…).
    #[arg(long, env = "AUTH_RATE_LIMIT", default_value_t = 30)]
    pub auth_rate_limit: u32,
    /// Addresses or networks of proxies that are believed whom they ask for, like 10.0.0.0/8, separated by commas.
    #[arg(long = "trusted-proxy", env = "TRUSTED_PROXIES", value_delimiter = ',', value_parser = network)]
    pub trusted_proxies: Vec<IpNet>,
    /// The header in which they say it. The other one is not read: it would be the caller's own.
    #[arg(long, env = "FORWARDED_HEADER", value_enum, default_value_t)]
    pub forwarded_header: Header,
}

/// The header in which proxies say whom they ask for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Header {
    #[default]
    XForwardedFor,
    Forwarded,
}

impl Limits {
    /// The same for the API.
    pub fn options(&self) -> api::Limits {
        let header = match self.forwarded_header {
            Header::XForwardedFor => ForwardedHeader::XForwardedFor,
            Header::Forwarded => ForwardedHeader::Forwarded,
        };
        api::Limits {
            connections: usize::try_from(self.max_connections).unwrap_or(usize::MAX),
            requests_per_minute: NonZeroU32::new(self.rate_limit),
            auth_requests_per_minute: NonZeroU32::new(self.auth_rate_limit),
            proxies: Proxies { trusted: self.trusted_proxies.clone(), header },
            ..api::Limits::default()
        }
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse().map(|address: IpAddr| IpNet::from(address));
    text.parse().or_else(|_| one()).map_err(|_| "expected an address or network like 10.0.0.0/8".into())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Only {
        #[command(flatten)]
        limits: Limits,
    }

    fn parse(arguments: &[&str]) -> Result<api::Limits, clap::Error> {
        Only::try_parse_from([&["chartkey-indexer"], arguments].concat()).map(|only| only.limits.options())
    }

    #[test]
    fn what_is_not_said_is_the_apis_own() {
        let (ours, apis) = (parse(&[]).unwrap(), api::Limits::default());
        assert_eq!((ours.connections, ours.requests_per_minute), (apis.connections, apis.requests_per_minute));
        assert_eq!(ours.auth_requests_per_minute, apis.auth_requests_per_minute);
        assert_eq!(parse(&["--rate-limit", "0", "--auth-rate-limit", "0"]).unwrap().requests_per_minute, None);
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let limits =
            parse(&["--trusted-proxy", "10.0.0.0/8,192.0.2.1,fd00::/8", "--forwarded-header", "forwarded"]).unwrap();
        let shown: Vec<_> = limits.proxies.trusted.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"]);
        assert_eq!(limits.proxies.header, ForwardedHeader::Forwarded);
        for wrong in ["10.0.0.0/33", "proxy.example", ""] {
            assert!(parse(&["--trusted-proxy", wrong]).unwrap_err().to_string().contains("10.0.0.0/8"), "{wrong}");
        }
    }
}
