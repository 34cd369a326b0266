//! What the process tells of itself: its log, its metrics and its traces, and that none of them names anybody (docs/LOGGING.md).

use std::collections::BTreeSet;

use chartkey_devnet::contract::bindings::RegisterPatientCall;
use chartkey_devnet::wait;
use ethers::types::Address;
use ethers::utils::to_checksum;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Executor as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::indexer::{Indexer, Source};
use crate::viewers::cid;
use crate::world::{World, connect};

mod collector;
mod session;

/// What requests are full of and nothing may repeat. In lower case: it is looked for without regard to case.
const TOKEN: &str = "mark-token-4uqpkzcyd3q8b1xw";
const COOKIE: &str = "mark-cookie-9shvn2mwd7";
const QUERY: &str = "mark-query-q1wzx";
const HEADER: &str = "mark-header-h7tka";
const BODY: &str = "mark-body-b5nxe";
const METHOD: &str = "mark-method-m3rqu";
const PATH: &str = "mark-path-p8yso";
const CALLER: &str = "203.0.113.77";
const MARKS: [&str; 8] = [TOKEN, COOKIE, QUERY, HEADER, BODY, METHOD, PATH, CALLER];
const STRANGER: [u8; 20] = [0xc7; 20];
const RECORD: [u8; 32] = [0xd9; 32];

/// Routes of API.md with a query each, beside what /openapi.json names.
const ROUTES: [&str; 27] = [
    "/v1/patients/{patient}",
    "/v1/patients/{patient}/records",
    "/v1/patients/{patient}/grants",
    "/v1/patients/{patient}/viewers",
    "/v1/patients/{patient}/access-log",
    "/v1/patients/{patient}/requests",
    "/v1/patients/{patient}/trail",
    "/v1/patients/{patient}/disclosures",
    "/v1/records/{cid}",
    "/v1/records/{cid}/viewers",
    "/v1/records/{cid}/opens",
    "/v1/can-open",
    "/v1/practitioners",
    "/v1/practitioners/{practitioner}",
    "/v1/practitioners/{practitioner}/patients",
    "/v1/practitioners/{practitioner}/records",
    "/v1/practitioners/{practitioner}/activity",
    "/v1/teams/{team}",
    "/v1/accounts/{account}/keys",
    "/v1/events",
    "/v1/state",
    "/v1/auth/nonce",
    "/v1/auth/verify",
    "/v1/auth/me",
    "/v1/auth/logout",
    "/status",
    "/health",
];

/// An indexer that is asked whatever there is to ask.
struct Asked {
    world: World,
    indexer: Indexer,
    patient: String,
    requests: usize,
}

impl Asked {
    async fn new(open: bool, environment: &[(&str, &str)]) -> Self {
        let world = World::new().await;
        let patient = world.accounts[1];
        world.contract.send(patient, RegisterPatientCall { key: [7; 32].into() }).await.unwrap();
        let database = world.database().await;
        let indexer = Indexer::start_in(&Source { open, ..world.source() }, &database, environment).await;
        wait::until("the index to be live", std::time::Duration::from_secs(60), || async {
            Ok((indexer.ask("/ready").await.0 == StatusCode::OK).then_some(()))
        })
        .await
        .unwrap();
        let mut asked = Asked { world, indexer, patient: to_checksum(&patient, None), requests: 0 };
        for route in asked.routes().await {
            asked.ask_all_ways(&route).await;
        }
        // The same while the database refuses to read records.
        connect(&database).await.execute("revoke select on record, record_detail from chartkey_reader").await.unwrap();
        asked.ask_all_ways("/v1/patients/{patient}/records").await;
        asked.talk_nonsense().await;
        asked
    }

    async fn routes(&self) -> BTreeSet<String> {
        let mut routes: BTreeSet<String> = ROUTES.iter().map(|route| (*route).to_owned()).collect();
        if let Some((StatusCode::OK, text)) = self.indexer.try_ask("/openapi.json").await {
            let described: Value = serde_json::from_str(&text).unwrap();
            routes.extend(described["paths"].as_object().unwrap().keys().cloned());
        }
        // Its answers are long, and do not end by themselves.
        routes.remove("/v1/stream");
        routes
    }

    /// With the patient, with a stranger and with nonsense in its place; with good and bad queries; by all methods.
    async fn ask_all_ways(&mut self, route: &str) {
        let stranger = to_checksum(&Address::from(STRANGER), None);
        let record = cid(RECORD).to_string();
        let mut paths = Vec::new();
        for account in [self.patient.clone(), stranger.clone(), format!("{PATH}{}", self.patient)] {
            let names = ["{patient}", "{practitioner}", "{account}", "{team}"];
            let path = names.iter().fold(route.to_owned(), |path, name| path.replace(name, &account));
            paths.extend([path.replace("{cid}", &record), path.replace("{cid}", &format!("{record}{PATH}"))]);
        }
        let queries = [
            String::new(),
            format!("?patient={stranger}&cid={record}&reader={}&purpose=TREAT", self.patient),
            format!("?q={QUERY}&cursor={QUERY}&at={QUERY}&{QUERY}={QUERY}&since=%zz{QUERY}"),
            format!("?subject={stranger}&grantee={stranger}&actor={stranger}"),
        ];
        for path in paths.iter().collect::<BTreeSet<_>>() {
            for query in &queries {
                for method in [Method::GET, Method::POST, Method::OPTIONS] {
                    self.ask(method, &format!("{path}{query}")).await;
                }
            }
        }
    }

    async fn ask(&mut self, method: Method, path: &str) {
        let address = format!("0x{}", "c7".repeat(20));
        let url = format!("http://{}{path}", self.indexer.address());
        let message = json!({ "message": format!("{BODY} {address}"), "signature": BODY, "nonce": BODY });
        let body = if method == Method::POST { message.to_string() } else { String::new() };
        let answer = reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .request(method, url)
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("cookie", format!("session={COOKIE}; chartkey={COOKIE}; __Host-session={COOKIE}"))
            .header("user-agent", HEADER)
            .header("referer", format!("https://{HEADER}.example/{QUERY}"))
            .header("origin", format!("https://{HEADER}.example"))
            .header("x-request-id", &address)
            .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
            .header("tracestate", format!("{HEADER}={HEADER}"))
            .header("baggage", format!("{HEADER}={HEADER}"))
            .header("x-forwarded-for", CALLER)
            .header("forwarded", format!("for={CALLER}"))
            .header("if-none-match", format!("\"{HEADER}\""))
            .header("last-event-id", HEADER)
            .header("content-type", "application/json")
            .header(HEADER, HEADER)
            .body(body)
            .send()
            .await
            .unwrap();
        let _ = answer.bytes().await;
        self.requests += 1;
    }

    /// What is no request, or hardly one. Those that hyper answers by itself leave no line.
    async fn talk_nonsense(&mut self) {
        let host = format!("Host: {}", self.indexer.address());
        let long = "x".repeat(9_000);
        for text in [
            format!("{METHOD} /v1/{PATH} HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("GET /v1/practitioners HTTP/1.1\r\nHost: {HEADER}.example\r\n\r\n"),
            format!("GET /v1/{PATH}?{QUERY}{long} HTTP/1.1\r\n{host}\r\n\r\n"),
            format!("GET /v1/%ff%00{PATH}/../ HTTP/1.1\r\n{host}\r\nAccept: {HEADER}/x\r\n\r\n"),
            format!("GET /v1/patients/%ff{PATH} HTTP/1.1\r\n{host}\r\nAccept: */*\r\n\r\n"),
            format!("POST /v1/auth/verify HTTP/1.1\r\n{host}\r\nContent-Length: 99999\r\n\r\n{BODY}"),
            format!(
                "POST /v1/auth/verify HTTP/1.1\r\n{host}\r\nContent-Type: {HEADER}\r\nContent-Length: 3\r\n\r\n{{{{{{"
            ),
            format!("GET /{PATH} HTTP/1.1\r\n{HEADER}\r\n\r\n"),
            format!("\u{16}\u{3}{BODY}\r\n\r\n"),
            format!("GET /{PATH} HTTP/7.{QUERY}\r\n\r\n"),
        ] {
            let mut connection = TcpStream::connect(self.indexer.address()).await.unwrap();
            connection.write_all(text.as_bytes()).await.unwrap();
            let mut answer = [0; 1_024];
            let _ = connection.read(&mut answer).await;
        }
    }

    /// Who and what must not be told of.
    fn marks(&self) -> Vec<String> {
        let accounts = self.world.accounts.iter().skip(1).map(|account| format!("{account:x}"));
        let things = [hex(&STRANGER), hex(&RECORD), cid(RECORD).to_string()];
        MARKS.iter().map(|mark| (*mark).to_owned()).chain(things).chain(accounts).collect()
    }

    fn assert_tells_nothing_of_anybody(&self, what: &str, text: &str) {
        assert_tells_none(&self.marks(), what, text);
    }
}

/// `marks`: in lower case.
fn assert_tells_none(marks: &[String], what: &str, text: &str) {
    let text = text.to_lowercase();
    for mark in marks {
        if let Some(at) = text.find(mark) {
            let start = text[..at].rfind('\n').map_or(0, |line| line + 1);
            let end = text[at..].find('\n').map_or(text.len(), |line| at + line);
            panic!("{what} tells {mark}: {}", &text[start..end]);
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[tokio::test]
async fn log_and_metrics_name_nobody_whatever_is_asked_and_however_much_is_logged() {
    for (open, format, level) in [(true, "text", "trace"), (false, "json", "chartkey_indexer=trace,debug")] {
        let asked = Asked::new(open, &[("RUST_LOG", level), ("LOG_FORMAT", format)]).await;
        let metrics = asked.indexer.send("/metrics", &[]).await.text().await.unwrap();
        let log = asked.indexer.log();
        let answered: Vec<&str> = log.lines().filter(|line| line.contains("answered")).collect();
        assert!(answered.len() > asked.requests, "{} lines of {} requests", answered.len(), asked.requests);
        for route in ["/v1/patients/{patient}", "/v1/records/{cid}/opens", "(no route)"] {
            let count = |text: &str| text.lines().filter(|line| line.contains(route)).count();
            assert!(count(&log) > 0 && count(&metrics) > 0, "{route}");
        }
        if open {
            assert!(log.contains("a request failed"), "the database refused nothing");
        }
        if format == "json" {
            let line: Value = serde_json::from_str(answered.last().unwrap()).unwrap();
            assert_eq!((&line["message"], &line["span"]["name"]), (&json!("answered"), &json!("request")));
            assert!(
                line["status"].is_u64() && line["milliseconds"].is_u64() && line["span"]["id"].is_string(),
                "{line}"
            );
            assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        }
        asked.assert_tells_nothing_of_anybody("the log", &log);
        asked.assert_tells_nothing_of_anybody("/metrics", &metrics);
        asked.indexer.stop().await;
    }
}
