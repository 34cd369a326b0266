//! The other ways to read and to deposit: teams, referrals, guardians, authors, owner's copies.

use chartkey_custodian::typed::{Item, ReleaseRequest, What};
use chartkey_devnet::contract::At;
use chartkey_devnet::contract::bindings::{
    AddRecordCall, CreateTeamCall, NewRecord, ReferAccessCall, ReferralTerms, SetGuardianCall, SetTeamMemberCall,
    TeamAddressCall, TeamAddressReturn,
};
use chartkey_vault::{Address, Digest, GrantTerms, Label, RecordKeys, Scope, commit, system_rng};
use serde_json::json;

use crate::actor::{Actor, now};
use crate::process::{code, unhex};
use crate::world::{Granted, Record, World};

async fn registrar(world: &World) -> ethers::types::Address {
    let accounts: Vec<ethers::types::Address> = world.anvil.rpc().call("eth_accounts", json!([])).await.unwrap();
    accounts[0]
}

/// Deposited everywhere, granted, final.
async fn give(world: &World, terms: GrantTerms, record: &Record) -> Granted {
    let granted = world.prepare(terms);
    for said in world.deposit(&granted, record).await {
        assert_eq!(said.0, 200, "{said:?}");
    }
    world.grant(&granted).await;
    world.mine(2).await;
    granted
}

#[tokio::test]
async fn a_teams_member_reads_by_the_teams_grant() {
    let world = World::new().await;
    let (registrar, record) = (registrar(&world).await, world.record().await);
    let text = || "x".to_owned();
    let call = CreateTeamCall { salt: [1; 32], name: text(), organisation: text() };
    world.contract.send(registrar, call).await.unwrap();
    let address = TeamAddressCall { registrar, salt: [1; 32] };
    let TeamAddressReturn(team) = world.contract.call_at(address, At::Latest).await.unwrap();
    let granted = give(&world, GrantTerms { grantee: Address(team.0), ..world.terms() }, &record).await;
    let ask = || ReleaseRequest {
        via: Address(team.0),
        ..world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest)
    };
    let custodian = &world.custodians[0];
    assert_eq!(code(&custodian.release(&world.doctor, &ask()).await), "judged");
    let call = SetTeamMemberCall { team, member: world.doctor.h160(), until: now() + 3600 };
    world.contract.send(registrar, call).await.unwrap();
    assert_eq!(code(&custodian.release(&world.doctor, &ask()).await), "judged", "members count once that is final");
    world.mine(2).await;
    assert_eq!(custodian.release(&world.doctor, &ask()).await.0, 200);
    let alone = ReleaseRequest { via: Address::default(), ..ask() };
    assert_eq!(code(&custodian.release(&world.doctor, &alone).await), "other-reader");
}

#[tokio::test]
async fn a_referral_is_as_narrow_as_the_contract_says() {
    let world = World::new().await;
    let (registrar, record, other) = (registrar(&world).await, world.record().await, world.record().await);
    let colleague = Actor::new();
    world.vouch(registrar, &colleague).await;
    let granted = give(&world, GrantTerms { rights: 5, ..world.terms() }, &record).await;
    for said in world.deposit(&granted, &other).await {
        assert_eq!(said.0, 200, "records added later get their shares");
    }
    let terms = ReferralTerms {
        parent: Scope::CHART.0,
        grantee: colleague.h160(),
        scope: record.digest.0,
        rights: 1,
        purposes: 1,
        expires_at: now() + 600,
        sealed_key: vec![].into(),
    };
    let call = ReferAccessCall { patient: world.patient.h160(), terms };
    world.contract.send(world.doctor.h160(), call).await.unwrap();
    world.mine(2).await;
    let ask = |digest: Digest| ReleaseRequest {
        via: world.doctor.address,
        ..colleague.asks(world.patient.address, granted.id, What::Title, digest)
    };
    let custodian = &world.custodians[0];
    assert_eq!(custodian.release(&colleague, &ask(record.digest)).await.0, 200);
    assert_eq!(code(&custodian.release(&colleague, &ask(other.digest)).await), "judged");
}

#[tokio::test]
async fn authors_deposit_for_their_records_and_guardians_for_all() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = give(&world, GrantTerms { rights: 3, ..world.terms() }, &record).await;
    let custodian = &world.custodians[0];

    let (digest, keys) = (Digest(rand::random()), RecordKeys::random(&mut system_rng()));
    let committed = commit(digest, &keys.content);
    let cid = [&[0x01, 0x55, 0x12, 0x20][..], &digest.0].concat();
    let added = NewRecord { cid: cid.into(), key_commit: committed.0, sealed_metadata: vec![].into() };
    let (patient, via) = (world.patient.h160(), ethers::types::Address::zero());
    let call = AddRecordCall { patient, via, folder: 0, record: added };
    let theirs = Record { digest, keys, committed };
    let items = world.items(&granted, &theirs).remove(0);
    let body = world.deposit_body(custodian, &world.doctor, &granted, &items);
    assert_eq!(code(&custodian.post("/deposits", &body).await), "not-a-depositor");
    world.contract.send(world.doctor.h160(), call).await.unwrap();
    let body = world.deposit_body(custodian, &world.doctor, &granted, &items);
    assert_eq!(custodian.post("/deposits", &body).await.0, 200);
    let title = world.doctor.asks(world.patient.address, granted.id, What::Title, digest);
    assert_eq!(custodian.release(&world.doctor, &title).await.0, 200, "a new record of a final grant does not wait");

    // Other shares for the same record: not by its author, but by a guardian.
    let items = world.items(&granted, &theirs).remove(0);
    let body = world.deposit_body(custodian, &world.doctor, &granted, &items);
    assert_eq!(code(&custodian.post("/deposits", &body).await), "taken");
    let guardian = Actor::new();
    world.introduce(&guardian).await;
    let body = world.deposit_body(custodian, &guardian, &granted, &items);
    assert_eq!(code(&custodian.post("/deposits", &body).await), "not-a-depositor");
    let call = SetGuardianCall { guardian: guardian.h160(), until: now() + 3600 };
    world.contract.send(patient, call).await.unwrap();
    assert_eq!(custodian.post("/deposits", &body).await.0, 200);
}

#[tokio::test]
async fn patients_get_their_own_copies_back() {
    let world = World::new().await;
    let record = world.record().await;
    let (custodian, patient) = (&world.custodians[0], &world.patient);
    let label = Label::Owner { patient: patient.address, digest: record.digest };
    let both = [&record.keys.content.expose()[..], record.keys.title.expose()].concat();
    let sealed = patient.key.public().seal(&label, &both, &mut system_rng()).unwrap();
    let item = Item { kind: What::Owner, digest: record.digest, index: 0, sealed: sealed.clone() };
    let granted = world.prepare(world.terms());
    let body = world.deposit_body(custodian, patient, &granted, &[item]);
    assert_eq!(custodian.post("/deposits", &body).await.0, 200);
    // The patient's key is in their own trail.
    let ask = patient.asks(patient.address, chartkey_vault::GrantId([0; 32]), What::Owner, record.digest);
    let said = custodian.release(patient, &ask).await;
    assert_eq!(said.0, 200, "{said:?}");
    assert_eq!(unhex(&said.1["shares"][0]["sealed"]), sealed);
    let ask = world.doctor.asks(patient.address, chartkey_vault::GrantId([0; 32]), What::Owner, record.digest);
    assert_eq!(code(&custodian.release(&world.doctor, &ask).await), "other-reader");
}
