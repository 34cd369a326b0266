//! From deposit to content, the way it is meant to go.

use chartkey_custodian::typed::{ReleaseRequest, What};
use chartkey_devnet::contract::bindings::OpenRecordCall;
use chartkey_devnet::wait;
use chartkey_vault::sharing::{Share, recover_content, recover_title};
use chartkey_vault::{Digest, GrantId, GrantSeed, KeyName, Kind, Label};
use serde_json::Value;
use std::time::Duration;

use crate::actor::Actor;
use crate::process::{Said, code, unhex};
use crate::world::{Record, THRESHOLD, World, seal_to};

/// The shares of an answer, opened.
pub fn shares(reader: &Actor, request: &ReleaseRequest, kind: Kind, world: &World, said: &Said) -> Vec<Share> {
    assert_eq!(said.0, 200, "{said:?}");
    let open = |share: &Value| {
        let index = u8::try_from(share["index"].as_u64().unwrap()).unwrap();
        let digest: Digest = share["digest"].as_str().unwrap().parse().unwrap();
        let (hash, key) = (request.hash(&world.domain), KeyName { kind, digest });
        let label = Label::Release { request: hash, grant: request.grant_id, key, index };
        Share::open(&reader.key, &label, &unhex(&share["sealed"])).unwrap()
    };
    said.1["shares"].as_array().unwrap().iter().map(open).collect()
}

/// The doctor's seed, from what is on chain.
pub fn seed(world: &World, granted: &crate::world::Granted) -> GrantSeed {
    granted.terms.open(&world.domain, &granted.sealed_key, &world.doctor.key).unwrap()
}

/// Content shares of every custodian, after an open by the reader's own transaction.
pub async fn opened_content(world: &World, grant: GrantId, record: &Record) -> Vec<Share> {
    let (patient, via) = (world.patient.h160(), ethers::types::Address::zero());
    let call = OpenRecordCall { patient, digest: record.digest.0, via, purpose: 0 };
    world.contract.send(world.doctor.h160(), call).await.unwrap();
    // Not yet as deep as `--open-confirmations` says.
    let early = world.doctor.asks(world.patient.address, grant, What::Content, record.digest);
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &early).await), "not-opened");
    world.mine(1).await;
    let mut all = Vec::new();
    for custodian in &world.custodians {
        let request = world.doctor.asks(world.patient.address, grant, What::Content, record.digest);
        let said = custodian.release(&world.doctor, &request).await;
        all.extend(shares(&world.doctor, &request, Kind::Content, world, &said));
    }
    all
}

#[tokio::test]
async fn any_two_custodians_give_the_content_after_the_open() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    for custodian in &world.custodians {
        let request = world.doctor.asks(world.patient.address, granted.id, What::Content, record.digest);
        assert_eq!(code(&custodian.release(&world.doctor, &request).await), "not-opened");
    }
    let all = opened_content(&world, granted.id, &record).await;
    let seed = seed(&world, &granted);
    for left_out in 0..3 {
        let mut two = all.clone();
        two.remove(left_out);
        let found = recover_content(&seed, record.digest, &two, THRESHOLD, record.committed).unwrap();
        assert_eq!(found.key, record.keys.content);
        let one = recover_content(&seed, record.digest, &all[left_out..=left_out], THRESHOLD, record.committed);
        assert!(one.is_err());
    }
}

#[tokio::test]
async fn titles_need_no_open_and_leave_a_leaf() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let mut all = Vec::new();
    for custodian in &world.custodians {
        let request = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
        let said = custodian.release(&world.doctor, &request).await;
        all.extend(shares(&world.doctor, &request, Kind::Title, &world, &said));
        assert_eq!(said.1["leaf"], 0);
    }
    let seed = seed(&world, &granted);
    let is_it = |key: &chartkey_vault::TitleKey| *key == record.keys.title;
    assert!(recover_title(&seed, record.digest, &all[1..], THRESHOLD, is_it).is_ok());
}

#[tokio::test]
async fn a_custodian_logs_a_readers_signed_open() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let open = world.doctor.opens(world.patient.address, record.digest);
    let said = world.custodians[0].relay(&world.doctor, &open).await;
    assert_eq!(said.0, 200, "{said:?}");
    for custodian in &world.custodians {
        let mut request = world.doctor.asks(world.patient.address, granted.id, What::Content, record.digest);
        request.open = open.nonce;
        wait::until("the open", Duration::from_secs(20), || async {
            let request = ReleaseRequest { nonce: rand::random(), ..request.clone() };
            let said = custodian.release(&world.doctor, &request).await;
            if said.0 == 200 {
                return Ok(Some(()));
            }
            assert_eq!(code(&said), "not-opened");
            world.mine(1).await;
            Ok(None)
        })
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn a_wrong_share_is_named() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.prepare(world.terms());
    let mut lists = world.items(&granted, &record);
    let lie = Share { index: 3, secret: chartkey_vault::ShareSecret::from_bytes(&mut [9; 32]) };
    lists[2][1] = seal_to(&world.custodians[2], granted.id, (Kind::Content, What::Content), record.digest, &lie);
    for (custodian, items) in world.custodians.iter().zip(&lists) {
        let body = world.deposit_body(custodian, &world.patient, &granted, items);
        assert_eq!(custodian.post("/deposits", &body).await.0, 200);
    }
    world.grant(&granted).await;
    world.mine(2).await;
    let all = opened_content(&world, granted.id, &record).await;
    let found = recover_content(&seed(&world, &granted), record.digest, &all, THRESHOLD, record.committed).unwrap();
    assert_eq!((found.key, found.wrong), (record.keys.content, vec![3]));
}
