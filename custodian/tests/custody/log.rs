//! The log tells all, and does not change its mind.

use chartkey_custodian::act::calldata;
use chartkey_custodian::leaf::Leaf;
use chartkey_custodian::merkle::{is_consistent, is_included, leaf_hash};
use chartkey_custodian::signature::signer;
use chartkey_custodian::typed::{Hash, TreeHead, What};
use chartkey_devnet::wait;
use serde_json::{Value, json};
use std::time::Duration;

use crate::process::{Custodian, unhex};
use crate::world::World;

fn hash(value: &Value) -> Hash {
    unhex(value).try_into().unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

/// A head that is signed by its custodian.
fn head(world: &World, custodian: &Custodian, said: &Value) -> TreeHead {
    let (size, signed_at) = (said["size"].as_u64().unwrap(), said["signedAt"].as_u64().unwrap());
    let head = TreeHead { custodian: custodian.address(), size, root: hash(&said["root"]), signed_at };
    assert_eq!(signer(head.hash(&world.domain), &unhex(&said["signature"])), Some(custodian.address()));
    head
}

#[tokio::test]
async fn every_release_is_a_leaf_with_its_readers_signature_and_heads_are_consistent() {
    let mut world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let mut heads: Vec<TreeHead> = Vec::new();
    for place in 0..9_u64 {
        let custodian = &world.custodians[0];
        let request = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
        let said = custodian.release(&world.doctor, &request).await.1;
        let head = head(&world, custodian, &said["head"]);
        let leaf = custodian.get(&format!("/log/leaves/{place}")).await.1;
        let bytes = unhex(&leaf["bytes"]);
        assert!(is_included(leaf_hash(&bytes), place, head.size, &hashes(&said["inclusion"]), head.root));
        let Some(Leaf::Release { request: logged, signature, .. }) = Leaf::from_bytes(&bytes) else { panic!("{leaf}") };
        assert_eq!(logged, request);
        assert_eq!(signer(logged.hash(&world.domain), &signature), Some(world.doctor.address));
        for old in &heads {
            let path = format!("/log/consistency?first={}&second={}", old.size, head.size);
            let proof = hashes(&custodian.get(&path).await.1["hashes"]);
            assert!(is_consistent((old.size, head.size), (old.root, head.root), &proof));
        }
        heads.push(head);
    }
    let last = heads[8];
    for (place, (status, leaf)) in [(3_u64, world.custodians[0].get("/log/leaves/3").await)] {
        assert_eq!(status, 200);
        let proof = world.custodians[0].get(&format!("/log/inclusion?leaf={place}&size={}", last.size)).await.1;
        assert!(is_included(hash(&leaf["hash"]), place, last.size, &hashes(&proof["hashes"]), last.root));
    }
    assert_eq!(world.custodians[0].get("/log/inclusion?leaf=3&size=10").await.0, 400);
    assert_eq!(world.custodians[0].get("/log/consistency?first=0&second=3").await.0, 400);

    // The head goes on chain, for anybody to compare.
    world.custodians[0].restart(&["--anchor-every", "1"]).await;
    let custodian = &world.custodians[0];
    let anchor = wait::until("an anchor", Duration::from_secs(20), || async {
        Ok(custodian.get("/log/anchors").await.1.as_array().and_then(|all| all.first().cloned()))
    });
    let anchor = anchor.await.unwrap();
    assert_eq!((anchor["size"].as_u64(), hash(&anchor["root"])), (Some(9), last.root));
    let transaction: Value =
        world.anvil.rpc().call("eth_getTransactionByHash", json!([anchor["transaction"]])).await.unwrap();
    let signed_at = anchor["signedAt"].as_u64().unwrap();
    let anchored = TreeHead { signed_at, ..last };
    let signature = custodian.keys.sign(anchored.hash(&world.domain));
    assert_eq!(unhex(&transaction["input"]), calldata(&anchored, &signature));
    assert_eq!(transaction["from"], transaction["to"]);
}

/// A custodian whose log is rewritten is caught by whoever kept a head.
#[tokio::test]
async fn a_forked_log_is_caught_by_an_earlier_head() {
    use sqlx::{Connection as _, PgConnection};

    let mut world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let ask = |world: &World| world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    for _ in 0..3 {
        world.custodians[0].release(&world.doctor, &ask(&world)).await;
    }
    let kept = head(&world, &world.custodians[0], &world.custodians[0].get("/log/head").await.1);
    world.custodians[0].kill();
    let mut db = PgConnection::connect(world.custodians[0].database.expose()).await.unwrap();
    for statement in [
        "delete from custodian.leaf where place = 2",
        "delete from custodian.node where level = 0 and place = 2",
        "update custodian.log set size = 2",
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut db).await.unwrap();
    }
    world.custodians[0].restart(&[]).await;
    for _ in 0..3 {
        world.custodians[0].release(&world.doctor, &ask(&world)).await;
    }
    let custodian = &world.custodians[0];
    let now = head(&world, custodian, &custodian.get("/log/head").await.1);
    assert_eq!(now.size, 5);
    let proof = custodian.get("/log/consistency?first=3&second=5").await.1;
    assert!(!is_consistent((3, 5), (kept.root, now.root), &hashes(&proof["hashes"])));
}
