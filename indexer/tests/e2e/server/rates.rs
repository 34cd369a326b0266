//! How often one may ask.

use super::*;
use crate::indexer::{Indexer, Source, bearer};
use crate::world::World;

fn per_minute(all: u32, auth: u32) -> Limits {
    Limits { requests_per_minute: NonZeroU32::new(all), auth_requests_per_minute: NonZeroU32::new(auth), ..limits() }
}

/// Asks until refused, at most so many times: how often it was answered.
async fn until_refused(server: &Server, method: &Method, path: &str, headers: &[(&str, &str)], most: u32) -> u32 {
    for count in 0..most {
        if server.ask(method.clone(), path, headers).await.status() == StatusCode::TOO_MANY_REQUESTS {
            return count;
        }
    }
    most
}

#[tokio::test]
async fn who_asks_too_often_is_told_until_when_and_everybody_what_is_left() {
    let server = Server::start(per_minute(3, 1)).await;
    for left in [2, 1, 0] {
        // Whatever the answer is.
        let answer = server.get(if left == 1 { "/v2" } else { "/metrics" }, &[]).await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"all\";q=3;w=60");
        let told = answer.headers()["ratelimit"].to_str().unwrap();
        assert!(told.starts_with(&format!("\"all\";r={left};t=")), "{told}");
    }
    let (status, kind, headers) = problem(server.get("/v1/practitioners", &[]).await).await;
    assert_eq!((status, kind.as_str()), (429, "too-often"));
    let wait: u64 = headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=21).contains(&wait), "{wait}");
    assert_eq!(headers["ratelimit"], format!("\"all\";r=0;t={wait}"));
    assert_eq!(headers["x-content-type-options"], "nosniff");

    // Probes are always answered, and signing in has a quota of its own.
    for path in ["/health", "/ready"] {
        let answer = server.get(path, &[]).await;
        assert!(answer.status() != StatusCode::TOO_MANY_REQUESTS && !answer.headers().contains_key("ratelimit"));
    }
    let answer = server.ask(Method::POST, "/v1/auth/nonce", &[]).await;
    assert_eq!(answer.headers()["ratelimit-policy"], "\"auth\";q=1;w=60");
    assert_eq!(server.ask(Method::POST, "/v1/auth/verify", &[]).await.status(), StatusCode::TOO_MANY_REQUESTS);
    server.stop().await;
}

#[tokio::test]
async fn callers_are_told_apart_by_what_a_trusted_proxy_says_and_by_nobody_else() {
    let trusting = Proxies { trusted: vec!["127.0.0.0/8".parse().unwrap()], ..Proxies::default() };
    let server = Server::start(Limits { proxies: trusting, ..per_minute(2, 2) }).await;
    let by = |address: &'static str| [("x-forwarded-for", address)];
    let get = Method::GET;
    for (address, answered) in [
        ("198.51.100.1", 2),
        ("198.51.100.2", 2),
        // What a caller says of itself stands left of what the proxy saw.
        ("203.0.113.9, 198.51.100.1", 0),
        // Neighbours in a /64 share.
        ("2001:db8::1", 2),
        ("2001:db8::2", 0),
        ("2001:db8:0:1::1", 2),
    ] {
        assert_eq!(until_refused(&server, &get, "/metrics", &by(address), 2).await, answered, "{address}");
    }
    server.stop().await;

    let wary = Server::start(per_minute(2, 2)).await;
    assert_eq!(until_refused(&wary, &get, "/metrics", &by("198.51.100.1"), 2).await, 2);
    assert_eq!(until_refused(&wary, &get, "/metrics", &by("198.51.100.2"), 2).await, 0);
    wary.stop().await;
}

#[tokio::test]
async fn refusals_are_counted_by_policy() {
    let server = Server::start(per_minute(1_000, 1)).await;
    assert_eq!(server.metric("chartkey_rate_limited_total{policy=\"auth\"}").await, Some(0.0));
    assert_eq!(until_refused(&server, &Method::POST, "/v1/auth/nonce", &[], 2).await, 1);
    assert_eq!(server.metric("chartkey_rate_limited_total{policy=\"auth\"}").await, Some(1.0));
    assert_eq!(server.metric("chartkey_rate_limited_total{policy=\"all\"}").await, Some(0.0));
    server.stop().await;
}

#[tokio::test]
async fn who_signed_in_has_a_quota_of_their_own_wherever_they_ask_from() {
    const QUOTA: u32 = 40;
    let world = World::new().await;
    let quota = QUOTA.to_string();
    let arguments = ["--rate-limit", &quota, "--auth-rate-limit", &quota];
    let source = Source { open: false, ..world.source() };
    let indexer = Indexer::start_on(&source, &world.database().await, &arguments).await;
    wait::until("the index to be live", PATIENCE, || async {
        Ok((indexer.send("/ready", &[]).await.status() == StatusCode::OK).then_some(()))
    })
    .await
    .unwrap();
    let [_, ada, bob] = world.accounts[..3] else { panic!("three accounts") };
    let tokens =
        [indexer.sign_in(&world, ada).await, indexer.sign_in(&world, ada).await, indexer.sign_in(&world, bob).await];
    let [adas, adas_other, bobs] = tokens.map(|token| bearer(&token));
    let ask = async |token: &str| indexer.send("/v1/auth/me", &[("authorization", token)]).await.status();
    let mut answered = 0;
    while ask(&adas).await == StatusCode::OK {
        answered += 1;
        assert!(answered < 10 * QUOTA, "nobody refuses");
    }
    assert!(answered >= QUOTA, "{answered}");
    wait::until("the other session of the account to be refused", PATIENCE, || async {
        Ok((ask(&adas_other).await == StatusCode::TOO_MANY_REQUESTS).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(ask(&bobs).await, StatusCode::OK);
    assert_eq!(ask("Bearer nobodys").await, StatusCode::UNAUTHORIZED);
    indexer.stop().await;
}
