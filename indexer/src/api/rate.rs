//! How often one account, or one network that did not sign in, may ask: by GCRA, which lets short bursts pass. What is left is told
//! by the fields of draft-ietf-httpapi-ratelimit-headers-11.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use super::caller::Caller;
use super::client;
use super::error::ApiError;
use super::layers::Surroundings;
use super::limits::{Limits, Proxies};
use super::metrics::Metrics;
use crate::model::Address;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");
/// Seconds in which a quota comes back.
const WINDOW: u32 = 60;
/// Between sweeps. Who is forgotten had their whole quota back.
const SWEEP: Duration = Duration::from_secs(10);

/// The policies' names.
pub(super) const POLICIES: [&str; 2] = ["all", "auth"];

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Account(Address),
    Network(IpAddr),
}

/// A quota and who used how much of it.
struct Policy {
    name: &'static str,
    quota: NonZeroU32,
    limiter: RateLimiter<Key, DashMapStateStore<Key>, DefaultClock, StateInformationMiddleware>,
}

/// What a policy says of a request.
struct Verdict {
    allowed: bool,
    remaining: u32,
    /// Until the whole quota is there again; if it is used up, until one more request is.
    seconds: u64,
}

impl Policy {
    fn new(name: &'static str, quota: NonZeroU32) -> Self {
        let limiter = RateLimiter::dashmap(Quota::per_minute(quota)).with_middleware();
        Policy { name, quota, limiter }
    }

    fn judge(&self, key: Key) -> Verdict {
        match self.limiter.check_key(&key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                let used = u64::from(self.quota.get().saturating_sub(remaining));
                let seconds = (used * u64::from(WINDOW)).div_ceil(u64::from(self.quota.get()));
                Verdict { allowed: true, remaining, seconds }
            }
            Err(until) => {
                let wait = until.wait_time_from(self.limiter.clock().now());
                Verdict { allowed: false, remaining: 0, seconds: wait.as_secs() + 1 }
            }
        }
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    fn tell(&self, verdict: &Verdict, headers: &mut HeaderMap) {
        let fields = [
            (POLICY, format!("\"{}\";q={};w={WINDOW}", self.name, self.quota)),
            (LEFT, format!("\"{}\";r={};t={}", self.name, verdict.remaining, verdict.seconds)),
        ];
        for (name, text) in fields {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}

/// The policies, and whom they apply to.
pub(super) struct Rates {
    all: Option<Policy>,
    auth: Option<Policy>,
    proxies: Proxies,
    metrics: Arc<Metrics>,
}

impl Rates {
    pub fn new(limits: &Limits, metrics: Arc<Metrics>) -> Self {
        let policy = |name, quota: Option<NonZeroU32>| quota.map(|quota| Policy::new(name, quota));
        Rates {
            all: policy(POLICIES[0], limits.requests_per_minute),
            auth: policy(POLICIES[1], limits.auth_requests_per_minute),
            proxies: limits.proxies.clone(),
            metrics,
        }
    }

    /// Probes are never refused: who asks them would take the process for dead.
    fn policy(&self, request: &Request) -> Option<&Policy> {
        match request.uri().path() {
            "/health" | "/ready" => None,
            path if request.method() == Method::POST && path.starts_with("/v1/auth/") => self.auth.as_ref(),
            _ => self.all.as_ref(),
        }
    }

    /// Whose request it is.
    fn key(&self, caller: Caller, parts: &Parts) -> Key {
        if let Some(account) = caller.account() {
            return Key::Account(account);
        }
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Key::Network(client::network(client::address(peer, &parts.headers, &self.proxies)))
    }

    /// Forgets, for ever, who has their whole quota back: what is remembered grows with the requests of some seconds only.
    pub async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            for policy in self.all.iter().chain(&self.auth) {
                policy.forget();
            }
        }
    }
}

/// Refuses who asked too often, and tells everybody what they have left.
pub(super) async fn limit(State(around): State<Surroundings>, request: Request, next: Next) -> Response {
    let Surroundings { shared, rates } = around;
    let Some(policy) = rates.policy(&request) else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    // Whose session cannot be found out is told so by the route; until then it is nobody's.
    let caller = Caller::from_request_parts(&mut parts, &shared).await;
    if let Ok(caller) = caller {
        parts.extensions.insert(caller);
    }
    let verdict = policy.judge(rates.key(caller.unwrap_or(Caller::Anonymous), &parts));
    let mut response = if verdict.allowed {
        next.run(Request::from_parts(parts, body)).await
    } else {
        rates.metrics.rate_limited(policy.name);
        ApiError::TooOften { retry_after: verdict.seconds }.into_response()
    };
    policy.tell(&verdict, response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Key = Key::Network(IpAddr::V4(Ipv4Addr::LOCALHOST));

    fn account(number: u8) -> Key {
        Key::Account(Address([number; 20]))
    }

    #[test]
    fn each_account_and_each_network_has_its_own_quota() {
        let policy = Policy::new("all", NonZeroU32::new(2).unwrap());
        for key in [account(1), account(2), HERE] {
            let left: Vec<_> = (0..3).map(|_| policy.judge(key)).map(|one| (one.allowed, one.remaining)).collect();
            assert_eq!(left, [(true, 1), (true, 0), (false, 0)], "{key:?}");
        }
        let refused = policy.judge(HERE);
        assert!((1..=31).contains(&refused.seconds), "half a minute for one of two a minute: {}", refused.seconds);
    }

    #[test]
    fn who_has_the_whole_quota_back_is_forgotten() {
        let policy = Policy::new("all", NonZeroU32::new(60_000).unwrap());
        for number in 0..=u8::MAX {
            assert!(policy.judge(account(number)).allowed);
        }
        // A thousandth of a second each.
        while !policy.limiter.is_empty() {
            policy.forget();
        }
    }
}
