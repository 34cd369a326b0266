//! Practitioners and care teams.

use sqlx::PgConnection;

use super::{Address, StoreError, place};
use crate::model::{DirectoryEntry, Event, LoggedEvent, Moment};

/// What one event changes about a practitioner; what it does not name stays.
#[derive(Default)]
struct Change<'a> {
    valid_until: Option<Moment>,
    suspended: Option<bool>,
    emergency_capable: Option<bool>,
    entry: Option<&'a DirectoryEntry>,
}

pub(super) async fn change_practitioner(db: &mut PgConnection, e: &LoggedEvent) -> Result<(), StoreError> {
    let change = match &e.event {
        Event::PractitionerRegistered { valid_until, emergency_capable, entry, .. } => Change {
            valid_until: Some(*valid_until),
            suspended: Some(false),
            emergency_capable: Some(*emergency_capable),
            entry: Some(entry),
        },
        Event::PractitionerAmended { entry, .. } => Change { entry: Some(entry), ..Change::default() },
        Event::PractitionerRenewed { valid_until, emergency_capable, .. } => {
            Change { valid_until: Some(*valid_until), emergency_capable: Some(*emergency_capable), ..Change::default() }
        }
        Event::PractitionerSuspended { .. } => Change { suspended: Some(true), ..Change::default() },
        Event::PractitionerReinstated { .. } => Change { suspended: Some(false), ..Change::default() },
        _ => return Ok(()),
    };
    let (block, log) = place(e.log.position);
    sqlx::query!(
        "update practitioner set until_block = $2, until_log = $3 where practitioner = $1 and until_block is null",
        e.event.party() as _,
        block,
        log,
    )
    .execute(&mut *db)
    .await?;
    sqlx::query!(
        "insert into practitioner (practitioner, from_block, from_log, registrar, valid_until, suspended,
                                   emergency_capable, name, licence, specialty, organisation)
         select $1, $2, $3, $4, coalesce($5, p.valid_until), coalesce($6, p.suspended),
                coalesce($7, p.emergency_capable), coalesce($8, p.name), coalesce($9, p.licence),
                coalesce($10, p.specialty), coalesce($11, p.organisation)
         from (values (1)) always(row)
         left join practitioner p on p.practitioner = $1 and p.until_block = $2 and p.until_log = $3",
        e.event.party() as _,
        block,
        log,
        e.event.actor() as _,
        change.valid_until as _,
        change.suspended,
        change.emergency_capable,
        change.entry.map(|entry| entry.name.as_str()),
        change.entry.map(|entry| entry.licence.as_str()),
        change.entry.map(|entry| entry.specialty.as_str()),
        change.entry.map(|entry| entry.organisation.as_str()),
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn change_team(db: &mut PgConnection, e: &LoggedEvent) -> Result<(), StoreError> {
    match &e.event {
        Event::TeamCreated { team, registrar, name, organisation } => {
            let (block, log) = place(e.log.position);
            sqlx::query!(
                "insert into team (team, registrar, name, organisation, created_block, created_log)
                 values ($1, $2, $3, $4, $5, $6)",
                team as _,
                registrar as _,
                name,
                organisation,
                block,
                log,
            )
            .execute(db)
            .await?;
            Ok(())
        }
        Event::TeamMemberSet { team, member, until, .. } => change_member(db, e, *team, *member, Some(*until)).await,
        Event::TeamMemberRemoved { team, member, .. } => change_member(db, e, *team, *member, None).await,
        _ => Ok(()),
    }
}

/// Ends the term that the member had, if any, and begins the new one.
async fn change_member(
    db: &mut PgConnection,
    e: &LoggedEvent,
    team: Address,
    member: Address,
    ends_at: Option<Moment>,
) -> Result<(), StoreError> {
    let (block, log) = place(e.log.position);
    sqlx::query!(
        "update team_member set until_block = $3, until_log = $4, end_reason = $5
         where team = $1 and member = $2 and until_block is null",
        team as _,
        member as _,
        block,
        log,
        if ends_at.is_some() { "replaced" } else { "removed" },
    )
    .execute(&mut *db)
    .await?;
    let Some(ends_at) = ends_at else { return Ok(()) };
    sqlx::query!(
        "insert into team_member (team, member, from_block, from_log, ends_at) values ($1, $2, $3, $4, $5)",
        team as _,
        member as _,
        block,
        log,
        ends_at as _,
    )
    .execute(db)
    .await?;
    Ok(())
}
