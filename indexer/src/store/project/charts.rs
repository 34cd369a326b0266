//! Patients, their keys, their guardians and their emergency policies.

use sqlx::PgConnection;

use super::terms::{End, EndColumns, Terms};
use super::{Rows, StoreError, place};
use crate::model::{Address, Event, Hash, LoggedEvent, Moment};

pub(super) fn patients(events: &[LoggedEvent]) -> Rows {
    let mut rows = Rows::of("patient", &["patient", "registered_block", "registered_log"]);
    for e in events {
        if let Event::PatientRegistered { patient } = &e.event {
            let (block, log) = place(e.log.position);
            rows.push(&[patient, &block, &log]);
        }
    }
    rows
}

/// Published keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    accounts: Vec<Address>,
    suites: Vec<i16>,
    keys: Vec<Vec<u8>>,
    ids: Vec<Hash>,
    blocks: Vec<i64>,
    logs: Vec<i32>,
    transactions: Vec<Hash>,
}

impl Keys {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut keys = Keys::default();
        for e in events {
            if let Event::KeyPublished { account, key_id, key } = &e.event {
                let (block, log) = place(e.log.position);
                keys.accounts.push(*account);
                keys.suites.push(key.suite.into());
                keys.keys.push(key.bytes.clone());
                keys.ids.push(*key_id);
                keys.blocks.push(block);
                keys.logs.push(log);
                keys.transactions.push(e.log.transaction_hash);
            }
        }
        keys
    }

    /// Each account's versions go on from those it has.
    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if self.accounts.is_empty() {
            return Ok(());
        }
        sqlx::query!(
            "insert into account_key (account, version, suite, key, key_id, published_block, published_log,
                                      published_transaction)
             select k.account,
                    row_number() over (partition by k.account order by k.block, k.log)
                        + coalesce((select max(version) from account_key held where held.account = k.account), 0),
                    k.suite, k.key, k.key_id, k.block, k.log, k.transaction
             from unnest($1::bytea[], $2::smallint[], $3::bytea[], $4::bytea[], $5::bigint[], $6::integer[],
                         $7::bytea[])
                  k(account, suite, key, key_id, block, log, transaction)",
            &self.accounts as _,
            &self.suites,
            &self.keys,
            &self.ids as _,
            &self.blocks,
            &self.logs,
            &self.transactions as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

/// Guardians' terms.
#[derive(Debug)]
pub(super) struct Guardians {
    begun: Rows,
    ended: Vec<((Address, Address), End)>,
}

impl Guardians {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut terms = Terms::new();
        for e in events {
            let at = place(e.log.position);
            match &e.event {
                Event::GuardianSet { guardian, until, .. } => {
                    terms.begin((e.subject, *guardian), at, *until, "replaced");
                }
                Event::GuardianRemoved { guardian, .. } => terms.end((e.subject, *guardian), at, "removed"),
                _ => {}
            }
        }
        let columns =
            &["patient", "guardian", "from_block", "from_log", "ends_at", "until_block", "until_log", "end_reason"];
        Guardians { begun: member_rows(Rows::of("guardian", columns), &terms), ended: terms.ended }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            let patients: Vec<Address> = self.ended.iter().map(|((patient, _), _)| *patient).collect();
            let guardians: Vec<Address> = self.ended.iter().map(|((_, guardian), _)| *guardian).collect();
            let ends = EndColumns::of(&self.ended);
            sqlx::query!(
                "update guardian g set until_block = e.block, until_log = e.log, end_reason = e.reason
                 from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[], $5::text[])
                      e(patient, guardian, block, log, reason)
                 where g.patient = e.patient and g.guardian = e.guardian and g.until_block is null",
                &patients as _,
                &guardians as _,
                &ends.blocks,
                &ends.logs,
                &ends.reasons as _,
            )
            .execute(&mut *db)
            .await?;
        }
        self.begun.copy(db).await
    }
}

/// Rows of the two tables of terms: who for whom or of what, from where, until when.
pub(super) fn member_rows(mut rows: Rows, terms: &Terms<(Address, Address), Moment>) -> Rows {
    for term in &terms.begun {
        let (of, who) = &term.key;
        let (block, log) = &term.from;
        rows.push(&[of, who, block, log, &term.fact, &term.end_block(), &term.end_log(), &term.end_reason()]);
    }
    rows
}

/// Emergency policies.
#[derive(Debug)]
pub(super) struct Policies {
    begun: Rows,
    ended: Vec<(Address, End)>,
}

impl Policies {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut terms = Terms::new();
        for e in events {
            if let Event::EmergencyPolicySet { duration, .. } = &e.event {
                terms.begin(e.subject, place(e.log.position), duration.cast_signed(), "");
            }
        }
        let columns = &["patient", "from_block", "from_log", "duration", "until_block", "until_log"];
        let mut begun = Rows::of("emergency_policy", columns);
        for term in &terms.begun {
            let (block, log) = &term.from;
            begun.push(&[&term.key, block, log, &term.fact, &term.end_block(), &term.end_log()]);
        }
        Policies { begun, ended: terms.ended }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            let patients: Vec<Address> = self.ended.iter().map(|(patient, _)| *patient).collect();
            let ends = EndColumns::of(&self.ended);
            sqlx::query!(
                "update emergency_policy p set until_block = e.block, until_log = e.log
                 from unnest($1::bytea[], $2::bigint[], $3::integer[]) e(patient, block, log)
                 where p.patient = e.patient and p.until_block is null",
                &patients as _,
                &ends.blocks,
                &ends.logs,
            )
            .execute(&mut *db)
            .await?;
        }
        self.begun.copy(db).await
    }
}
