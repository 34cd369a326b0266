//! Records, and what became of them.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Place, Rows, StoreError, place};
use crate::model::{Address, Codec, Digest, Event, Hash, LoggedEvent};

const COLUMNS: &[&str] = &[
    "patient",
    "digest",
    "codec",
    "folder",
    "author",
    "key_commit",
    "sealed_metadata",
    "added_block",
    "added_log",
    "added_transaction",
    "superseded_block",
    "superseded_log",
    "superseded_by",
    "retracted_block",
    "retracted_log",
];

/// A record that was added.
struct Added<'a> {
    patient: Address,
    digest: Digest,
    author: Address,
    codec: Codec,
    folder: u32,
    key_commit: Hash,
    sealed_metadata: &'a [u8],
    at: Place,
    transaction: Hash,
    superseded: Option<(Digest, Place)>,
    retracted: Option<Place>,
}

/// Records that were added, and marks on records of earlier batches.
#[derive(Debug)]
pub(super) struct Records {
    added: Rows,
    superseded: Vec<(Address, Digest, Digest, Place)>,
    retracted: Vec<(Address, Digest, Place)>,
}

impl Records {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut added: Vec<Added> = Vec::new();
        let mut known = HashMap::new();
        let (mut superseded, mut retracted) = (Vec::new(), Vec::new());
        for e in events {
            let at = place(e.log.position);
            match &e.event {
                Event::RecordAdded { digest, .. } => {
                    known.insert((e.subject, *digest), added.len());
                    added.extend(read(e));
                }
                Event::RecordSuperseded { digest, successor, .. } => match known.get(&(e.subject, *digest)) {
                    Some(&here) => added[here].superseded = Some((*successor, at)),
                    None => superseded.push((e.subject, *digest, *successor, at)),
                },
                Event::RecordRetracted { digest, .. } => match known.get(&(e.subject, *digest)) {
                    Some(&here) => added[here].retracted = Some(at),
                    None => retracted.push((e.subject, *digest, at)),
                },
                _ => {}
            }
        }
        Records { added: rows(&added), superseded, retracted }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        self.added.copy(&mut *db).await?;
        if !self.superseded.is_empty() {
            self.supersede(&mut *db).await?;
        }
        if !self.retracted.is_empty() {
            self.retract(db).await?;
        }
        Ok(())
    }

    /// Marks records that were corrected.
    async fn supersede(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let patients: Vec<Address> = self.superseded.iter().map(|row| row.0).collect();
        let digests: Vec<Digest> = self.superseded.iter().map(|row| row.1).collect();
        let successors: Vec<Digest> = self.superseded.iter().map(|row| row.2).collect();
        let (blocks, logs): (Vec<i64>, Vec<i32>) = self.superseded.iter().map(|row| row.3).unzip();
        sqlx::query!(
            "update record r
             set superseded_block = e.block, superseded_log = e.log, superseded_by = e.successor
             from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[])
                  e(patient, digest, successor, block, log)
             where r.patient = e.patient and r.digest = e.digest",
            &patients as _,
            &digests as _,
            &successors as _,
            &blocks,
            &logs,
        )
        .execute(db)
        .await?;
        Ok(())
    }

    /// Marks records that were entered in error.
    async fn retract(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let patients: Vec<Address> = self.retracted.iter().map(|row| row.0).collect();
        let digests: Vec<Digest> = self.retracted.iter().map(|row| row.1).collect();
        let (blocks, logs): (Vec<i64>, Vec<i32>) = self.retracted.iter().map(|row| row.2).unzip();
        sqlx::query!(
            "update record r
             set retracted_block = e.block, retracted_log = e.log
             from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[]) e(patient, digest, block, log)
             where r.patient = e.patient and r.digest = e.digest",
            &patients as _,
            &digests as _,
            &blocks,
            &logs,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

fn read(e: &LoggedEvent) -> Option<Added<'_>> {
    let Event::RecordAdded { digest, author, codec, folder, key_commit, sealed_metadata, .. } = &e.event else {
        return None;
    };
    Some(Added {
        patient: e.subject,
        digest: *digest,
        author: *author,
        codec: *codec,
        folder: *folder,
        key_commit: *key_commit,
        sealed_metadata,
        at: place(e.log.position),
        transaction: e.log.transaction_hash,
        superseded: None,
        retracted: None,
    })
}

fn rows(added: &[Added]) -> Rows {
    let mut rows = Rows::of("record", COLUMNS);
    for r in added {
        rows.push(&[
            &r.patient,
            &r.digest,
            &i16::from(r.codec.code()),
            &i64::from(r.folder),
            &r.author,
            &r.key_commit,
            &r.sealed_metadata,
            &r.at.0,
            &r.at.1,
            &r.transaction,
            &r.superseded.map(|(_, at)| at.0),
            &r.superseded.map(|(_, at)| at.1),
            &r.superseded.map(|(successor, _)| successor),
            &r.retracted.map(|at| at.0),
            &r.retracted.map(|at| at.1),
        ]);
    }
    rows
}
