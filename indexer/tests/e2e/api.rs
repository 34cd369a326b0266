//! The API's shapes, pages and refusals, on one small story.

use chartkey_devnet::contract::bindings::{
    AddRecordCall, DirectoryEntry, GrantAccessCall, GrantRoleCall, NewRecord, OpenRecordCall, RegisterPatientCall,
    RegisterPractitionerCall, RevokeAccessCall,
};
use ethers::types::{Address, Bytes};
use ethers::utils::{keccak256, to_checksum};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::indexer::{Indexer, run_to_end};
use crate::viewers::cid;
use crate::world::World;

mod refusals;
pub mod ward;
mod ways;

const DIGEST: [u8; 32] = [0xab; 32];
pub const END: u64 = 1_800_000_000;

/// A patient with one record; one practitioner with a grant for it, another whose grant was revoked.
struct Story {
    world: World,
    indexer: Indexer,
    patient: Address,
    doctor: Address,
    former: Address,
    granted: u64,
}

impl Story {
    async fn tell() -> Self {
        let world = World::new().await;
        let [admin, patient, doctor, former, registrar] = world.accounts[..5] else { panic!("five accounts") };
        let contract = &world.contract;
        contract.send(admin, GrantRoleCall { role: keccak256("REGISTRAR"), account: registrar }).await.unwrap();
        contract.send(patient, RegisterPatientCall { key: [7; 32].into() }).await.unwrap();
        for (practitioner, name) in [(doctor, "Dr Ada"), (former, "Dr Bob\0")] {
            let entry = DirectoryEntry {
                name: name.into(),
                licence: "L-1".into(),
                specialty: "Radiology".into(),
                organisation: "St. Anna".into(),
            };
            let call = RegisterPractitionerCall { practitioner, valid_until: END, emergency_capable: true, entry };
            contract.send(registrar, call).await.unwrap();
        }
        let add = AddRecordCall { patient, via: Address::zero(), folder: 3, record: new_record(DIGEST) };
        contract.send(patient, add).await.unwrap();
        let grant = |grantee, scope| GrantAccessCall {
            patient,
            grantee,
            scope,
            rights: 5,
            purposes: 0b11,
            expires_at: END,
            sealed_key: [9; 80].into(),
        };
        contract.send(patient, grant(former, [0; 32])).await.unwrap();
        let receipt = contract.send(patient, grant(doctor, DIGEST)).await.unwrap();
        let open = OpenRecordCall { patient, digest: DIGEST, via: Address::zero(), purpose: 0 };
        contract.send(doctor, open).await.unwrap();
        let revoke = RevokeAccessCall { patient, grantee: former, scope: [0; 32] };
        contract.send(patient, revoke).await.unwrap();
        let database = world.database().await;
        let indexer = Indexer::start(&world, &database).await;
        indexer.catch_up(&world).await;
        Story { world, indexer, patient, doctor, former, granted: receipt.block_number.as_u64() }
    }

    fn patient(&self) -> String {
        to_checksum(&self.patient, None)
    }
}

pub fn new_record(digest: [u8; 32]) -> NewRecord {
    let cid = [&[0x01, 0x55, 0x12, 0x20], &digest[..]].concat().into();
    NewRecord { cid, key_commit: [1; 32], sealed_metadata: [2; 5].into() }
}

pub fn text(address: Address) -> String {
    to_checksum(&address, None)
}

#[tokio::test]
async fn answers_have_the_shapes_callers_rely_on() {
    let story = Story::tell().await;
    let api = &story.indexer;
    let patient = story.patient();
    let cid = cid(DIGEST).to_string();

    let body = api.get(&format!("/v1/patients/{}", patient.to_lowercase())).await;
    let data = &body["data"];
    assert_eq!(data["address"], patient);
    assert_eq!(data["encryptionKey"], json!({ "version": 1, "suite": 2, "key": format!("0x{}", "07".repeat(32)) }));
    assert_eq!((&data["recordCount"], &data["activeGrantCount"]), (&json!(1), &json!(1)));
    assert_eq!((&data["guardians"], &data["emergencyPolicy"]), (&json!([]), &Value::Null));
    let (head, hash) = story.world.head().await;
    assert_eq!((&body["asOf"]["blockNumber"], &body["asOf"]["blockHash"]), (&json!(head), &json!(hash)));
    assert!(body["asOf"]["timestamp"].as_str().unwrap().ends_with('Z') && body["asOf"]["finalized"] == false);

    let record = &api.get(&format!("/v1/patients/{patient}/records?folder=3&status=current")).await["data"][0];
    assert_eq!((&record["cid"], &record["codec"], &record["folder"]), (&json!(cid), &json!("raw"), &json!(3)));
    assert_eq!((&record["status"], &record["sealedMetadata"]), (&json!("current"), &json!("0x0202020202")));
    assert_eq!((&record["supersedes"], &record["supersededBy"]), (&Value::Null, &Value::Null));
    let position = record["position"].as_object().unwrap();
    for key in ["blockNumber", "blockHash", "transactionHash", "logIndex", "timestamp"] {
        assert!(position.contains_key(key), "position lacks {key}");
    }
    assert_eq!(api.get(&format!("/v1/patients/{patient}/records?folder=4")).await["data"], json!([]));
    assert_eq!(api.get(&format!("/v1/records/{cid}")).await["data"]["charts"], json!([patient]));

    let grant = &api.get(&format!("/v1/patients/{patient}/grants")).await["data"][0];
    assert_eq!((&grant["grantee"], &grant["granteeKind"]), (&json!(text(story.doctor)), &json!("practitioner")));
    assert_eq!(grant["scope"], json!({ "kind": "record", "folder": null, "cid": cid }));
    assert_eq!((&grant["rights"], &grant["purposes"]), (&json!(["READ", "REFER"]), &json!(["TREAT", "ETREAT"])));
    assert_eq!((&grant["expiresAt"], &grant["endedAt"]), (&json!("2027-01-15T08:00:00Z"), &Value::Null));
    let revoked = &api.get(&format!("/v1/patients/{patient}/grants?state=revoked")).await["data"][0];
    assert_eq!((&revoked["grantee"], &revoked["endReason"]), (&json!(text(story.former)), &json!("revoked")));
    let all = api.get(&format!("/v1/patients/{patient}/grants?state=all&scope=chart")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 1);

    let viewers = |body: &Value| -> Vec<Value> {
        body["data"].as_array().unwrap().iter().map(|row| row["viewer"].clone()).collect()
    };
    let both = json!([text(story.former), text(story.doctor)]);
    let now = api.get(&format!("/v1/records/{cid}/viewers")).await;
    assert_eq!((viewers(&now), &now["data"][0]["via"]), (vec![json!(text(story.doctor))], &Value::Null));
    let then = api.get(&format!("/v1/patients/{patient}/viewers?at=block:{}", story.granted)).await;
    assert_eq!(json!(viewers(&then)), both);
    let at = now["asOf"]["timestamp"].as_str().unwrap();
    assert_eq!(viewers(&api.get(&format!("/v1/records/{cid}/viewers?at={at}")).await).len(), 1);

    let open = &api.get(&format!("/v1/records/{cid}/opens")).await["data"][0];
    assert_eq!((&open["kind"], &open["viewer"]), (&json!("RecordOpened"), &json!(text(story.doctor))));
    assert_eq!((&open["purpose"], &open["cid"]), (&json!("TREAT"), &json!(cid)));
    assert_eq!(open["grant"]["grantedAt"], grant["grantedAt"]);
    let log = api.get(&format!("/v1/patients/{patient}/access-log")).await;
    let kinds = log["data"].as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap());
    let kinds: Vec<_> = kinds.filter(|kind| *kind != "Queried").collect();
    let expected = ["AccessRevoked", "RecordOpened", "AccessGranted", "AccessGranted", "RecordAdded", "KeyPublished"];
    assert_eq!(kinds, expected);

    let query = format!("patient={patient}&cid={cid}&reader={}&purpose=TREAT", text(story.former));
    let verdict = &api.get(&format!("/v1/can-open?{query}")).await["data"];
    assert_eq!((&verdict["allowed"], &verdict["reason"]), (&json!(false), &json!("noGrant")));
    assert_eq!(verdict["grant"]["endReason"], "revoked");
    let verdict = &api.get(&format!("/v1/can-open?{query}&at=block:{}", story.granted)).await["data"];
    assert_eq!((&verdict["allowed"], &verdict["grant"]["scope"]["kind"]), (&json!(true), &json!("chart")));

    let found = api.get("/v1/practitioners?q=ada&specialty=radiology&state=active").await;
    assert_eq!(found["data"][0]["name"], "Dr Ada");
    let doctor = text(story.doctor);
    assert_eq!(api.get(&format!("/v1/practitioners/{doctor}")).await["data"]["state"], "active");
    assert_eq!(api.get(&format!("/v1/practitioners/{doctor}/patients")).await["data"][0]["patient"], patient);
    assert_eq!(api.get(&format!("/v1/practitioners/{doctor}/records")).await["data"][0]["cid"], cid);
    assert_eq!(api.get(&format!("/v1/practitioners/{doctor}/activity")).await["data"][0]["kind"], "RecordOpened");
    assert_eq!(api.get(&format!("/v1/accounts/{patient}/keys")).await["data"][0]["version"], 1);
    // A registrar's NUL does not stop the index, and is not passed on.
    assert_eq!(api.get(&format!("/v1/practitioners/{}", text(story.former))).await["data"]["name"], "Dr Bob\u{fffd}");

    assert_eq!(api.get("/health").await["status"], "ok");
    assert_eq!(api.get("/ready").await["status"], "ready");
    let status = &api.get("/status").await["data"];
    assert_eq!(
        (&status["phase"], &status["indexedBlock"], &status["fraction"]),
        (&json!("live"), &json!(head), &json!(1.0))
    );
}

#[tokio::test]
async fn a_trail_can_be_recomputed_from_the_api_alone() {
    let story = Story::tell().await;
    for subject in [story.patient, Address::zero()] {
        let body = story.indexer.get(&format!("/v1/patients/{}/trail?limit=200", text(subject))).await;
        let links = body["data"].as_array().unwrap();
        let hex = |value: &Value| -> Bytes { serde_json::from_value(value.clone()).unwrap() };
        let mut link = hex(&body["start"]);
        for row in links {
            let logged: Vec<u8> =
                row["topics"].as_array().unwrap().iter().chain([&row["data"]]).flat_map(hex).collect();
            let block = row["blockNumber"].as_u64().unwrap();
            let time: chartkey_indexer::model::Moment = row["blockTimestamp"].as_str().unwrap().parse().unwrap();
            let word = |number: u64| [&[0; 24], &number.to_be_bytes()[..]].concat();
            let next = [link.to_vec(), word(block), word(time.unix()), keccak256(logged).to_vec()].concat();
            // Links have 224 bits.
            link = [&keccak256(next)[..28], &[0; 4]].concat().into();
            assert_eq!(hex(&row["link"]), link);
        }
        assert_eq!(hex(&body["head"]), link);
        let call = chartkey_devnet::contract::bindings::TrailCall { subject };
        let on_chain: [u8; 32] =
            story.world.contract.call_at(call, chartkey_devnet::contract::At::Latest).await.unwrap();
        assert_eq!(link.to_vec(), on_chain);

        let accept = [("accept", "application/x-ndjson")];
        let stream = story.indexer.send(&format!("/v1/patients/{}/trail", text(subject)), &accept).await;
        assert_eq!(stream.headers()["content-type"], "application/x-ndjson");
        assert!(stream.headers().contains_key("chartkey-as-of"));
        let lines: Vec<Value> =
            stream.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(&lines, links);
    }
}

#[tokio::test]
async fn pages_join_to_the_whole() {
    let story = Story::tell().await;
    let patient = story.patient();
    for list in [
        "/v1/events?".into(),
        "/v1/practitioners?".into(),
        // What is asked here is on record too.
        format!("/v1/patients/{patient}/access-log?kind=AccessGranted&"),
        format!("/v1/patients/{patient}/grants?state=all&"),
        format!("/v1/patients/{patient}/trail?"),
    ] {
        let whole = story.indexer.get(&format!("{list}limit=200")).await;
        assert_eq!(whole["page"]["next"], Value::Null);
        let (mut joined, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = story.indexer.get(&format!("{list}limit=1{cursor}")).await;
            joined.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["page"]["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert!(joined.len() > 1, "{list} is too short to say anything");
        assert_eq!(json!(joined), whole["data"], "{list}");
    }
    let accept = [("accept", "application/x-ndjson")];
    let stream = story.indexer.send("/v1/events?kind=AccessGranted", &accept).await.text().await.unwrap();
    assert_eq!(stream.lines().count(), 2);
}

#[tokio::test]
async fn an_unchanged_answer_is_not_sent_again() {
    let story = Story::tell().await;
    let path = format!("/v1/patients/{}/viewers", story.patient());
    let first = story.indexer.send(&path, &[]).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let again = story.indexer.send(&path, &[("if-none-match", &tag)]).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.text().await.unwrap(), "");
    story.world.mine(1).await;
    story.indexer.catch_up(&story.world).await;
    assert_eq!(story.indexer.send(&path, &[("if-none-match", &tag)]).await.status(), StatusCode::OK);
    let zipped = story.indexer.send(&path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(zipped.headers()["content-encoding"], "gzip");
}

#[tokio::test]
async fn a_database_of_another_deployment_is_refused() {
    let story = Story::tell().await;
    let database = story.world.database().await;
    let indexer = Indexer::start(&story.world, &database).await;
    indexer.catch_up(&story.world).await;
    indexer.stop().await;
    // A private chain started anew has the same id and contract address.
    let other = World::with_genesis(1_700_000_001).await;
    assert_eq!(other.deployment, story.world.deployment);
    let (fine, said) = run_to_end(&other, &database, &["run"]).await;
    assert!(!fine && said.contains("another deployment (genesis block"), "{said}");
    let (fine, said) = run_to_end(&other, &database, &["run", "--listen", "0.0.0.0:8080"]).await;
    assert!(!fine && said.contains("is public to whoever reaches"), "{said}");
}

#[tokio::test]
async fn a_second_indexer_serves_and_takes_over() {
    let story = Story::tell().await;
    let database = story.world.database().await;
    let first = Indexer::start(&story.world, &database).await;
    first.catch_up(&story.world).await;
    let second = Indexer::start(&story.world, &database).await;
    second.catch_up(&story.world).await;
    second.says("another indexer writes this database").await;
    first.kill();
    story.world.mine(2).await;
    second.catch_up(&story.world).await;
    second.stop().await;
}
