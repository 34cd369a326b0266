//! Charts in summary, and published keys.

use sqlx::PgConnection;

use super::{At, place};
use crate::model::view::{EmergencyPolicy, EncryptionKey, Guardian, HexBytes, Patient, PublishedKey};
use crate::model::{Address, Hash, Moment};
use crate::store::StoreError;

/// Whether an account registered as a patient.
pub async fn patient_exists(db: &mut PgConnection, patient: Address) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(r#"select exists (select from patient where patient = $1) as "is!""#, patient as _);
    Ok(found.fetch_one(db).await?)
}

/// A chart in summary. `None`: no such patient.
pub async fn patient(db: &mut PgConnection, patient: Address, at: At) -> Result<Option<Patient>, StoreError> {
    let row = sqlx::query!(
        r#"select b.timestamp as "registered_at: Moment", k.version, k.suite, k.key,
                  (select link from trail where subject = $1)
                      as "trail!: Hash",
                  (select count(*) from record where record.patient = $1) as "record_count!",
                  (select count(*) from access_grant_held g where g.patient = $1
                       and grant_in_force(g.granted_block, g.over_block, g.expires_at, $2, $3)) as "active_grant_count!",
                  (select duration from emergency_policy e
                       where e.patient = $1 and e.until_block is null and e.duration > 0) as "emergency_duration?"
           from patient p
           join block b on b.number = p.registered_block
           join lateral (
               select version, suite, key from account_key where account = $1 order by version desc limit 1
           ) k on true
           where p.patient = $1"#,
        patient as _,
        at.block(),
        at.time as _,
    );
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(None) };
    Ok(Some(Patient {
        address: patient,
        registered_at: row.registered_at,
        encryption_key: EncryptionKey {
            version: row.version.cast_unsigned(),
            suite: row.suite.to_le_bytes()[0],
            key: HexBytes(row.key),
        },
        trail: row.trail,
        record_count: row.record_count.cast_unsigned(),
        active_grant_count: row.active_grant_count.cast_unsigned(),
        guardians: guardians(db, patient, at).await?,
        emergency_policy: row
            .emergency_duration
            .map(|seconds| EmergencyPolicy { duration_seconds: seconds.cast_unsigned() }),
    }))
}

/// Guardians in force, in the order they were named.
async fn guardians(db: &mut PgConnection, patient: Address, at: At) -> Result<Vec<Guardian>, StoreError> {
    let rows = sqlx::query!(
        r#"select guardian as "guardian: Address", ends_at as "until: Moment" from guardian
           where patient = $1 and term_in_force(from_block, until_block, ends_at, $2, $3)
           order by from_block, from_log"#,
        patient as _,
        at.block(),
        at.time as _,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| Guardian { guardian: row.guardian, until: row.until }).collect())
}

/// All keys an account published, first to latest.
pub async fn keys(db: &mut PgConnection, account: Address) -> Result<Vec<PublishedKey>, StoreError> {
    let rows = sqlx::query!(
        r#"select k.version, k.suite, k.key, k.key_id as "key_id: Hash", k.published_block, k.published_log,
                  b.hash as "block_hash: Hash", b.timestamp as "timestamp: Moment",
                  k.published_transaction as "transaction_hash: Hash"
           from account_key k
           join block b on b.number = k.published_block
           where k.account = $1 order by k.version"#,
        account as _
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| PublishedKey {
            account,
            version: row.version.cast_unsigned(),
            suite: row.suite.to_le_bytes()[0],
            key: HexBytes(row.key),
            key_id: row.key_id,
            published_at: row.timestamp,
            position: place(
                row.published_block,
                row.block_hash,
                row.transaction_hash,
                row.published_log,
                row.timestamp,
            ),
        })
        .collect())
}
