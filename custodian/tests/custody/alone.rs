//! What one custodian has is nothing.

use chartkey_custodian::typed::What;
use chartkey_vault::bytes::hex;
use chartkey_vault::commit;
use chartkey_vault::sharing::{Share, combine, recover_content};
use chartkey_vault::{KeyName, Kind, Label};
use sqlx::{Connection as _, PgConnection};

use crate::flow::seed;
use crate::process::Custodian;
use crate::world::{THRESHOLD, World};

/// Every row of every table, as text.
async fn everything(custodian: &Custodian) -> String {
    let mut db = PgConnection::connect(custodian.database.expose()).await.unwrap();
    let names = "select tablename::text from pg_tables where schemaname = 'custodian'";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut db).await.unwrap();
    let mut all = String::new();
    for name in names {
        let rows = sqlx::AssertSqlSafe(format!("select t::text from custodian.{name} t"));
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut db).await.unwrap();
        all.extend(rows);
    }
    all
}

/// The share of the content key that a custodian keeps, opened with the key that it keeps beside.
async fn stolen(world: &World, number: usize) -> Share {
    let custodian = &world.custodians[number];
    let mut db = PgConnection::connect(custodian.database.expose()).await.unwrap();
    let row = "select grant_id, digest, share_index, sealed from custodian.share where kind = 2";
    let (grant, digest, index, sealed): (Vec<u8>, Vec<u8>, i16, Vec<u8>) =
        sqlx::query_as(row).fetch_one(&mut db).await.unwrap();
    let grant = chartkey_vault::GrantId(grant.try_into().unwrap());
    let key = KeyName { kind: Kind::Content, digest: chartkey_vault::Digest(digest.try_into().unwrap()) };
    let label = Label::Custody { grant, key, index: u8::try_from(index).unwrap() };
    Share::open(custodian.keys.sealing(), &label, &sealed).unwrap()
}

#[tokio::test]
async fn one_custodians_disk_and_keys_and_all_that_is_public_decrypt_nothing() {
    let world = World::new().await;
    let record = world.record().await;
    let granted = world.granted(&record).await;
    let request = world.doctor.asks(world.patient.address, granted.id, What::Title, record.digest);
    assert_eq!(world.custodians[0].release(&world.doctor, &request).await.0, 200);

    // A grantee's seed, and one custodian with all it has: too few.
    let (doctors, one) = (seed(&world, &granted), stolen(&world, 0).await);
    assert!(recover_content(&doctors, record.digest, std::slice::from_ref(&one), THRESHOLD, record.committed).is_err());
    // With a second share made up.
    let guess = Share { index: one.index % 3 + 1, secret: one.secret.clone() };
    let both = [one.clone(), guess];
    assert!(recover_content(&doctors, record.digest, &both, THRESHOLD, record.committed).is_err());

    // Two custodians with all they have, without a grant: half a key.
    let two = [one, stolen(&world, 1).await];
    let half = combine(&two, THRESHOLD).unwrap();
    let key = chartkey_vault::ContentKey::from_bytes(&mut half.expose().to_owned());
    assert_ne!(commit(record.digest, &key), record.committed);
    // The limit of the promise: the same two with the grantee.
    assert!(recover_content(&doctors, record.digest, &two, THRESHOLD, record.committed).is_ok());

    // And nothing stands there in plain.
    let all = everything(&world.custodians[0]).await;
    assert!(all.contains(&hex(&granted.id.0)), "the dump is not what it should be");
    let keys = [record.keys.content.expose(), record.keys.title.expose(), doctors.expose(), two[0].secret.expose()];
    for secret in keys {
        assert!(!all.contains(&hex(secret)));
    }
}
