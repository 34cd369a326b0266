//! Who holds which role.

use sqlx::PgConnection;

use super::terms::{End, EndColumns, Terms};
use super::{Rows, StoreError, place};
use crate::model::{Address, Event, Hash, LoggedEvent};

/// Roles' terms.
#[derive(Debug)]
pub(super) struct Roles {
    begun: Rows,
    ended: Vec<((Address, Hash), End)>,
}

impl Roles {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let mut terms = Terms::new();
        for e in events {
            if let Event::RoleChanged { account, role, held, .. } = &e.event {
                let (key, at) = ((*account, *role), place(e.log.position));
                if *held { terms.begin(key, at, (), "") } else { terms.end(key, at, "") }
            }
        }
        let columns = &["account", "role", "from_block", "from_log", "until_block", "until_log"];
        let mut begun = Rows::of("role_holder", columns);
        for term in &terms.begun {
            let ((account, role), (block, log)) = (&term.key, &term.from);
            begun.push(&[account, role, block, log, &term.end_block(), &term.end_log()]);
        }
        Roles { begun, ended: terms.ended }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        if !self.ended.is_empty() {
            let accounts: Vec<Address> = self.ended.iter().map(|((account, _), _)| *account).collect();
            let roles: Vec<Hash> = self.ended.iter().map(|((_, role), _)| *role).collect();
            let ends = EndColumns::of(&self.ended);
            sqlx::query!(
                "update role_holder r set until_block = e.block, until_log = e.log
                 from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[]) e(account, role, block, log)
                 where r.account = e.account and r.role = e.role and r.until_block is null",
                &accounts as _,
                &roles as _,
                &ends.blocks,
                &ends.logs,
            )
            .execute(&mut *db)
            .await?;
        }
        self.begun.copy(db).await
    }
}
