//! Signing in: nothing of what is secret about it is told.

use reqwest::StatusCode;
use serde_json::Value;
use sqlx::Executor as _;

use super::assert_tells_none;
use crate::indexer::{Indexer, Source, bearer};
use crate::sign_in::letter::Letter;
use crate::stream::client::Stream;
use crate::world::{World, connect};

#[tokio::test]
async fn a_session_leaves_no_nonce_message_signature_token_or_cookie_behind() {
    let world = World::new().await;
    let database = world.database().await;
    let source = Source { open: false, ..world.source() };
    let indexer = Indexer::start_in(&source, &database, &[("RUST_LOG", "trace")]).await;
    indexer.catch_up(&world).await;
    let [_, account, other] = world.accounts[..3] else { panic!("three accounts") };

    let letter = Letter { statement: Some("mark-statement-x2"), ..Letter::new(&indexer, account).await };
    let (mine, others) = (letter.signed_by(&world, account).await, letter.signed_by(&world, other).await);
    assert_eq!(letter.send(&indexer, &others).await.status(), StatusCode::UNAUTHORIZED);
    let next = Letter { statement: Some("mark-statement-x2"), ..Letter::new(&indexer, account).await };
    let signature = next.signed_by(&world, account).await;
    let begun = next.send(&indexer, &signature).await;
    assert_eq!(begun.status(), StatusCode::OK);
    let begun: Value = begun.json().await.unwrap();
    let token = begun["data"]["token"].as_str().unwrap().to_owned();
    let (by_token, cookie) = (bearer(&token), format!("chartkey_session={token}"));
    let mut stream = Stream::open(&indexer, Some(&token), "", None).await;
    for path in ["/v1/auth/me", &format!("/v1/patients/{account:?}"), "/v1/events", "/v1/practitioners"] {
        indexer.send(path, &[("authorization", &by_token)]).await;
        indexer.send(path, &[("cookie", &cookie)]).await;
        indexer.send(path, &[("cookie", &cookie), ("authorization", &bearer("another"))]).await;
    }
    // The database refuses to tell whose session it is.
    connect(&database).await.execute("revoke select on session from chartkey_api").await.unwrap();
    let refused = indexer.send("/v1/auth/me", &[("authorization", &by_token)]).await;
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
    connect(&database).await.execute("grant select on session to chartkey_api").await.unwrap();
    assert_eq!(indexer.post("/v1/auth/logout", &[("cookie", &cookie)], None).await.status(), StatusCode::NO_CONTENT);
    let _ = stream.try_next().await;

    let secrets = [&token, &letter.nonce, &next.nonce, &mine, &others, &signature];
    let mut marks: Vec<String> = secrets.iter().map(|secret| secret.trim_start_matches("0x").to_lowercase()).collect();
    marks.extend([account, other].map(|account| format!("{account:x}")));
    marks.extend(["mark-statement-x2".into(), "wants you to sign in".into()]);
    let metrics = indexer.send("/metrics", &[]).await.text().await.unwrap();
    let log = indexer.log();
    assert!(log.contains("/v1/auth/verify") && log.contains("a request failed"));
    assert_tells_none(&marks, "the log", &log);
    assert_tells_none(&marks, "/metrics", &metrics);
    indexer.stop().await;
}
