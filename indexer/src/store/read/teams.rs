//! Care teams, and who belonged to them.

use sqlx::PgConnection;

use super::{At, corrupt, place};
use crate::model::view::{Team, TeamMember, TermEnd};
use crate::model::{Address, Hash, Malformed, Moment};
use crate::store::StoreError;

/// A team, with its members over time. `None`: nobody made it.
pub async fn team(db: &mut PgConnection, team: Address, at: At) -> Result<Option<Team>, StoreError> {
    let row = sqlx::query!(
        r#"select t.registrar as "registrar: Address", t.name, t.organisation, t.created_block, t.created_log,
                  b.hash as "block_hash: Hash", b.timestamp as "created_at: Moment",
                  t.created_transaction as "transaction_hash: Hash"
           from team t
           join block b on b.number = t.created_block
           where t.team = $1"#,
        team as _
    );
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(None) };
    Ok(Some(Team {
        address: team,
        registrar: row.registrar,
        name: row.name,
        organisation: row.organisation,
        created_at: row.created_at,
        members: members(db, team, at).await?,
        position: place(row.created_block, row.block_hash, row.transaction_hash, row.created_log, row.created_at),
    }))
}

async fn members(db: &mut PgConnection, team: Address, at: At) -> Result<Vec<TeamMember>, StoreError> {
    let rows = sqlx::query!(
        r#"select m.member as "member: Address", m.ends_at as "until: Moment", m.end_reason,
                  began.timestamp as "since: Moment", ended.timestamp as "ended_at?: Moment"
           from team_member m
           join block began on began.number = m.from_block
           left join block ended on ended.number = m.until_block
           where m.team = $1 order by m.from_block, m.from_log"#,
        team as _
    );
    let mut members = Vec::new();
    for row in rows.fetch_all(db).await? {
        let end = match (row.ended_at, row.end_reason) {
            // One that ran out first is expired, whatever was done to it afterwards.
            (ended, _) if row.until <= ended.unwrap_or(at.time) => Some((row.until, TermEnd::Expired)),
            (Some(ended), Some(reason)) => Some((ended, parse_end(&reason)?)),
            _ => None,
        };
        members.push(TeamMember {
            member: row.member,
            since: row.since,
            until: row.until,
            ended_at: end.map(|(time, _)| time),
            end_reason: end.map(|(_, reason)| reason),
        });
    }
    Ok(members)
}

fn parse_end(text: &str) -> Result<TermEnd, StoreError> {
    match text {
        "removed" => Ok(TermEnd::Removed),
        "replaced" => Ok(TermEnd::Replaced),
        other => Err(corrupt(Malformed(format!("end reason {other:?} of a member")))),
    }
}
