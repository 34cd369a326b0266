//! Who asks, by network address: for limits, never for logs.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::{FORWARDED, HeaderName};

use super::limits::{ForwardedHeader, Proxies};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose request it is: the peer's, or, as long as that is a trusted proxy, whom it says it asks for. Each proxy adds, on the right,
/// whom it was asked by; what stands left of the first that is not trusted is hearsay.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let mut nearest = peer.to_canonical();
    if proxies.trust(nearest) {
        let name = match proxies.header {
            ForwardedHeader::XForwardedFor => X_FORWARDED_FOR,
            ForwardedHeader::Forwarded => FORWARDED,
        };
        let values: Vec<&str> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect();
        let hops = values.iter().rev().flat_map(|value| value.rsplit(','));
        for hop in hops {
            let named = match proxies.header {
                ForwardedHeader::XForwardedFor => node(hop),
                ForwardedHeader::Forwarded => forwarded_for(hop).and_then(node),
            };
            let Some(named) = named else { break };
            nearest = named;
            if !proxies.trust(nearest) {
                break;
            }
        }
    }
    nearest
}

/// The network that is likely one subscriber's: of IPv6, a /64.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(whole) => IpAddr::V6(Ipv6Addr::from_bits(whole.to_bits() & (u128::MAX << 64))),
    }
}

/// The `for` of one element of `Forwarded` (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<&str> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).map(|(_, value)| value)
}

/// An address, possibly with a port, in brackets or quotes. `None`: unknown, or obfuscated.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_for(header: ForwardedHeader, peer: &str, name: &'static str, values: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap()).to_vec();
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        address(peer.parse().unwrap(), &headers, &Proxies { trusted, header }).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_about_whom_they_saw() {
        let by = |peer, values: &[&str]| asked_for(ForwardedHeader::XForwardedFor, peer, "x-forwarded-for", values);
        assert_eq!(by("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(by("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(by("::ffff:10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(by("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.2.3.4"]), "198.51.100.7");
        assert_eq!(by("10.0.0.1", &["1.1.1.1", "198.51.100.7", "fd00::1"]), "198.51.100.7");
        assert_eq!(by("fd00::2", &["[2001:db8::1]:443"]), "2001:db8::1");
        // Nothing but proxies: the farthest. Nothing that is an address: the nearest.
        assert_eq!(by("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(by("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1");
        assert_eq!(by("10.0.0.1", &[]), "10.0.0.1");
        let other = asked_for(ForwardedHeader::XForwardedFor, "10.0.0.1", "forwarded", &["for=1.1.1.1"]);
        assert_eq!(other, "10.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_has_it() {
        let by = |value| asked_for(ForwardedHeader::Forwarded, "10.0.0.1", "forwarded", &[value]);
        assert_eq!(by("for=198.51.100.7;proto=https;by=10.0.0.1"), "198.51.100.7");
        assert_eq!(by("for=1.1.1.1, FOR=\"[2001:db8:cafe::17]:4711\";host=a"), "2001:db8:cafe::17");
        assert_eq!(by("for=\"1.1.1.1, for=198.51.100.7"), "198.51.100.7");
        assert_eq!(by("for=_hidden"), "10.0.0.1");
        assert_eq!(by("proto=https"), "10.0.0.1");
    }

    #[test]
    fn neighbours_in_one_subscribers_network_are_one() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
