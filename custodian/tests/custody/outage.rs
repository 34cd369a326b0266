//! A custodian that cannot ask the chain hands over nothing; bytes that are no request get a clear answer.

use chartkey_custodian::typed::What;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::process::code;
use crate::world::World;

#[tokio::test]
async fn without_the_chain_nothing_is_handed_over() {
    let mut world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let ask = |world: &World| world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    // A node that stands still.
    let _: serde_json::Value = world.anvil.rpc().call("evm_setAutomine", json!([false])).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(3100)).await;
    world.custodians[0].restart(&["--max-head-age", "2"]).await;
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask(&world)).await), "chain-unavailable");
    world.mine(1).await;
    let said = world.custodians[0].release(&world.doctor, &ask(&world)).await;
    assert_eq!(said.0, 200, "{said:?}");
    // None at all.
    world.anvil.child().kill();
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask(&world)).await), "chain-unavailable");
    assert_eq!(world.custodians[0].get("/log/head").await.1["size"], 1);
}

#[tokio::test]
async fn bytes_that_are_no_request_are_refused_and_nothing_falls() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.prepare(world.terms());
    let custodian = &world.custodians[0];
    let items = world.items(&granted, &record).remove(0);
    let whole = world.deposit_body(custodian, &world.patient, &granted, &items).to_string();
    let mut runner = TestRunner::deterministic();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    for route in ["/deposits", "/releases", "/opens", "/erasures"] {
        for _ in 0..40 {
            let damage = damage.new_tree(&mut runner).unwrap().current();
            let mut bytes = whole.clone().into_bytes();
            for (at, byte) in &damage {
                *at.get_mut(&mut bytes) = *byte;
            }
            let status = custodian.post_bytes(route, bytes).await;
            assert!((400..500).contains(&status), "{route}: {status}");
        }
    }
}
