//! Care teams, and who belongs to them.

use sqlx::PgConnection;

use super::charts::member_rows;
use super::terms::{End, EndColumns, Terms};
use super::{Rows, StoreError, place};
use crate::model::{Address, Event, LoggedEvent};

/// Teams, and members' terms.
#[derive(Debug)]
pub(super) struct Teams {
    created: Rows,
    begun: Rows,
    ended: Vec<((Address, Address), End)>,
}

impl Teams {
    pub fn of(events: &[LoggedEvent]) -> Self {
        let columns =
            &["team", "registrar", "name", "organisation", "created_block", "created_log", "created_transaction"];
        let mut created = Rows::of("team", columns);
        let mut terms = Terms::new();
        for e in events {
            let (block, log) = place(e.log.position);
            match &e.event {
                Event::TeamCreated { team, registrar, name, organisation } => {
                    let transaction = &e.log.transaction_hash;
                    created.push(&[team, registrar, name, organisation, &block, &log, transaction]);
                }
                Event::TeamMemberSet { team, member, until, .. } => {
                    terms.begin((*team, *member), (block, log), *until, "replaced");
                }
                Event::TeamMemberRemoved { team, member, .. } => terms.end((*team, *member), (block, log), "removed"),
                _ => {}
            }
        }
        let columns =
            &["team", "member", "from_block", "from_log", "ends_at", "until_block", "until_log", "end_reason"];
        Teams { created, begun: member_rows(Rows::of("team_member", columns), &terms), ended: terms.ended }
    }

    pub async fn write(&self, db: &mut PgConnection) -> Result<(), StoreError> {
        self.created.copy(db).await?;
        if !self.ended.is_empty() {
            let teams: Vec<Address> = self.ended.iter().map(|((team, _), _)| *team).collect();
            let members: Vec<Address> = self.ended.iter().map(|((_, member), _)| *member).collect();
            let ends = EndColumns::of(&self.ended);
            sqlx::query!(
                "update team_member m set until_block = e.block, until_log = e.log, end_reason = e.reason
                 from unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::integer[], $5::text[])
                      e(team, member, block, log, reason)
                 where m.team = e.team and m.member = e.member and m.until_block is null",
                &teams as _,
                &members as _,
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
