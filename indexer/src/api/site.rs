//! The names that the API goes by, and the pages that may use it.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::model::Malformed;

/// Where pages come from (RFC 6454): scheme, host, and port unless it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    /// In lower case, as browsers write it.
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// What serves plain HTTP at an address.
    pub fn of(address: SocketAddr) -> Self {
        let port = Some(address.port()).filter(|port| *port != 80);
        let host = match address {
            SocketAddr::V4(address) => address.ip().to_string(),
            SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        Origin { scheme: "http".into(), host, port }
    }

    /// Host, and port unless it is the scheme's own.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }

    fn is_secure(&self) -> bool {
        self.scheme == "https"
    }

    fn is_loopback(&self) -> bool {
        LOOPBACK.contains(&self.host.as_str())
    }

    /// The same by another name of its host.
    fn by(&self, host: &str) -> Self {
        Origin { host: host.into(), ..self.clone() }
    }

    /// Authorities that name it: with its port, and without where that is the scheme's own.
    fn authorities(&self) -> Vec<String> {
        let own = if self.is_secure() { 443 } else { 80 };
        let whole = format!("{}:{}", self.host, self.port.unwrap_or(own));
        if self.port.is_none() { vec![self.host.clone(), whole] } else { vec![whole] }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

impl FromStr for Origin {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let expected =
            || Malformed("expected http:// or https://, a host, possibly a port, and nothing after it".into());
        let url = Url::parse(text).map_err(|_| expected())?;
        let bare =
            Origin::of_url(&url).filter(|_| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
        bare.filter(|_| url.username().is_empty() && url.password().is_none()).ok_or_else(expected)
    }
}

impl Origin {
    /// Of what a URL names. `None`: it is not of http or https.
    pub(super) fn of_url(url: &Url) -> Option<Self> {
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
        Some(Origin { scheme: url.scheme().into(), host: host.into(), port: url.port() })
    }
}

/// The names of this machine for itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The names that the API goes by, and the pages that may use it.
#[derive(Debug, Clone)]
pub struct Site {
    public: Origin,
    /// Values of `Host` that are ours.
    hosts: Vec<String>,
    /// Pages that may sign in: our own, and guests.
    origins: Vec<Origin>,
    guests: Vec<Origin>,
}

impl Site {
    /// `public`: where callers find the API. `listening`: where it listens. `guests`: pages elsewhere that may sign in and read.
    ///
    /// On a loopback address it goes by all names of this machine too; and where callers find it by one of those, pages of the
    /// others may sign in as well.
    pub fn new(public: Origin, listening: SocketAddr, guests: Vec<Origin>) -> Self {
        let local = LOOPBACK.map(|name| Origin::of(listening).by(name));
        let own =
            if public.is_loopback() { LOOPBACK.map(|name| public.by(name)).to_vec() } else { vec![public.clone()] };
        let named = own.iter().chain(local.iter().filter(|_| listening.ip().is_loopback()));
        let hosts = named.flat_map(Origin::authorities).collect();
        let origins = own.iter().chain(&guests).cloned().collect();
        Site { public, hosts, origins, guests }
    }

    /// Whether a `Host` is ours.
    pub(super) fn has_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }

    /// Whether pages of an origin, as `Origin` has it, may sign in.
    pub(super) fn has_origin(&self, origin: &str) -> bool {
        self.origins.iter().any(|ours| ours.to_string() == origin)
    }

    /// Whether a URI is of an origin whose pages may sign in.
    pub(super) fn has_uri(&self, uri: &str) -> bool {
        let origin = Url::parse(uri).ok().and_then(|url| Origin::of_url(&url));
        origin.is_some_and(|origin| self.origins.contains(&origin))
    }

    /// Whether pages of a domain (EIP-4361: host, and port unless the scheme's own) may sign in.
    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.domains().iter().any(|ours| ours.eq_ignore_ascii_case(domain))
    }

    /// What a message to sign in with may name as its domain.
    pub(super) fn domains(&self) -> Vec<String> {
        self.origins.iter().map(Origin::authority).collect()
    }

    /// Pages elsewhere that may sign in and read.
    pub fn guests(&self) -> &[Origin] {
        &self.guests
    }

    /// Where callers find the API.
    pub fn public(&self) -> &Origin {
        &self.public
    }

    /// Whether callers find it over TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.public.is_secure()
    }

    /// Whether nobody on the way can listen: over TLS, or never leaving the machine.
    pub fn is_private(&self) -> bool {
        self.is_secure() || self.public.is_loopback()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(public: &str, listening: &str, guests: &[&str]) -> Site {
        let guests = guests.iter().map(|guest| guest.parse().unwrap()).collect();
        Site::new(public.parse().unwrap(), listening.parse().unwrap(), guests)
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        for (text, written) in [
            ("https://Portal.Example", "https://portal.example"),
            ("https://portal.example:443/", "https://portal.example"),
            ("http://portal.example:443", "http://portal.example:443"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), written);
        }
        for text in
            ["portal.example", "ws://a", "https://a/b", "https://a?b", "https://a#b", "https://u@a", "*", "null", ""]
        {
            assert!(text.parse::<Origin>().unwrap_err().0.contains("expected http"), "{text}");
        }
        assert_eq!(Origin::of("127.0.0.1:80".parse().unwrap()).to_string(), "http://127.0.0.1");
        assert_eq!(Origin::of("[::1]:81".parse().unwrap()).to_string(), "http://[::1]:81");
    }

    #[test]
    fn on_loopback_it_goes_by_each_name_of_this_machine_with_its_port() {
        let site = site("http://127.0.0.1:8080", "127.0.0.1:8080", &[]);
        for name in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            assert!(
                site.has_host(name)
                    && site.has_domain(name)
                    && site.has_origin(&format!("http://{}", name.to_lowercase()))
            );
        }
        for name in ["127.0.0.1", "localhost:8081", "evil.example:8080", "evil@localhost:8080", ""] {
            assert!(
                !site.has_host(name) && !site.has_domain(name) && !site.has_origin(&format!("http://{name}")),
                "{name}"
            );
        }
        assert!(!site.has_origin("https://127.0.0.1:8080") && !site.has_origin("null") && !site.is_secure());
    }

    #[test]
    fn behind_a_proxy_this_machine_may_ask_but_its_pages_may_not_sign_in() {
        let site = site("https://api.example", "127.0.0.1:8080", &["https://portal.example", "http://localhost:5173"]);
        assert!(["api.example", "API.example:443", "localhost:8080"].iter().all(|host| site.has_host(host)));
        assert!(["api.example:80", "portal.example", "localhost:5173"].iter().all(|host| !site.has_host(host)));
        assert_eq!(site.domains(), ["api.example", "portal.example", "localhost:5173"]);
        assert!(
            !site.has_domain("localhost:8080")
                && !site.has_domain("127.0.0.1:5173")
                && !site.has_domain("api.example:443")
        );
        assert!(site.has_uri("https://portal.example/charts?x=1#y") && site.has_uri("http://localhost:5173"));
        for uri in
            ["http://portal.example/", "https://portal.example.evil/", "did:key:z6Mk", "https://portal.example@evil/"]
        {
            assert!(!site.has_uri(uri), "{uri}");
        }
        assert!(site.is_secure());
    }

    #[test]
    fn beyond_loopback_it_goes_by_its_public_name_only() {
        let site = site("https://api.example", "0.0.0.0:8080", &[]);
        assert!(site.has_host("api.example") && !site.has_host("localhost:8080") && !site.has_host("0.0.0.0:8080"));
    }
}
