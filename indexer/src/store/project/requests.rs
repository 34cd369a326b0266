//! Access requests, and what answered them.

use sqlx::PgConnection;

use super::terms::{End, EndColumns, Terms};
use super::{Rows, StoreError, place};
use crate::model::{Address, Event, LoggedEvent, Scope};

/// (patient, practitioner, scope's word).
type Slot = (Address, Address, [u8; 32]);

const COLUMNS: &[&str] = &[
    "patient",
    "practitioner",
    "scope",
    "requested_block",
    "requested_log",
    "requested_transaction",
    "purposes",
    "note_hash",
    "ended_block",
    "ended_log",
    "end_reason",
];

/// Requests. One ends with the first event after it that grants that practitioner that scope, or asks for it again.
#[derive(Debug)]
pub(super) struct Requests {
    begun: Rows,
    ended: Vec<(Slot, End)>,
}

impl Requests {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut terms = Terms::new();
        for e in events {
            let at = place(e.log.position);
            match &e.event {
                Event::AccessRequested { practitioner, scope, purposes, note_hash } => {
                    let slot = (e.subject, *practitioner, scope.to_word());
                    let fact = (i32::from(purposes.0), *note_hash, e.log.transaction_hash);
                    terms.begin(slot, at, fact, "superseded");
                }
                Event::AccessGranted { grantee, scope, .. } => {
                    terms.end((e.subject, *grantee, scope.to_word()), at, "granted");
                }
                _ => {}
            }
        }
        let mut begun = Rows::of("access_request", COLUMNS);
        for term in &terms.begun {
            let ((patient, practitioner, scope), (block, log)) = (&term.key, &term.from);
            let (purposes, note, transaction) = &term.fact;
            let (end_block, end_log, reason) = (term.end_block(), term.end_log(), term.end_reason());
            begun.push(&[
                patient,
                practitioner,
                &Scope::from_word(*scope),
                block,
                log,
                transaction,
                purposes,
                note,
                &end_block,
                &end_log,
                &reason,
            ]);
        }
        Requests { begun, ended: terms.ended }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            self.end(db).await?;
        }
        self.begun.copy(db).await
    }

    async fn end(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        let patients: Vec<Address> = self.ended.iter().map(|((patient, ..), _)| *patient).collect();
        let practitioners: Vec<Address> = self.ended.iter().map(|((_, practitioner, _), _)| *practitioner).collect();
        let scopes: Vec<Scope> = self.ended.iter().map(|((.., scope), _)| Scope::from_word(*scope)).collect();
        let ends = EndColumns::of(&self.ended);
        sqlx::query!(
            "update access_request r set ended_block = e.block, ended_log = e.log, end_reason = e.reason
             from unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bigint[], $5::integer[], $6::text[])
                  e(patient, practitioner, scope, block, log, reason)
             where r.patient = e.patient and r.practitioner = e.practitioner and r.scope = e.scope
                 and r.ended_block is null",
            &patients as _,
            &practitioners as _,
            &scopes as _,
            &ends.blocks,
            &ends.logs,
            &ends.reasons as _,
        )
        .execute(db)
        .await?;
        Ok(())
    }
}
