//! What the API refuses, and how it says so.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{DIGEST, Story, text};
use crate::viewers::cid as cid_of;

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong_and_what_would_be_right() {
    let story = Story::tell().await;
    let patient = story.patient();
    let cid = cid_of(DIGEST).to_string();
    let stranger = text(story.world.accounts[7]);
    let mistyped = format!("0x{}", patient[2..].replace('C', "c"));
    let (head, _) = story.world.head().await;
    let open = format!("/v1/can-open?patient={patient}&cid={cid}&reader={patient}");
    let cases = [
        // A CID with another hash function (blake2b-256), of another codec, and none at all.
        (400, "/v1/records/bafk2bzaceaphwawppwcjfybp6eyn5gw54wabomtz7kxd6xy6x7jq5dx6hcgmy".to_owned(), "0xb220"),
        (400, "/v1/records/bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua".into(), "0x71"),
        (400, "/v1/records/xray.png/viewers".into(), "not a CID"),
        (400, "/v1/patients/0x1234".into(), "40 hexadecimal digits"),
        (400, format!("/v1/patients/{mistyped}"), "checksum"),
        (400, format!("/v1/patients/{patient}/grants?state=forgotten"), "forgotten"),
        (400, format!("/v1/patients/{patient}/grants?scope=everything"), "expected chart"),
        (400, format!("/v1/patients/{patient}/grants?scope=0"), "1 to 4294967295"),
        (400, format!("/v1/patients/{patient}/grants?color=red"), "color"),
        (400, format!("/v1/patients/{patient}/records?folder=-1"), "'-1'"),
        (400, format!("/v1/patients/{patient}/records?limit=0"), "1 to 200"),
        (400, format!("/v1/patients/{patient}/records?limit=201"), "1 to 200"),
        (400, format!("/v1/patients/{patient}/records?cursor=next"), "page.next"),
        (400, format!("/v1/patients/{patient}/access-log?since=yesterday"), "RFC 3339"),
        (400, format!("/v1/patients/{patient}/access-log?kind=Opened"), "RecordOpened"),
        (400, format!("/v1/records/{cid}/viewers?at=noon"), "block:1234"),
        (400, format!("/v1/records/{cid}/viewers?at=2026-01-01T00:00:00+01:00"), "%2B"),
        (400, format!("/v1/records/{cid}/viewers?at=block:{}", head + 1), "future"),
        (400, format!("/v1/records/{cid}/viewers?at=2999-01-01T00:00:00Z"), "future"),
        (400, format!("/v1/records/{cid}/viewers?at=block:0"), "before the contract's deployment"),
        (400, format!("/v1/records/{cid}/viewers?at=1999-01-01T00:00:00Z"), "before the contract's deployment"),
        (400, open.clone(), "purpose"),
        (400, format!("{open}&purpose=CURIOSITY"), "TREAT"),
        (400, "/v1/events?fromBlock=9&toBlock=3".into(), "after toBlock"),
        (400, "/health?verbose".into(), "verbose"),
        (400, "/v1/practitioners?q=%00".into(), "1 to 200"),
        (400, "/v1/practitioners?q=".into(), "1 to 200"),
        (400, format!("/v1/patients/{patient}/records?status=lost"), "lost"),
        (400, format!("/v1/patients/{patient}/requests?state=answered"), "answered"),
        (400, format!("/v1/patients/{patient}/viewers?cursor=12-0"), "page.next"),
        (400, format!("/v1/records/{cid}/viewers?cursor=12-0-{}", &patient[..9]), "page.next"),
        (404, format!("/v1/teams/{patient}"), "no registrar made a team"),
        (404, format!("/v1/patients/{stranger}/requests"), "no patient"),
        (404, format!("/v1/patients/{stranger}"), "no patient"),
        (404, format!("/v1/patients/{stranger}/trail"), "no patient"),
        (404, format!("/v1/practitioners/{stranger}"), "no registrar"),
        (404, format!("/v1/practitioners/{patient}/activity"), "no registrar"),
        (404, format!("/v1/accounts/{stranger}/keys"), "no key"),
        (404, format!("/v1/records/{}", cid_of([1; 32])), "no chart"),
        (404, format!("/v1/records/{cid}?patient={stranger}"), "holds no record"),
        (404, "/v2".into(), "no such route"),
    ];
    for (status, path, hint) in cases {
        let response = story.indexer.send(&path, &[("x-request-id", "mine-1")]).await;
        let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
        let answered = response.status().as_u16();
        let problem: Value = response.json().await.unwrap();
        assert_eq!((answered, kind.as_str()), (status, "application/problem+json"), "{path}: {problem}");
        assert!(problem["detail"].as_str().unwrap().contains(hint), "{path}: {problem}");
        assert_eq!((&problem["status"], &problem["requestId"]), (&json!(status), &json!("mine-1")), "{path}");
        assert!(problem["type"].as_str().unwrap().starts_with("urn:chartkey:problem:"), "{path}");
    }
    let rebound = story.indexer.send("/v1/practitioners", &[("host", "evil.example:8080")]).await;
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    let by_name = story.indexer.address().replace("127.0.0.1", "localhost");
    let by_name = story.indexer.send("/v1/practitioners", &[("host", &by_name)]).await;
    assert_eq!(by_name.status(), StatusCode::OK);
    let log = story.indexer.log();
    let secrets = [patient.as_str(), &patient.to_lowercase()[2..], &cid, "password"];
    assert!(secrets.iter().all(|secret| !log.contains(secret)), "the log names people or records");
}
