//! What every answer carries, and how requests are refused whatever they are about.

use super::*;

const PORTAL: &str = "https://portal.example";

#[tokio::test]
async fn methods_sizes_and_kinds_are_refused_with_what_would_be_right() {
    let server = Server::start(limits()).await;
    let long = format!("/v1/practitioners?q={}", "a".repeat(9_000));
    let (get, post) = (Method::GET, Method::POST);
    for (status, kind, method, path, headers) in [
        (405, "method-not-allowed", &post, "/v1/practitioners", [("accept", "*/*")]),
        (405, "method-not-allowed", &Method::DELETE, "/health", [("accept", "*/*")]),
        (414, "uri-too-long", &get, &long, [("accept", "*/*")]),
        (406, "not-acceptable", &get, "/v1/practitioners", [("accept", "image/png, text/html;q=0.9")]),
        (406, "not-acceptable", &get, "/v1/practitioners", [("accept", "application/json;q=0")]),
        (404, "not-found", &Method::PUT, "/v2", [("accept", "image/png")]),
    ] {
        let (told, of, headers) = problem(server.ask(method.clone(), path, &headers).await).await;
        assert_eq!((told, of.as_str()), (status, kind), "{method} {path}");
        let allowed = headers.get("allow").map(|allowed| allowed.to_str().unwrap().to_owned());
        assert_eq!(allowed, (status == 405).then(|| "GET,HEAD".to_owned()), "{method} {path}");
    }
    let large = server.http.get(format!("http://{}/health", server.address)).body(vec![b'a'; 64 * 1024 + 1]);
    assert_eq!(problem(large.send().await.unwrap()).await.0, 413);
    server.stop().await;
}

#[tokio::test]
async fn head_is_get_without_a_body_and_options_says_what_there_is() {
    let server = Server::start(limits()).await;
    let (got, head) = (server.get("/health", &[]).await, server.ask(Method::HEAD, "/health", &[]).await);
    assert_eq!(head.status(), StatusCode::OK);
    for name in ["content-type", "content-length", "cache-control"] {
        assert_eq!(head.headers()[name], got.headers()[name], "{name}");
    }
    assert_eq!(head.text().await.unwrap(), "");
    // Whoever reads a body after it would take it for the next answer.
    let mut kept = server.connect().await;
    kept.say(&(server.request("HEAD /v2") + &server.health().replace("Host", "Connection: close\r\nHost"))).await;
    let said = kept.listen().await;
    let (first, second) = said.split_once("\r\n\r\n").unwrap();
    assert!(first.starts_with("HTTP/1.1 404") && second.starts_with("HTTP/1.1 200"), "{said}");

    let options = server.ask(Method::OPTIONS, "/v1/practitioners", &[]).await;
    assert_eq!((options.status(), &options.headers()["allow"]), (StatusCode::NO_CONTENT, &"GET,HEAD".parse().unwrap()));
    server.stop().await;
}

#[tokio::test]
async fn every_answer_says_what_browsers_and_caches_may_do_with_it() {
    let server = Server::start(limits()).await;
    for (path, cache) in [("/v1/nothing", "private, no-cache"), ("/v1/auth/me", "no-store"), ("/health", "no-store")] {
        let answer = server.get(path, &[]).await;
        let headers = answer.headers();
        let expected = [
            ("cache-control", cache),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("vary", "Authorization, Cookie, Accept, Accept-Encoding, Origin"),
        ];
        for (name, value) in expected {
            let told: Vec<_> = headers.get_all(name).iter().collect();
            assert_eq!(told, [value], "{path}: {name}");
        }
        assert!(headers.contains_key("x-request-id") && !headers.contains_key("access-control-allow-origin"));
    }
    server.stop().await;
}

#[tokio::test]
async fn pages_of_listed_origins_may_read_and_no_others() {
    let server = Server::start_with(limits(), NO_DATABASE, &[PORTAL]).await;
    for (origin, allowed) in [(PORTAL, true), ("https://portal.example.evil", false), ("null", false)] {
        let asks = [
            ("origin", origin),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization,last-event-id"),
        ];
        let preflight = server.ask(Method::OPTIONS, "/v1/practitioners", &asks).await;
        let answer = server.get("/v1/nothing", &asks[..1]).await;
        for headers in [preflight.headers(), answer.headers()] {
            let told = headers.get("access-control-allow-origin").map(|told| told.to_str().unwrap());
            assert_eq!(told, allowed.then_some(PORTAL), "{origin}");
            assert_eq!(headers.get_all("vary").iter().count(), 1);
        }
        if allowed {
            assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
            assert!(answer.headers()["access-control-expose-headers"].to_str().unwrap().contains("ratelimit"));
            assert_eq!(preflight.headers()["access-control-allow-methods"], "GET,POST,OPTIONS");
            assert!(preflight.headers()["access-control-allow-headers"].to_str().unwrap().contains("last-event-id"));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_worth_it_is_compressed_and_secrets_are_not() {
    let server = Server::start(limits()).await;
    let zipped = [("accept-encoding", "gzip")];
    assert_eq!(server.get("/metrics", &zipped).await.headers()["content-encoding"], "gzip");
    for path in ["/health", "/v1/auth/me"] {
        assert!(!server.get(path, &zipped).await.headers().contains_key("content-encoding"), "{path}");
    }
    let nothing = server.get("/health", &[("accept-encoding", "identity;q=0")]).await;
    assert_eq!(problem(nothing).await.0, 406);
    server.stop().await;
}

#[tokio::test]
async fn an_id_is_passed_on_if_it_may_be_logged() {
    let server = Server::start(limits()).await;
    let id = |answer: Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let uuid = "0b6f5b1e-5a0c-4a61-9a43-6a0f6b8c7d1e";
    assert_eq!(id(server.get("/health", &[("x-request-id", uuid)]).await), uuid);
    let address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    let (first, second) =
        (id(server.get("/health", &[("x-request-id", address)]).await), id(server.get("/health", &[]).await));
    assert!(first != address && first != second);
    server.stop().await;
}
