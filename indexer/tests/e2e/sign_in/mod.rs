//! Sign-In with Ethereum, by keys and by smart accounts, and the sessions that follow.

pub mod letter;
mod pages;
mod refusals;
mod smart_accounts;

use chartkey_devnet::contract::bindings::{
    DirectoryEntry, GrantRoleCall, RegisterPatientCall, RegisterPractitionerCall, SetGuardianCall,
};
use chartkey_devnet::postgres::DatabaseUrl;
use ethers::types::Address;
use ethers::utils::{keccak256, to_checksum};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::indexer::{Indexer, Source, bearer};
use crate::world::{World, connect};
use letter::{Letter, in_minutes};

const ME: &str = "/v1/auth/me";

/// A chain, followed by an indexer to its head.
struct Stage {
    world: World,
    database: DatabaseUrl,
    indexer: Indexer,
}

/// The chain, for an indexer whose callers sign in.
fn closed(world: &World) -> Source {
    Source { open: false, ..world.source() }
}

impl Stage {
    async fn new() -> Self {
        Self::with(&[]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let world = World::new().await;
        let database = world.database().await;
        let indexer = Indexer::start_on(&closed(&world), &database, arguments).await;
        indexer.catch_up(&world).await;
        Stage { world, database, indexer }
    }

    fn account(&self, number: usize) -> Address {
        self.world.accounts[number]
    }

    async fn letter(&self) -> Letter {
        Letter::new(&self.indexer, self.account(1)).await
    }

    async fn execute(&self, statement: &str) {
        connect(&self.database).await.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }

    async fn count(&self, table: &str) -> i64 {
        let count = sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}")));
        count.fetch_one(&mut connect(&self.database).await).await.unwrap()
    }
}

/// Status and kind of a problem, and its words.
async fn problem(response: Response) -> (u16, String, String) {
    let status = response.status();
    if status == StatusCode::UNAUTHORIZED {
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
    }
    let problem: Value = response.json().await.unwrap();
    let kind = problem["type"].as_str().unwrap().strip_prefix("urn:chartkey:problem:").unwrap();
    (status.as_u16(), kind.to_owned(), problem["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn who_signs_is_signed_in_until_they_sign_out() {
    let stage = Stage::new().await;
    let (indexer, account) = (&stage.indexer, stage.account(1));
    let letter = Letter { statement: Some("Read my chart."), ..stage.letter().await };
    let response = letter.send(indexer, &letter.signed_by(&stage.world, account).await).await;
    assert_eq!(
        (response.status(), &response.headers()["cache-control"]),
        (StatusCode::OK, &"no-store".parse().unwrap())
    );
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let begun: Value = response.json().await.unwrap();
    let (token, account) = (begun["data"]["token"].as_str().unwrap(), to_checksum(&account, None));
    assert_eq!(begun["data"]["account"], account);
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(pair, format!("chartkey_session={token}"));
    assert!(attributes.starts_with("HttpOnly; SameSite=Strict; Path=/; Max-Age=3"), "{attributes}");

    let other = indexer.sign_in(&stage.world, stage.account(1)).await;
    let header = bearer(token);
    for headers in
        [&[("authorization", &*header)][..], &[("cookie", pair)], &[("cookie", pair), ("authorization", &header)]]
    {
        let response = indexer.send(ME, headers).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        let me: Value = response.json().await.unwrap();
        assert_eq!((&me["data"]["account"], &me["data"]["expiresAt"]), (&json!(account), &begun["data"]["expiresAt"]));
        assert!(me["asOf"]["blockNumber"].is_u64(), "{me}");
    }
    let both = indexer.send(ME, &[("cookie", pair), ("authorization", &bearer(&other))]).await;
    assert_eq!(problem(both).await.0, 400);

    let left = indexer.post("/v1/auth/logout", &[("cookie", pair)], None).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert_eq!(left.headers()["set-cookie"], "chartkey_session=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    for headers in [&[("authorization", &*header)][..], &[("cookie", pair)], &[], &[("authorization", "Basic YTpi")]] {
        let (status, kind, _) = problem(indexer.send(ME, headers).await).await;
        assert_eq!((status, &*kind), (401, "not-signed-in"));
    }
    assert_eq!(indexer.ask_as(&other, ME).await.0, StatusCode::OK);
    let nobody = indexer.post("/v1/auth/logout", &[], None).await;
    assert_eq!(problem(nobody).await.0, 401);
}

#[tokio::test]
async fn me_tells_what_the_chain_says_of_an_account() {
    let stage = Stage::new().await;
    let [admin, patient, guardian, doctor] = stage.world.accounts[..4] else { panic!("four accounts") };
    let contract = &stage.world.contract;
    for role in ["REGISTRAR", "AUDITOR"] {
        contract.send(admin, GrantRoleCall { role: keccak256(role), account: guardian }).await.unwrap();
    }
    contract.send(patient, RegisterPatientCall { key: [7; 32].into() }).await.unwrap();
    contract.send(patient, SetGuardianCall { guardian, until: 1_800_000_000 }).await.unwrap();
    let entry = DirectoryEntry { name: "Dr Ada".into(), ..DirectoryEntry::default() };
    let call =
        RegisterPractitionerCall { practitioner: doctor, valid_until: 1_800_000_000, emergency_capable: false, entry };
    contract.send(guardian, call).await.unwrap();
    stage.indexer.catch_up(&stage.world).await;

    let nothing = json!({ "patient": false, "guardianOf": [], "practitioner": null, "auditor": false, "registrar": false,
                          "custodian": false, "admin": false });
    let ends = "2027-01-15T08:00:00Z";
    for (account, changes) in [
        (admin, json!({ "admin": true })),
        (patient, json!({ "patient": true })),
        (guardian, json!({ "guardianOf": [to_checksum(&patient, None)], "registrar": true, "auditor": true })),
        (doctor, json!({ "practitioner": { "state": "active", "validUntil": ends } })),
        (stage.account(7), json!({})),
    ] {
        let token = stage.indexer.sign_in(&stage.world, account).await;
        let (_, me) = stage.indexer.ask_as(&token, ME).await;
        let mut expected = nothing.clone();
        for (name, value) in changes.as_object().unwrap() {
            expected[name] = value.clone();
        }
        assert_eq!(me["data"]["roles"], expected, "{account}");
    }
}

#[tokio::test]
async fn a_session_says_who_and_the_chain_what_they_see() {
    let stage = Stage::new().await;
    let [patient, other] = [stage.account(1), stage.account(2)];
    for account in [patient, other] {
        stage.world.contract.send(account, RegisterPatientCall { key: [7; 32].into() }).await.unwrap();
    }
    stage.indexer.catch_up(&stage.world).await;
    let token = stage.indexer.sign_in(&stage.world, patient).await;
    let chart = |patient: Address| format!("/v1/patients/{patient:?}");
    assert_eq!(problem(stage.indexer.send(&chart(patient), &[]).await).await.1, "not-signed-in");
    assert_eq!(stage.indexer.ask_as(&token, &chart(patient)).await.0, StatusCode::OK);
    assert_eq!(stage.indexer.ask_as(&token, &chart(other)).await.0, StatusCode::FORBIDDEN);
    let (status, _) = stage.indexer.ask_as(&format!("{}0", &token[1..]), "/v1/practitioners").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "what is no session is refused, also where nobody need be signed in");
    // Where all reads are public, a session is looked at by nobody but who asks for it.
    let open = Indexer::serve(&stage.world, &stage.database).await;
    assert_eq!(open.ask_as("nonsense", &chart(other)).await.0, StatusCode::OK);
    assert_eq!(open.ask_as(&token, ME).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_session_outlives_the_process_and_ends_everywhere_at_once() {
    let Stage { world, database, indexer } = Stage::new().await;
    let (token, other) =
        (indexer.sign_in(&world, world.accounts[1]).await, indexer.sign_in(&world, world.accounts[2]).await);
    indexer.kill();
    let indexer = Indexer::start_closed(&world, &database).await;
    indexer.catch_up(&world).await;
    let second = Indexer::serve_on(&closed(&world), &database, &[]).await;
    let account = to_checksum(&world.accounts[1], None);
    for instance in [&indexer, &second] {
        assert_eq!(instance.ask_as(&token, ME).await.1["data"]["account"], account);
    }
    let left = second.post("/v1/auth/logout", &[("authorization", &bearer(&token))], None).await;
    assert_eq!(left.status(), StatusCode::NO_CONTENT);
    assert_eq!(indexer.ask_as(&token, ME).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(indexer.ask_as(&other, ME).await.0, StatusCode::OK);
}

#[tokio::test]
async fn sessions_and_nonces_expire_and_are_swept() {
    let stage = Stage::with(&["--session-minutes", "5"]).await;
    let token = stage.indexer.sign_in(&stage.world, stage.account(1)).await;
    let me = stage.indexer.ask_as(&token, ME).await.1;
    let ends = OffsetDateTime::parse(me["data"]["expiresAt"].as_str().unwrap(), &Rfc3339).unwrap();
    assert!((in_minutes(4)..=in_minutes(5)).contains(&ends), "{ends}");

    let late = stage.letter().await;
    for table in ["session", "sign_in_nonce"] {
        let past = format!("update {table} set expires_at = now() - interval '1 s'");
        stage.execute(&past).await;
    }
    assert_eq!(stage.indexer.ask_as(&token, ME).await.0, StatusCode::UNAUTHORIZED);
    let signature = late.signed_by(&stage.world, stage.account(1)).await;
    let (status, kind, why) = problem(late.send(&stage.indexer, &signature).await).await;
    assert_eq!((status, &*kind), (401, "sign-in-refused"));
    assert!(why.contains("has expired"), "{why}");

    let lasting = stage.letter().await;
    stage.execute("insert into sign_in_nonce select 'expired' || n, now() from generate_series(1000, 1149) n").await;
    stage.letter().await;
    assert_eq!(stage.count("sign_in_nonce where nonce like 'expired%'").await, 50, "a bounded number at a time");
    stage.letter().await;
    assert_eq!(stage.count("sign_in_nonce where expires_at <= now()").await, 0);
    let signature = lasting.signed_by(&stage.world, stage.account(1)).await;
    assert_eq!(lasting.send(&stage.indexer, &signature).await.status(), StatusCode::OK);
    assert_eq!(stage.count("session").await, 1, "the expired one is swept");

    // Not longer than the message itself is good.
    let short = Letter { expires_at: Some(in_minutes(2)), ..stage.letter().await };
    let response = short.send(&stage.indexer, &short.signed_by(&stage.world, stage.account(1)).await).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.ends_with("Max-Age=119") || cookie.ends_with("Max-Age=120"), "{cookie}");
}

#[tokio::test]
async fn the_log_holds_no_secret_and_names_nobody() {
    let stage = Stage::new().await;
    let letter = stage.letter().await;
    let signature = letter.signed_by(&stage.world, letter.account).await;
    let token: Value = letter.send(&stage.indexer, &signature).await.json().await.unwrap();
    let token = token["data"]["token"].as_str().unwrap().to_owned();
    letter.send(&stage.indexer, &signature).await;
    letter::send(&stage.indexer, &format!("{}x", letter.text()), &signature).await;
    stage.indexer.ask_as(&token, ME).await;
    stage.indexer.ask_as(&format!("{}0", &token[1..]), ME).await;
    stage.indexer.post("/v1/auth/logout", &[("authorization", &bearer(&token))], None).await;
    // The chain cannot be asked.
    let lost = Source { rpc_url: "http://127.0.0.1:9".into(), ..closed(&stage.world) };
    let lost = Indexer::serve_on(&lost, &stage.database, &[]).await;
    let unknown = Letter::new(&lost, stage.account(2)).await;
    let wrong = unknown.signed_by(&stage.world, stage.account(3)).await;
    assert_eq!(problem(unknown.send(&lost, &wrong).await).await.1, "chain-unavailable");

    let log = (stage.indexer.log() + &lost.log()).to_lowercase();
    assert!(log.contains("/v1/auth/verify") && log.contains("could not be asked"), "{log}");
    let accounts = stage.world.accounts[1..4].iter().map(|account| format!("{account:x}"));
    let secrets =
        [token, signature[2..].into(), letter.nonce, wrong[2..].into(), unknown.nonce].map(|one| one.to_lowercase());
    for secret in accounts.chain(secrets) {
        assert!(!log.contains(&secret), "the log holds {secret}");
    }
}
