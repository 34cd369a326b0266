//! What is somebody's own begins and ends at a block; and a stream ends with whom it is for.

use chartkey_devnet::contract::bindings::{
    GrantRoleCall, RegisterPatientCall, RemoveGuardianCall, RevokeRoleCall, SetGuardianCall,
};
use ethers::types::{Address, Bytes};
use ethers::utils::keccak256;
use serde_json::{Value, json};

use super::client::{Stream, Told};
use super::{is_last_word, last_word};
use crate::indexer::{Indexer, bearer};
use crate::world::{World, connect};

const NEVER: u64 = 4_000_000_000;

/// Kinds of what somebody was told of others, in order.
fn kinds(told: &Told) -> Vec<&str> {
    told.events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

/// What somebody is told from a block on, up to their last word of now.
async fn told_from(world: &World, indexer: &Indexer, account: Address, token: &str, first: u64) -> Told {
    let word = last_word(world, account).await;
    let mut stream = Stream::open(indexer, Some(token), &format!("?fromBlock={first}"), None).await;
    let mut told = Told::default();
    told.take_until(&mut stream, is_last_word(&word)).await;
    told
}

#[tokio::test]
async fn a_guardian_is_told_of_a_chart_during_the_term_and_never_after() {
    let world = World::new().await;
    let [patient, guardian, stranger] = world.accounts[1..4] else { unreachable!() };
    let key: Bytes = vec![7; 32].into();
    world.contract.send(patient, RegisterPatientCall { key }).await.unwrap();
    let database = world.database().await;
    let indexer = Indexer::start_closed(&world, &database).await;
    indexer.catch_up(&world).await;
    let token = indexer.sign_in(&world, guardian).await;
    let (before, _) = world.head().await;
    let mut stream = Stream::open(&indexer, Some(&token), "", None).await;

    last_word(&world, patient).await;
    world.contract.send(patient, SetGuardianCall { guardian, until: NEVER }).await.unwrap();
    let told_of = last_word(&world, patient).await;
    let mut told = Told::default();
    told.take_until(&mut stream, is_last_word(&told_of)).await;
    assert_eq!(kinds(&told), ["GuardianSet", "KeyPublished"]);
    let fresh = told_from(&world, &indexer, guardian, &token, before).await;
    assert_eq!(kinds(&fresh), ["GuardianSet", "KeyPublished", "KeyPublished"]);

    world.contract.send(patient, RemoveGuardianCall { patient, guardian }).await.unwrap();
    last_word(&world, patient).await;
    let word = last_word(&world, guardian).await;
    told.take_until(&mut stream, is_last_word(&word)).await;
    assert_eq!(kinds(&told), ["GuardianSet", "KeyPublished", "KeyPublished", "GuardianRemoved", "KeyPublished"]);
    // Nor of what they were told then.
    let fresh = told_from(&world, &indexer, guardian, &token, before).await;
    assert_eq!(kinds(&fresh), ["GuardianSet", "KeyPublished", "GuardianRemoved", "KeyPublished", "KeyPublished"]);
    assert!(fresh.events.iter().all(|event| event["data"] != told_of && *event != told.events[1]));

    // A term that ends by itself.
    let until = 1_700_000_000 + 500_000;
    world.contract.send(patient, SetGuardianCall { guardian, until }).await.unwrap();
    let told_of = last_word(&world, patient).await;
    told.take_until(&mut stream, is_last_word(&told_of)).await;
    let _: Value = world.rpc().call("evm_setNextBlockTimestamp", json!([until])).await.unwrap();
    last_word(&world, patient).await;
    let word = last_word(&world, guardian).await;
    told.take_until(&mut stream, is_last_word(&word)).await;
    assert_eq!(kinds(&told)[5..], ["KeyPublished", "GuardianSet", "KeyPublished", "KeyPublished"]);

    let stranger_token = indexer.sign_in(&world, stranger).await;
    let nothing = told_from(&world, &indexer, stranger, &stranger_token, 0).await;
    assert_eq!(kinds(&nothing), ["KeyPublished"]);
    on_record(&database, patient, guardian).await;
    indexer.stop().await;
}

/// Each stream that told a guardian of the patient's chart is on record, once.
async fn on_record(database: &chartkey_devnet::postgres::DatabaseUrl, patient: Address, guardian: Address) {
    let mut db = connect(database).await;
    let asked: Vec<(Vec<u8>, Option<Vec<u8>>, String)> =
        sqlx::query_as("select patient, actor, route from query order by number").fetch_all(&mut db).await.unwrap();
    let expected = (patient.as_bytes().to_vec(), Some(guardian.as_bytes().to_vec()), "/v1/stream".to_owned());
    let of_patient: Vec<_> = asked.iter().filter(|row| row.0 == expected.0).collect();
    assert_eq!(of_patient, vec![&expected; 3]);
}

#[tokio::test]
async fn an_auditor_is_told_of_everything_while_in_office() {
    let world = World::new().await;
    let [admin, patient, auditor] = world.accounts[..3] else { unreachable!() };
    world.contract.send(patient, RegisterPatientCall { key: vec![7; 32].into() }).await.unwrap();
    let database = world.database().await;
    let indexer = Indexer::start_closed(&world, &database).await;
    indexer.catch_up(&world).await;
    let token = indexer.sign_in(&world, auditor).await;
    let mut stream = Stream::open(&indexer, Some(&token), "", None).await;
    let mut told = Told::default();
    let role = keccak256("AUDITOR");
    last_word(&world, patient).await;
    world.contract.send(admin, GrantRoleCall { role, account: auditor }).await.unwrap();
    let word = last_word(&world, patient).await;
    told.take_until(&mut stream, is_last_word(&word)).await;
    assert_eq!(kinds(&told), ["RoleChanged", "KeyPublished"]);
    world.contract.send(admin, RevokeRoleCall { role, account: auditor }).await.unwrap();
    last_word(&world, patient).await;
    let word = last_word(&world, auditor).await;
    told.take_until(&mut stream, is_last_word(&word)).await;
    assert_eq!(kinds(&told), ["RoleChanged", "KeyPublished", "RoleChanged", "KeyPublished"]);
    let fresh = told_from(&world, &indexer, auditor, &token, 0).await;
    assert_eq!(kinds(&fresh), ["RoleChanged", "RoleChanged", "KeyPublished", "KeyPublished"]);
    indexer.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_its_server() {
    let world = World::new().await;
    let database = world.database().await;
    let indexer = Indexer::start_closed(&world, &database).await;
    indexer.catch_up(&world).await;
    let token = indexer.sign_in(&world, world.accounts[1]).await;
    let other = indexer.sign_in(&world, world.accounts[1]).await;
    let mut ended = Stream::open(&indexer, Some(&token), "", None).await;
    let mut going_on = Stream::open(&indexer, Some(&other), "", None).await;
    indexer.post("/v1/auth/logout", &[("authorization", &bearer(&token))], None).await;
    assert!(ended.ends_without_events().await);
    let word = last_word(&world, world.accounts[1]).await;
    Told::default().take_until(&mut going_on, is_last_word(&word)).await;
    // It would wait for the stream otherwise.
    indexer.stop().await;
    assert!(going_on.ends_without_events().await);
}
