//! Blocks that are replaced: a revocation that was seen counts on, an open that is lost is logged again.

use chartkey_custodian::typed::What;
use chartkey_devnet::contract::At;
use chartkey_devnet::contract::bindings::{SpentNoncesCall, SpentNoncesReturn};
use chartkey_devnet::wait;
use serde_json::{Value, json};
use std::time::Duration;

use crate::process::code;
use crate::world::World;

async fn replace(world: &World, depth: u64) {
    let _: Value = world.anvil.rpc().call("anvil_reorg", json!([depth, []])).await.unwrap();
}

#[tokio::test]
async fn a_revocation_counts_through_a_reorg_until_final_state_contradicts_it() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let ask = || world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    let custodian = &world.custodians[0];
    assert_eq!(custodian.release(&world.doctor, &ask()).await.0, 200);
    world.revoke(&granted).await;
    assert_eq!(code(&custodian.release(&world.doctor, &ask()).await), "ended");
    replace(&world, 1).await;
    // On chain the grant is in force again; this custodian has seen otherwise.
    assert_eq!(code(&custodian.release(&world.doctor, &ask()).await), "ended");
    world.mine(1).await;
    assert_eq!(code(&custodian.release(&world.doctor, &ask()).await), "ended");
    world.mine(1).await;
    assert_eq!(custodian.release(&world.doctor, &ask()).await.0, 200, "final state says that it is in force");
}

#[tokio::test]
async fn what_was_seen_outlives_a_crash() {
    let mut world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    world.revoke(&granted).await;
    let ask = || world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask()).await), "ended");
    world.custodians[0].kill();
    replace(&world, 1).await;
    world.custodians[0].restart(&[]).await;
    let ask = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(code(&world.custodians[0].release(&world.doctor, &ask).await), "ended");
}

#[tokio::test]
async fn an_open_that_a_reorg_takes_is_logged_again() {
    let world = World::new().await;
    let record = world.record().await;
    world.granted(&record).await;
    let open = world.doctor.opens(world.patient.address, record.digest);
    assert_eq!(world.custodians[0].relay(&world.doctor, &open).await.0, 200);
    is_spent(&world, &open.nonce, false).await;
    replace(&world, 1).await;
    is_spent(&world, &open.nonce, true).await;
}

/// Waits until the open's nonce is spent on chain; `mining`: blocks come meanwhile.
async fn is_spent(world: &World, nonce: &[u8; 32], mining: bool) {
    let nonce = ethers::types::U256::from_big_endian(nonce);
    wait::until("an open to be logged", Duration::from_secs(20), || async {
        if mining {
            world.mine(1).await;
        }
        let call = SpentNoncesCall { account: world.doctor.h160(), word: nonce >> 8 };
        let SpentNoncesReturn { bits } = world.contract.call_at(call, At::Latest).await?;
        Ok(bits.bit(usize::from(nonce.byte(0))).then_some(()))
    })
    .await
    .unwrap();
}
