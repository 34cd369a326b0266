//! What does not sign anybody in.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::letter::{Letter, in_minutes, send};
use super::{Stage, problem};

const VERIFY: &str = "/v1/auth/verify";

/// Makes one field of a right letter wrong.
type Spoil = fn(&mut Letter);

#[tokio::test]
async fn a_message_for_another_purpose_signs_nobody_in_and_uses_its_nonce_up() {
    let stage = Stage::new().await;
    let cases: [(&str, Spoil); 8] = [
        ("evil.example", |letter| letter.domain = "evil.example".into()),
        ("localhost:1", |letter| letter.domain = "localhost:1".into()),
        ("evil.example", |letter| letter.uri = "http://evil.example/".into()),
        ("URI is https", |letter| letter.uri = letter.uri.replace("http", "https")),
        ("expected chain 31337", |letter| letter.chain_id = 1),
        ("clock", |letter| letter.issued_at = in_minutes(-20)),
        ("Expiration Time", |letter| letter.expires_at = Some(in_minutes(-1))),
        ("Not Before", |letter| letter.not_before = Some(in_minutes(2))),
    ];
    for (said, spoil) in cases {
        let right = stage.letter().await;
        let mut wrong = right.clone();
        spoil(&mut wrong);
        for (letter, said) in [(wrong, said), (right, "used before")] {
            let signature = letter.signed_by(&stage.world, letter.account).await;
            let (status, kind, why) = problem(letter.send(&stage.indexer, &signature).await).await;
            assert_eq!((status, &*kind), (401, "sign-in-refused"), "{said}");
            assert!(why.contains(said), "{said}: {why}");
        }
    }
}

#[tokio::test]
async fn a_nonce_signs_in_once() {
    let stage = Stage::new().await;
    let letter = stage.letter().await;
    let signature = letter.signed_by(&stage.world, letter.account).await;
    let tries = std::iter::repeat_with(|| letter.send(&stage.indexer, &signature)).take(8);
    let answers = futures_util::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == StatusCode::OK).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status() == StatusCode::UNAUTHORIZED).count(), 7);
    let invented = Letter { nonce: "abcdefgh12345678".into(), ..letter };
    let signature = invented.signed_by(&stage.world, invented.account).await;
    assert!(problem(invented.send(&stage.indexer, &signature).await).await.2.contains("not given out"));
}

#[tokio::test]
async fn only_the_account_s_own_signature_of_these_very_words_counts() {
    let stage = Stage::new().await;
    let refused = async |text: &str, signature: &str| {
        let (status, kind, why) = problem(send(&stage.indexer, text, signature).await).await;
        assert_eq!((status, &*kind), (401, "sign-in-refused"));
        assert!(why.contains("did not sign"), "{why}");
    };
    let letter = stage.letter().await;
    refused(&letter.text(), &letter.signed_by(&stage.world, stage.account(2)).await).await;

    let letter = stage.letter().await;
    let signature = letter.signed_by(&stage.world, letter.account).await;
    let altered = Letter { statement: Some("And take my house."), ..letter };
    refused(&altered.text(), &signature).await;

    // For another account, by who asks for it.
    let letter = Letter { account: stage.account(3), ..stage.letter().await };
    refused(&letter.text(), &letter.signed_by(&stage.world, stage.account(1)).await).await;

    let letter = stage.letter().await;
    let signature = letter.signed_by(&stage.world, letter.account).await;
    refused(&letter.text(), &signature[..130]).await;
    let letter = stage.letter().await;
    refused(&letter.text(), "0x").await;
    assert_eq!(stage.count("session").await, 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_what_would_be_right() {
    let stage = Stage::new().await;
    let letter = stage.letter().await;
    let signature = letter.signed_by(&stage.world, letter.account).await;
    let text = letter.text();
    let json = ("content-type", "application/json");
    let body = |message: &str, signature: &str| json!({ "message": message, "signature": signature }).to_string();
    for (status, kind, headers, body, hint) in [
        (415, "not-json", &[][..], body(&text, &signature), "application/json"),
        (415, "not-json", &[("content-type", "text/plain")], body(&text, &signature), "application/json"),
        (400, "bad-request", &[json], "{".into(), "EOF"),
        (400, "bad-request", &[json], "[]".into(), "message"),
        (400, "bad-request", &[json], json!({ "message": text }).to_string(), "signature"),
        (400, "bad-request", &[json], json!({ "message": text, "signature": signature, "x": 1 }).to_string(), "`x`"),
        (400, "bad-request", &[json], body(&text, &signature[2..]), "expected 0x"),
        (400, "bad-request", &[json], body(&text, &signature[..131]), "even number"),
        (400, "bad-request", &[json], body(&text, "0xäöü"), "hexadecimal"),
        (400, "bad-request", &[json], body(&text, &format!("0x{}", "00".repeat(4097))), "4096"),
        (400, "bad-request", &[json], body("Let me in.", &signature), "EIP-4361"),
        (400, "bad-request", &[json], body(&text.replace("Version: 1", "Version: 2"), &signature), "Version"),
        (400, "bad-request", &[json], body(&text.replace('\n', "\r\n"), &signature), "EIP-4361"),
        (413, "too-large", &[json], body(&"x".repeat(70_000), &signature), "larger"),
    ] {
        let response = stage.indexer.post_text(VERIFY, headers, body.clone()).await;
        let (answered, named, why) = problem(response).await;
        assert_eq!((answered, &*named), (status, kind), "{body}: {why}");
        assert!(why.contains(hint), "{hint}: {why}");
    }
    let response = stage.indexer.send(VERIFY, &[]).await;
    assert_eq!(
        (response.status(), &response.headers()["allow"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap())
    );
    let response = stage.indexer.post("/v1/auth/nonce?for=me", &[], None).await;
    assert_eq!(problem(response).await.0, 400);
    // None of these used the nonce up.
    let begun: Value = letter.send(&stage.indexer, &signature).await.json().await.unwrap();
    assert!(begun["data"]["token"].is_string(), "{begun}");
}
