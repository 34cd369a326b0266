//! How the API is served.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::bail;
use clap::builder::BoolishValueParser;

use super::{Limits, Secret};
use crate::api::{Options, Origin, Site};

/// How the API is served.
#[derive(Debug, Clone, clap::Args)]
pub struct Serving {
    /// Where the API reads: a standby of the database, for instance. Unless given, the database itself.
    #[arg(long, env = "READ_DATABASE_URL", hide_env_values = true)]
    pub read_database_url: Option<Secret<String>>,
    /// Address and port to serve the API at.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where callers find the API, like https://api.example.org. Unless given, http:// and the address it listens at.
    #[arg(long, env = "PUBLIC_URL")]
    pub public_url: Option<Origin>,
    /// Origins of pages elsewhere that may sign in and read, like https://portal.example.org, separated by commas.
    #[arg(long = "cors-origin", env = "CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<Origin>,
    /// Minutes until who signed in has to sign in again, 5 to 1440.
    #[arg(long, env = "SESSION_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=1440))]
    pub session_minutes: u64,
    /// Streams of events at once (GET /v1/stream).
    #[arg(long, env = "MAX_STREAMS", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_streams: u32,
    /// All reads are public, without signing in: for chains that are public anyway. On a loopback address only.
    #[arg(long, env = "OPEN", value_parser = BoolishValueParser::new())]
    pub open: bool,
    #[command(flatten)]
    pub limits: Limits,
}

impl Serving {
    /// Refuses what does not go together.
    pub fn check(&self) -> anyhow::Result<()> {
        let address = self.listen;
        if self.open && !address.ip().is_loopback() {
            bail!(
                "with --open (OPEN) all that is indexed about patients is public to whoever reaches {address}: expected 127.0.0.1 \
                 or [::1] to listen at (--listen, LISTEN)"
            );
        }
        if self.public_url.is_none() && address.ip().is_unspecified() {
            bail!(
                "listening at {address} does not say by which name callers find the API: expected it in --public-url \
                 (PUBLIC_URL), like https://api.example.org"
            );
        }
        Ok(())
    }

    /// What the API is to go by, once it listens at `listening`.
    pub fn options(&self, listening: SocketAddr) -> Options {
        let public = self.public_url.clone().unwrap_or_else(|| Origin::of(listening));
        Options {
            open: self.open,
            site: Site::new(public, listening, self.cors_origins.clone()),
            session: Duration::from_secs(60 * self.session_minutes),
            limits: self.limits.options(),
            streams: usize::try_from(self.max_streams).unwrap_or(usize::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Only {
        #[command(flatten)]
        serving: Serving,
    }

    fn serving(arguments: &[&str]) -> Serving {
        Only::try_parse_from([&["chartkey-indexer"], arguments].concat()).unwrap().serving
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_would() {
        let refused = |arguments: &[&str]| serving(arguments).check().unwrap_err().to_string();
        assert!(refused(&["--open", "--listen", "10.0.0.1:80"]).contains("expected 127.0.0.1"));
        assert!(refused(&["--listen", "0.0.0.0:80"]).contains("--public-url"));
        for fine in [
            &["--open"][..],
            &["--listen", "10.0.0.1:80"],
            &["--listen", "0.0.0.0:80", "--public-url", "https://api.example"],
            &["--open", "--listen", "[::1]:80"],
        ] {
            serving(fine).check().unwrap();
        }
    }

    #[test]
    fn it_goes_by_where_it_listens_unless_told() {
        let listening = "127.0.0.1:4711".parse().unwrap();
        assert_eq!(serving(&[]).options(listening).site.public().to_string(), "http://127.0.0.1:4711");
        let told =
            serving(&["--public-url", "https://api.example/", "--cors-origin", "https://a.example,https://b.example"]);
        let options = told.options(listening);
        assert_eq!(options.site.public().to_string(), "https://api.example");
        assert_eq!(options.site.guests().len(), 2);
    }

    #[test]
    fn sessions_last_from_five_minutes_to_a_day() {
        for wrong in ["4", "1441", "0", "soon"] {
            assert!(Only::try_parse_from(["chartkey-indexer", "--session-minutes", wrong]).is_err(), "{wrong}");
        }
        let listening = "127.0.0.1:4711".parse().unwrap();
        assert_eq!(serving(&["--session-minutes", "5"]).options(listening).session, Duration::from_secs(300));
    }
}
