//! Which pages may sign in, and how their browsers carry the session.

use reqwest::StatusCode;
use serde_json::json;

use super::{ME, Stage, problem};
use crate::indexer::bearer;

#[tokio::test]
async fn pages_may_sign_in_from_our_origins_only() {
    let stage = Stage::with(&["--cors-origin", "https://portal.example,http://localhost:5173"]).await;
    let own = format!("http://{}", stage.indexer.address());
    let by_name = own.replace("127.0.0.1", "localhost");
    for origin in [&*own, &by_name, "https://portal.example", "http://localhost:5173"] {
        let response = stage.indexer.post("/v1/auth/nonce", &[("origin", origin)], None).await;
        assert_eq!(response.status(), StatusCode::OK, "{origin}");
    }
    let token = stage.indexer.sign_in(&stage.world, stage.account(1)).await;
    let letter = stage.letter().await;
    let body = json!({ "message": letter.text(), "signature": letter.signed_by(&stage.world, letter.account).await });
    for origin in
        ["https://evil.example", "null", "http://portal.example", "http://localhost:1", &own.replace("http", "https")]
    {
        for (path, body) in [("nonce", None), ("verify", Some(&body)), ("logout", None)] {
            let headers = [("origin", origin), ("authorization", &*bearer(&token))];
            let refused = stage.indexer.post(&format!("/v1/auth/{path}"), &headers, body).await;
            let (status, kind, _) = problem(refused).await;
            assert_eq!((status, &*kind), (403, "foreign-page"), "{origin} {path}");
        }
    }
    // Nothing was changed by any of them.
    assert_eq!(stage.indexer.ask_as(&token, ME).await.0, StatusCode::OK);
    let headers = [("origin", "https://portal.example")];
    let response = stage.indexer.post("/v1/auth/verify", &headers, Some(&body)).await;
    assert_eq!(response.status(), StatusCode::OK);

    let mut guest = stage.letter().await;
    (guest.domain, guest.uri) = ("portal.example".into(), "https://portal.example/charts".into());
    let response = guest.send(&stage.indexer, &guest.signed_by(&stage.world, guest.account).await).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn where_callers_come_by_tls_the_cookie_does_too() {
    let stage = Stage::with(&["--public-url", "https://api.example"]).await;
    let mut letter = stage.letter().await;
    (letter.domain, letter.uri) = ("api.example".into(), "https://api.example".into());
    let response = letter.send(&stage.indexer, &letter.signed_by(&stage.world, letter.account).await).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("; Secure;"));
    let host = stage.indexer.send("/health", &[("host", "api.example")]).await;
    assert_eq!(host.status(), StatusCode::OK);
}
