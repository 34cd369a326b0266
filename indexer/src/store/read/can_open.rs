//! The contract's verdict at a moment, from the facts of that moment.

use sqlx::PgConnection;

use super::At;
use super::grants::{GrantRow, grant_rows};
use crate::model::view::CanOpen;
use crate::model::{Address, Chart, Digest, GrantState, Hash, Moment, Purpose, Reason, Scope, Standing, judge};
use crate::store::StoreError;

/// What `whyNot(patient, digest, reader, via, purpose)` says on chain at that moment.
pub async fn can_open(
    db: &mut PgConnection,
    patient: Address,
    digest: Digest,
    reader: Address,
    via: Option<Address>,
    purpose: Purpose,
    at: At,
) -> Result<CanOpen, StoreError> {
    let (chart, folder) = chart(db, patient, digest, at).await?;
    let standing = if reader == patient { Standing::Patient } else { standing(db, reader, at).await? };
    let mut rows = covering_grants(db, patient, reader, digest, folder, at).await?;
    let states: Vec<_> = rows
        .iter()
        .map(|row| GrantState {
            rights: row.rights(),
            purposes: row.purposes(),
            expires_at: row.expires_at,
            voided: row.voided(at),
        })
        .collect();
    let verdict = judge(chart, standing, via.is_some(), &states, purpose, at.time);
    let grant = match (verdict.reason, verdict.grant) {
        (Reason::NoGrant, _) => latest_ended_grant(db, patient, reader, digest, folder, at).await?,
        (_, Some(i)) => Some(rows.swap_remove(i)),
        (_, None) => None,
    };
    let grant = grant.map(|row| row.view(at)).transpose()?;
    Ok(CanOpen { allowed: verdict.reason == Reason::Allowed, reason: verdict.reason, grant })
}

async fn chart(db: &mut PgConnection, patient: Address, digest: Digest, at: At) -> Result<(Chart, u32), StoreError> {
    let registered = sqlx::query_scalar!(
        r#"select exists (select from patient where patient = $1 and registered_block <= $2) as "is!""#,
        patient as _,
        at.block(),
    );
    if !registered.fetch_one(&mut *db).await? {
        return Ok((Chart::NoPatient, 0));
    }
    let folder = sqlx::query_scalar!(
        "select folder from record where patient = $1 and digest = $2 and added_block <= $3",
        patient as _,
        digest as _,
        at.block(),
    );
    Ok(match folder.fetch_optional(db).await? {
        Some(folder) => (Chart::HasRecord, u32::try_from(folder).unwrap_or(0)),
        None => (Chart::NoRecord, 0),
    })
}

async fn standing(db: &mut PgConnection, reader: Address, at: At) -> Result<Standing, StoreError> {
    let row = sqlx::query!(
        r#"select suspended, valid_until as "valid_until: Moment" from practitioner
           where practitioner = $1 and from_block <= $2 and (until_block is null or until_block > $2)"#,
        reader as _,
        at.block(),
    );
    Ok(match row.fetch_optional(db).await? {
        Some(row) => Standing::Registered { suspended: row.suspended, valid_until: row.valid_until },
        None => Standing::Unknown,
    })
}

/// The reader's grants whose slot is there and that cover the record, widest scope first, as the judge tries them.
async fn covering_grants(
    db: &mut PgConnection,
    patient: Address,
    reader: Address,
    digest: Digest,
    folder: u32,
    at: At,
) -> Result<Vec<GrantRow>, StoreError> {
    let scopes = covering_scopes(digest, folder);
    let rows = grant_rows!(
        r#"where g.patient = $1 and g.grantee = $2 and g.scope = any($3)
               and g.granted_block <= $4 and (g.ended_block is null or g.ended_block > $4)
           order by array_position($3, g.scope)"#,
        patient as _,
        reader as _,
        &scopes as _,
        at.block(),
    );
    Ok(rows.fetch_all(db).await?)
}

/// The last grant that covered the record and was revoked or renounced: what tells "no longer" from "never".
async fn latest_ended_grant(
    db: &mut PgConnection,
    patient: Address,
    reader: Address,
    digest: Digest,
    folder: u32,
    at: At,
) -> Result<Option<GrantRow>, StoreError> {
    let scopes = covering_scopes(digest, folder);
    let row = grant_rows!(
        r#"where g.patient = $1 and g.grantee = $2 and g.scope = any($3) and g.ended_block <= $4
           order by g.ended_block desc, g.ended_log desc limit 1"#,
        patient as _,
        reader as _,
        &scopes as _,
        at.block(),
    );
    Ok(row.fetch_optional(db).await?)
}

fn covering_scopes(digest: Digest, folder: u32) -> Vec<Scope> {
    let folder = Some(Scope::Folder(folder)).filter(|_| folder != 0);
    [Scope::Chart].into_iter().chain(folder).chain([Scope::Record(digest)]).collect()
}
