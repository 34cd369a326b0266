//! What follows from events: the rows of migrations/0002_charts.sql and 0006_facts.sql. First purely: which rows a batch's
//! events begin, with their ends where these lie in the same batch, and which earlier rows they end. Then by set, in few
//! statements: earlier rows are ended, and the new ones copied in.

mod charts;
mod grants;
mod practitioners;
mod records;
mod requests;
mod roles;
mod teams;
mod terms;
mod undo;

use sqlx::PgConnection;

use super::StoreError;
use super::copy::Rows;
use crate::model::{LoggedEvent, Position};
pub(super) use undo::{clear, withdraw};

/// (block, log): where an event stands.
type Place = (i64, i32);

/// What follows from a batch of events, ready to be written.
#[derive(Debug)]
pub(super) struct Facts {
    patients: Rows,
    keys: charts::Keys,
    guardians: charts::Guardians,
    policies: charts::Policies,
    records: records::Records,
    grants: grants::Grants,
    requests: requests::Requests,
    teams: teams::Teams,
    practitioners: practitioners::Changes,
    roles: roles::Roles,
}

impl Facts {
    /// Reads events, in chain order.
    pub fn of(events: &[LoggedEvent]) -> Self {
        Facts {
            patients: charts::patients(events),
            keys: charts::Keys::of(events),
            guardians: charts::Guardians::of(events),
            policies: charts::Policies::of(events),
            records: records::Records::of(events),
            grants: grants::Grants::of(events),
            requests: requests::Requests::of(events),
            teams: teams::Teams::of(events),
            practitioners: practitioners::Changes::of(events),
            roles: roles::Roles::of(events),
        }
    }

    /// Writes what follows, on top of what followed from all earlier events.
    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        self.patients.copy(db).await?;
        self.keys.write(db).await?;
        self.guardians.write(db).await?;
        self.policies.write(db).await?;
        self.records.write(db).await?;
        self.grants.write(db).await?;
        self.requests.write(db).await?;
        self.teams.write(db).await?;
        self.practitioners.write(db).await?;
        self.roles.write(db).await
    }
}

pub(super) fn place(position: Position) -> Place {
    (position.block_number.cast_signed(), position.log_index.cast_signed())
}
