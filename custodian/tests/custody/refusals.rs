//! What is refused, and what becomes of shares when a grant ends.

use chartkey_custodian::signature::signer;
use chartkey_custodian::typed::{DeletionReceipt, Erasure, ReleaseRequest, What};
use chartkey_devnet::contract::bindings::{
    RenounceAccessCall, RevokeEveryoneCall, SetEmergencyPolicyCall, SuspendPractitionerCall,
};
use chartkey_devnet::wait;
use chartkey_vault::{Digest, GrantId, GrantTerms, Scope};
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use std::time::Duration;

use crate::actor::{Actor, now};
use crate::process::{Custodian, code, unhex};
use crate::world::{Granted, Record, World};

fn ask(world: &World, granted: &Granted, record: &Record) -> ReleaseRequest {
    world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest)
}

/// How many shares a custodian keeps for a grant.
pub async fn kept(custodian: &Custodian, grant: GrantId) -> i64 {
    let mut db = PgConnection::connect(custodian.database.expose()).await.unwrap();
    let count = sqlx::query_scalar("select count(*) from custodian.share where grant_id = $1").bind(grant.0.to_vec());
    count.fetch_one(&mut db).await.unwrap()
}

/// Waits for the receipt of a deletion, and checks it.
pub async fn deleted(world: &World, custodian: &Custodian, grant: GrantId) -> DeletionReceipt {
    let said = wait::until("a deletion", Duration::from_secs(20), || async {
        let said = custodian.get(&format!("/deletions/{grant}")).await;
        Ok(Some(said.1).filter(|_| said.0 == 200))
    });
    let said = said.await.unwrap();
    let receipt = DeletionReceipt {
        custodian: custodian.address(),
        grant,
        reason: u8::try_from(said["reason"].as_u64().unwrap()).unwrap(),
        block: said["block"].as_u64().unwrap(),
        shares: said["shares"].as_u64().unwrap(),
        deleted_at: said["deletedAt"].as_u64().unwrap(),
    };
    let by = signer(receipt.hash(&world.domain), &unhex(&said["signature"]));
    assert_eq!(by, Some(custodian.address()));
    assert_eq!(kept(custodian, grant).await, 0);
    receipt
}

#[tokio::test]
async fn every_request_that_is_not_right_is_refused_by_name() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let (custodian, doctor) = (&world.custodians[0], &world.doctor);
    let right = ask(&world, &granted, &record);
    let cases: Vec<(ReleaseRequest, &str)> = vec![
        (ReleaseRequest { issued_at: now() - 301, ..right.clone() }, "stale"),
        (ReleaseRequest { issued_at: now() + 60, ..right.clone() }, "stale"),
        (ReleaseRequest { grant_id: GrantId(rand::random()), ..right.clone() }, "not-final"),
        (ReleaseRequest { purpose: 5, ..right.clone() }, "purpose-not-granted"),
        (ReleaseRequest { via: world.patient.address, ..right.clone() }, "other-reader"),
        (ReleaseRequest { key_id: world.patient.key.public().id(), ..right.clone() }, "wrong-key"),
        (ReleaseRequest { digests: vec![Digest(rand::random())], ..right.clone() }, "scope-not-covered"),
        (ReleaseRequest { digests: vec![], ..right.clone() }, "malformed"),
        (ReleaseRequest { kind: What::Content, ..right.clone() }, "not-opened"),
        (ReleaseRequest { kind: What::Seed, ..right.clone() }, "nothing-kept"),
        (ReleaseRequest { kind: What::Owner, ..right.clone() }, "other-reader"),
    ];
    for (request, expected) in cases {
        assert_eq!(code(&custodian.release(doctor, &request).await), expected, "{request:?}");
    }
    assert_eq!(code(&custodian.release(&world.patient, &right).await), "wrong-signature");
    // Another doctor, with a request of their own and with this one's.
    let other = Actor::new();
    let accounts: Vec<ethers::types::Address> = world.anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
    world.vouch(accounts[0], &other).await;
    world.mine(2).await;
    let theirs = other.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(code(&custodian.release(&other, &theirs).await), "other-reader");
    assert_eq!(code(&custodian.release(&other, &right).await), "wrong-signature");
    // None of these has left a leaf, or spent the nonce.
    assert_eq!(custodian.get("/log/head").await.1["size"], 0);
    assert_eq!(custodian.release(doctor, &right).await.0, 200);
    assert_eq!(code(&custodian.release(doctor, &right).await), "replayed");
    assert_eq!(custodian.get("/log/head").await.1["size"], 1);
    let call = SuspendPractitionerCall { practitioner: doctor.h160() };
    world.contract.send(accounts[0], call).await.unwrap();
    assert_eq!(code(&custodian.release(doctor, &ask(&world, &granted, &record)).await), "judged");
}

#[tokio::test]
async fn a_grant_counts_when_it_is_final_and_a_revocation_at_once() {
    let world = World::new().await;
    let record = world.record().await;
    world.mine(2).await;
    let granted = world.prepare(world.terms());
    world.deposit(&granted, &record).await;
    let custodian = &world.custodians[0];
    assert_eq!(code(&custodian.release(&world.doctor, &ask(&world, &granted, &record)).await), "not-final");
    world.grant(&granted).await;
    assert_eq!(code(&custodian.release(&world.doctor, &ask(&world, &granted, &record)).await), "not-final");
    world.mine(1).await;
    assert_eq!(code(&custodian.release(&world.doctor, &ask(&world, &granted, &record)).await), "not-final");
    world.mine(1).await;
    assert_eq!(custodian.release(&world.doctor, &ask(&world, &granted, &record)).await.0, 200);
    world.revoke(&granted).await;
    for custodian in &world.custodians {
        assert_eq!(code(&custodian.release(&world.doctor, &ask(&world, &granted, &record)).await), "ended");
        assert_eq!(kept(custodian, granted.id).await, 2, "nothing is deleted before it is final");
    }
    world.mine(2).await;
    for custodian in &world.custodians {
        let receipt = deleted(&world, custodian, granted.id).await;
        assert_eq!((receipt.reason, receipt.shares), (1, 2));
    }
    // What was deleted stays deleted.
    for said in world.deposit(&granted, &record).await {
        assert_eq!(code(&said), "ended");
    }
}

#[tokio::test]
async fn whatever_ends_a_grant_deletes_its_shares() {
    let world = World::new().await;
    let record = world.record().await;
    let (patient, scope) = (world.patient.h160(), Scope::CHART.0);

    let renounced = world.granted(&record).await;
    world.contract.send(world.doctor.h160(), RenounceAccessCall { patient, scope }).await.unwrap();
    world.mine(2).await;
    assert_eq!(deleted(&world, &world.custodians[0], renounced.id).await.reason, 2);

    let replaced = world.granted(&record).await;
    let second = world.granted(&record).await;
    assert_eq!(deleted(&world, &world.custodians[0], replaced.id).await.reason, 3);

    world.contract.send(patient, RevokeEveryoneCall { patient }).await.unwrap();
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask(&world, &second, &record)).await), "ended");
    world.mine(2).await;
    assert_eq!(deleted(&world, &world.custodians[0], second.id).await.reason, 4);

    let expiring = world.prepare(GrantTerms { epoch: 1, ..world.terms() });
    world.deposit(&expiring, &record).await;
    world.grant(&expiring).await;
    world.mine(2).await;
    assert_eq!(world.custodians[0].release(&world.doctor, &ask(&world, &expiring, &record)).await.0, 200);
    let _: Value = world.anvil.rpc().call("evm_increaseTime", json!([3700])).await.unwrap();
    world.mine(1).await;
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask(&world, &expiring, &record)).await), "ended");
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(kept(&world.custodians[0], expiring.id).await, 2, "the block that says so is not final");
    world.mine(2).await;
    assert_eq!(deleted(&world, &world.custodians[0], expiring.id).await.reason, 5);
}

#[tokio::test]
async fn deposits_are_for_those_who_may_and_are_not_overwritten() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.prepare(world.terms());
    let custodian = &world.custodians[0];
    let items = world.items(&granted, &record);
    let body = world.deposit_body(custodian, &world.doctor, &granted, &items[0]);
    assert_eq!(code(&custodian.post("/deposits", &body).await), "not-a-depositor");
    let body = world.deposit_body(custodian, &world.patient, &granted, &items[0]);
    let first = custodian.post("/deposits", &body).await;
    assert_eq!(first.0, 200);
    assert_eq!(custodian.post("/deposits", &body).await, first, "the same deposit gets the same receipt");
    let other = world.deposit_body(&world.custodians[1], &world.patient, &granted, &items[0]);
    assert_eq!(code(&custodian.post("/deposits", &other).await), "malformed");
    let mut forged = body.clone();
    forged["patient"] = json!(world.doctor.address.to_string());
    assert_eq!(code(&custodian.post("/deposits", &forged).await), "wrong-signature");
    let mut cut = items[0].clone();
    cut[0].sealed.pop();
    let cut = world.deposit_body(custodian, &world.patient, &granted, &cut);
    assert_eq!(code(&custodian.post("/deposits", &cut).await), "malformed");
}

#[tokio::test]
async fn patients_have_records_forgotten() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let custodian = &world.custodians[0];
    let erasure = Erasure {
        custodian: custodian.address(),
        patient: world.patient.address,
        digests: vec![record.digest],
        actor: world.doctor.address,
        issued_at: now(),
    };
    assert_eq!(code(&custodian.erase(&world.doctor, &erasure).await), "other-reader");
    let erasure = Erasure { actor: world.patient.address, ..erasure };
    assert_eq!(custodian.erase(&world.patient, &erasure).await.1["shares"], 2);
    assert_eq!(kept(custodian, granted.id).await, 0);
    assert_eq!(code(&custodian.release(&world.doctor, &ask(&world, &granted, &record)).await), "nothing-kept");
}

#[tokio::test]
async fn an_emergencys_seed_is_for_whoever_broke_the_glass() {
    use chartkey_custodian::typed::Item;
    use chartkey_devnet::contract::bindings::BreakGlassCall;
    use chartkey_vault::sharing::{Share, combine_seed, split_seed};
    use chartkey_vault::{Label, system_rng};

    let world = World::new().await;
    let record = world.record().await;
    let patient = world.patient.h160();
    world.contract.send(patient, SetEmergencyPolicyCall { patient, duration: 3600 }).await.unwrap();
    let granted = world.prepare(GrantTerms::emergency(world.patient.address, 0, 77));
    let seed = world.patient.key.grant_seed(granted.id);
    let shares = split_seed(&seed, 2, 3, &mut system_rng()).unwrap();
    for (custodian, share) in world.custodians.iter().zip(&shares) {
        let label = Label::Emergency { grant: granted.id, index: share.index };
        let sealed = share.seal(custodian.keys.public(), &label, &mut system_rng()).unwrap();
        let item = Item { kind: What::Seed, digest: Digest([0; 32]), index: share.index, sealed };
        let body = world.deposit_body(custodian, &world.patient, &granted, &[item]);
        assert_eq!(custodian.post("/deposits", &body).await.0, 200);
    }
    world.mine(2).await;
    let ask = || ReleaseRequest {
        purpose: 2,
        ..world.doctor.asks(world.patient.address, granted.id, What::Seed, record.digest)
    };
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask()).await), "ended");
    world.contract.send(world.doctor.h160(), BreakGlassCall { patient, reason_hash: [7; 32] }).await.unwrap();
    world.mine(1).await;
    let mut released = Vec::new();
    for custodian in &world.custodians {
        let said = custodian.release(&world.doctor, &ask()).await;
        assert_eq!(said.0, 200, "{said:?}");
        let index = u8::try_from(said.1["shares"][0]["index"].as_u64().unwrap()).unwrap();
        let label = Label::Emergency { grant: granted.id, index };
        let sealed = unhex(&said.1["shares"][0]["sealed"]);
        released.push(Share::open(&world.doctor.key, &label, &sealed).unwrap());
    }
    assert_eq!(combine_seed(&released[1..], 2).unwrap(), seed);
    world.contract.send(patient, RevokeEveryoneCall { patient }).await.unwrap();
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask()).await), "ended");
    world.mine(2).await;
    assert_eq!(deleted(&world, &world.custodians[0], granted.id).await.reason, 4);
}
