//! `kill -9` at any moment: what was acknowledged is kept, what was handed over has its leaf, what is deleted is gone.

use std::time::Duration;

use chartkey_custodian::leaf::Leaf;
use chartkey_custodian::typed::What;
use chartkey_vault::GrantId;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::process::{signed, unhex};
use crate::refusals::{deleted, kept};
use crate::world::World;

const SEED: u64 = 6;
const KILLS: u32 = 24;
/// Microseconds after which a killed custodian has surely answered: compiled without optimization, sealing takes its time.
const LATEST: u64 = 400_000;

#[tokio::test]
async fn no_share_is_lost_and_none_leaves_without_its_leaf() {
    println!("kills with seed {SEED}");
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut world = World::new().await;
    let record = world.record().await;
    let standing = world.granted(&record).await;
    let (mut acknowledged, mut answered): (Vec<GrantId>, Vec<[u8; 32]>) = (Vec::new(), Vec::new());
    let mut mute = 0;
    for _ in 0..KILLS {
        let granted = world.prepare(world.terms());
        let items = world.items(&granted, &record).remove(0);
        let request = world.doctor.asks(world.patient.address, standing.id, What::Title, record.digest);
        let custodian = &world.custodians[0];
        let deposit = world.deposit_body(custodian, &world.patient, &granted, &items);
        let release = signed(&request, &world.doctor, request.hash(&world.domain));
        let pause = Duration::from_micros(rng.random_range(0..LATEST));
        let (id, pid) = (granted.id, custodian.process_id());
        let (stored, handed, ()) =
            tokio::join!(custodian.try_post("/deposits", &deposit), custodian.try_post("/releases", &release), async {
                tokio::time::sleep(pause).await;
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
            });
        mute += u32::from(stored.is_none()) + u32::from(handed.is_none());
        acknowledged.extend(stored.filter(|said| said.0 == 200).map(|_| id));
        answered.extend(handed.filter(|said| said.0 == 200).map(|_| request.nonce));
        world.custodians[0].restart(&[]).await;
        // Whoever got no answer asks again, and it is the same deposit.
        let again = world.custodians[0].post("/deposits", &deposit).await;
        assert_eq!(again.0, 200, "{again:?}");
    }
    println!("{} deposits and {} releases were answered, {mute} were not", acknowledged.len(), answered.len());
    let custodian = &world.custodians[0];
    for grant in &acknowledged {
        assert_eq!(kept(custodian, *grant).await, 2);
    }
    let size = custodian.get("/log/head").await.1["size"].as_u64().unwrap();
    let mut logged = Vec::new();
    for place in 0..size {
        let leaf = custodian.get(&format!("/log/leaves/{place}")).await.1;
        if let Some(Leaf::Release { request, .. }) = Leaf::from_bytes(&unhex(&leaf["bytes"])) {
            logged.push(request.nonce);
        }
    }
    assert!(answered.iter().all(|nonce| logged.contains(nonce)), "something left without its leaf");
    assert!(mute > 0 && !acknowledged.is_empty() && !answered.is_empty(), "the kills missed");
}

#[tokio::test]
async fn nothing_is_kept_past_its_deletion() {
    let mut rng = StdRng::seed_from_u64(SEED);
    let mut world = World::new().await;
    let record = world.record().await;
    for _ in 0..6 {
        let granted = world.granted(&record).await;
        world.revoke(&granted).await;
        world.mine(2).await;
        tokio::time::sleep(Duration::from_micros(rng.random_range(0..150_000))).await;
        world.custodians[0].restart(&[]).await;
        let receipt = deleted(&world, &world.custodians[0], granted.id).await;
        assert_eq!(receipt.shares, 2, "counted once, whenever it was killed");
    }
}
