//! Practitioners: what an event does not name stays, so each row builds on the one before it.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::terms::{EndColumns, Terms};
use super::{Place, Rows, StoreError, place};
use crate::model::{Address, DirectoryEntry, Event, LoggedEvent, Moment};

const COLUMNS: &[&str] = &[
    "practitioner",
    "from_block",
    "from_log",
    "until_block",
    "until_log",
    "registrar",
    "valid_until",
    "suspended",
    "emergency_capable",
    "name",
    "licence",
    "specialty",
    "organisation",
];

/// What one event changes about a practitioner; what it does not name stays.
#[derive(Debug, Default, Clone)]
struct Change {
    valid_until: Option<Moment>,
    suspended: Option<bool>,
    emergency_capable: Option<bool>,
    entry: Option<DirectoryEntry>,
}

/// How a practitioner stands. What no event said is null, which the table refuses.
#[derive(Debug, Default, Clone)]
struct Standing {
    registrar: Address,
    known: Change,
}

/// Changes of practitioners, in order.
#[derive(Debug)]
pub(super) struct Changes(Vec<(Address, Place, Address, Change)>);

impl Changes {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let changes = events.iter().filter_map(|e| {
            let change = change(&e.event)?;
            Some((e.event.party()?, place(e.log.position), e.event.actor(), change))
        });
        Changes(changes.collect())
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut standings = self.read_current(&mut *db).await?;
        let mut terms = Terms::new();
        for (practitioner, at, registrar, change) in &self.0 {
            let standing = standings.entry(*practitioner).or_default();
            standing.registrar = *registrar;
            standing.known.apply(change);
            terms.begin(*practitioner, *at, standing.clone(), "");
        }
        end_current(&mut *db, &terms).await?;
        rows(&terms).copy(db).await
    }

    /// How those stand who change.
    async fn read_current(&self, db: &mut PgConnection) -> Result<HashMap<Address, Standing>, StoreError> {
        let touched: Vec<Address> = self.0.iter().map(|(practitioner, ..)| *practitioner).collect();
        let rows = sqlx::query!(
            r#"select practitioner as "practitioner: Address", registrar as "registrar: Address",
                      valid_until as "valid_until: Moment", suspended, emergency_capable, name, licence, specialty,
                      organisation
               from practitioner where practitioner = any($1) and until_block is null"#,
            &touched as _,
        );
        let rows = rows.fetch_all(db).await?.into_iter();
        Ok(rows
            .map(|row| {
                let entry = DirectoryEntry {
                    name: row.name,
                    licence: row.licence,
                    specialty: row.specialty,
                    organisation: row.organisation,
                };
                let known = Change {
                    valid_until: Some(row.valid_until),
                    suspended: Some(row.suspended),
                    emergency_capable: Some(row.emergency_capable),
                    entry: Some(entry),
                };
                (row.practitioner, Standing { registrar: row.registrar, known })
            })
            .collect())
    }
}

impl Change {
    fn apply(&mut self, change: &Change) {
        self.valid_until = change.valid_until.or(self.valid_until);
        self.suspended = change.suspended.or(self.suspended);
        self.emergency_capable = change.emergency_capable.or(self.emergency_capable);
        if change.entry.is_some() {
            self.entry.clone_from(&change.entry);
        }
    }
}

fn change(event: &Event) -> Option<Change> {
    match event {
        Event::PractitionerRegistered { valid_until, emergency_capable, entry, .. } => Some(Change {
            valid_until: Some(*valid_until),
            suspended: Some(false),
            emergency_capable: Some(*emergency_capable),
            entry: Some(entry.clone()),
        }),
        Event::PractitionerAmended { entry, .. } => Some(Change { entry: Some(entry.clone()), ..Change::default() }),
        Event::PractitionerRenewed { valid_until, emergency_capable, .. } => Some(Change {
            valid_until: Some(*valid_until),
            emergency_capable: Some(*emergency_capable),
            ..Change::default()
        }),
        Event::PractitionerSuspended { .. } => Some(Change { suspended: Some(true), ..Change::default() }),
        Event::PractitionerReinstated { .. } => Some(Change { suspended: Some(false), ..Change::default() }),
        _ => None,
    }
}

async fn end_current(db: &mut PgConnection, terms: &Terms<Address, Standing>) -> Result<(), StoreError> {
    let practitioners: Vec<Address> = terms.ended.iter().map(|(practitioner, _)| *practitioner).collect();
    let ends = EndColumns::of(&terms.ended);
    sqlx::query!(
        "update practitioner p set until_block = e.block, until_log = e.log
         from unnest($1::bytea[], $2::bigint[], $3::integer[]) e(practitioner, block, log)
         where p.practitioner = e.practitioner and p.until_block is null",
        &practitioners as _,
        &ends.blocks,
        &ends.logs,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn rows(terms: &Terms<Address, Standing>) -> Rows {
    let mut rows = Rows::of("practitioner", COLUMNS);
    for term in &terms.begun {
        let Standing { registrar, known } = &term.fact;
        let entry = known.entry.as_ref();
        rows.push(&[
            &term.key,
            &term.from.0,
            &term.from.1,
            &term.end_block(),
            &term.end_log(),
            registrar,
            &known.valid_until,
            &known.suspended,
            &known.emergency_capable,
            &entry.map(|entry| entry.name.as_str()),
            &entry.map(|entry| entry.licence.as_str()),
            &entry.map(|entry| entry.specialty.as_str()),
            &entry.map(|entry| entry.organisation.as_str()),
        ]);
    }
    rows
}
