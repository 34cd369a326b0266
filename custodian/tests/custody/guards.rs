//! Smart accounts, nodes that disagree, floods, and what the service's own role cannot do.

use std::sync::Arc;

use chartkey_custodian::typed::What;
use chartkey_devnet::chain::{Anvil, AnvilOptions};
use chartkey_devnet::contract::bindings::RegisterPatientCall;
use chartkey_devnet::contract::{deploy, deploy_other};
use chartkey_devnet::toolchain::Toolchain;
use chartkey_vault::Address;
use ethers::abi::Token;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};

use crate::actor::Actor;
use crate::process::code;
use crate::world::World;

#[tokio::test]
async fn a_smart_account_deposits_by_its_code() {
    let mut world = World::new().await;
    let tools = Toolchain::find().unwrap();
    let owner = Actor::new();
    let rpc = world.anvil.rpc();
    let wallet = deploy_other(&tools, rpc, "Wallets.sol/OwnedWallet.json", &[Token::Address(owner.h160())]).await;
    world.patient = Actor { address: Address(wallet.unwrap().0), ..owner };
    world.introduce(&world.patient).await;
    let key = world.patient.key.public().as_bytes().to_vec().into();
    world.contract.send(world.patient.h160(), RegisterPatientCall { key }).await.unwrap();
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(world.custodians[0].release(&world.doctor, &ask).await.0, 200);
    // What its code does not accept.
    let items = world.items(&granted, &record).remove(0);
    let stranger = Actor { address: world.patient.address, ..Actor::new() };
    let body = world.deposit_body(&world.custodians[0], &stranger, &granted, &items);
    assert_eq!(code(&world.custodians[0].post("/deposits", &body).await), "wrong-signature");
}

#[tokio::test]
async fn what_one_node_alone_says_is_not_enough() {
    let mut world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    // Another node of a chain with the same id and contract: it has never heard of this patient.
    let tools = Toolchain::find().unwrap();
    let other = Anvil::start(&tools, AnvilOptions::default()).await.unwrap();
    let accounts: Vec<ethers::types::Address> = other.rpc().call("eth_accounts", json!([])).await.unwrap();
    let there = deploy(&tools, other.rpc(), accounts[0]).await.unwrap();
    assert_eq!(there.contract, world.contract.address());
    let url = other.url().to_owned();
    world.custodians[0].restart(&["--rpc-url", &url]).await;
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask).await), "ended");
    other.kill();
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask).await), "chain-unavailable");
    // The other custodians go by their own nodes.
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(world.custodians[1].release(&world.doctor, &ask).await.0, 200);
}

#[tokio::test]
async fn a_flood_is_turned_away_and_passes() {
    let world = Arc::new(World::new().await);
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let digest = record.digest;
    let mut flood = tokio::task::JoinSet::new();
    for _ in 0..300 {
        let world = Arc::clone(&world);
        flood.spawn(async move {
            // Of somebody who signs for another: each costs a question to the node.
            let stranger = Actor::new();
            let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, digest);
            let body = crate::process::signed(&ask, &stranger, ask.hash(&world.domain));
            world.custodians[0].post_bytes("/releases", body.to_string().into_bytes()).await
        });
    }
    let statuses = flood.join_all().await;
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&503), "no flood");
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, digest);
    assert_eq!(world.custodians[0].release(&world.doctor, &ask).await.0, 200);
}

#[tokio::test]
async fn the_services_role_takes_nothing_back() {
    let world = World::new().await;
    let mut db = PgConnection::connect(world.custodians[0].database.expose()).await.unwrap();
    sqlx::query("set role chartkey_custodian").execute(&mut db).await.unwrap();
    for statement in [
        "update custodian.leaf set bytes = ''",
        "delete from custodian.leaf",
        "update custodian.node set hash = hash",
        "delete from custodian.node",
        "delete from custodian.answered",
        "delete from custodian.deletion",
        "delete from custodian.deposit",
        "delete from custodian.access_grant",
        "delete from custodian.chain",
        "truncate custodian.share",
        "drop table custodian.leaf",
    ] {
        let refused = sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut db).await.unwrap_err();
        let refused = refused.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(refused, "42501", "{statement}");
    }
}
