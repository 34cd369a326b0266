//! The contract's verdict at a moment, from the facts of that moment.

use sqlx::PgConnection;

use super::At;
use super::grants::{GrantRow, grant_rows};
use crate::model::view::CanOpen;
use crate::model::{
    Address, Chart, Digest, GrantState, Hash, Moment, Purpose, Question, Reason, Scope, Standing, Through, judge,
};
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
    let through = through(db, patient, reader, via, at).await?;
    let standing = standing(db, reader, at).await?;
    let scopes = covering_scopes(digest, folder, purpose, through);
    let slots = Slots::of(patient, reader, via, through, scopes);
    let mut rows = slots.held(db, at).await?;
    let states: Vec<_> = rows
        .iter()
        .map(|row| GrantState {
            rights: row.rights(),
            purposes: row.purposes(),
            expires_at: row.expires_at,
            voided: row.voided(at),
            parent_ended: row.parent_ended(at),
        })
        .collect();
    let verdict = judge(&Question { chart, through, standing, purpose, now: at.time }, &states);
    let grant = match (verdict.reason, verdict.grant) {
        (Reason::NoGrant, _) => slots.latest_ended(db, at).await?,
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
    let record = sqlx::query!(
        r#"select folder, coalesce(retracted_block <= $3, false) as "retracted!"
           from record where patient = $1 and digest = $2 and added_block <= $3"#,
        patient as _,
        digest as _,
        at.block(),
    );
    Ok(match record.fetch_optional(db).await? {
        Some(row) => (Chart::HasRecord { retracted: row.retracted }, u32::try_from(row.folder).unwrap_or(0)),
        None => (Chart::NoRecord, 0),
    })
}

/// What `via` names at that moment, in the contract's order.
async fn through(
    db: &mut PgConnection,
    patient: Address,
    reader: Address,
    via: Option<Address>,
    at: At,
) -> Result<Through, StoreError> {
    if reader == patient {
        return Ok(Through::Patient);
    }
    let Some(via) = via else { return Ok(Through::Own) };
    if via == patient {
        let until = sqlx::query_scalar!(
            r#"select ends_at as "until: Moment" from guardian
               where patient = $1 and guardian = $2
                   and from_block <= $3 and (until_block is null or until_block > $3)"#,
            patient as _,
            reader as _,
            at.block(),
        );
        return Ok(Through::Guardian { until: until.fetch_optional(db).await? });
    }
    let team = sqlx::query_scalar!(
        r#"select m.ends_at as "until?: Moment"
           from team t
           left join team_member m on m.team = t.team and m.member = $2
               and m.from_block <= $3 and (m.until_block is null or m.until_block > $3)
           where t.team = $1 and t.created_block <= $3"#,
        via as _,
        reader as _,
        at.block(),
    );
    match team.fetch_optional(&mut *db).await? {
        Some(until) => Ok(Through::Team { until }),
        None => Ok(Through::Referrer(standing(db, via, at).await?)),
    }
}

async fn standing(db: &mut PgConnection, account: Address, at: At) -> Result<Standing, StoreError> {
    let row = sqlx::query!(
        r#"select suspended, valid_until as "valid_until: Moment" from practitioner
           where practitioner = $1 and from_block <= $2 and (until_block is null or until_block > $2)"#,
        account as _,
        at.block(),
    );
    Ok(match row.fetch_optional(db).await? {
        Some(row) => Standing::Registered { suspended: row.suspended, valid_until: row.valid_until },
        None => Standing::Unknown,
    })
}

/// From the widest to the narrowest, as the judge tries them. What a broken glass gives counts for its own purpose
/// only, and for nobody else.
fn covering_scopes(digest: Digest, folder: u32, purpose: Purpose, through: Through) -> Vec<Scope> {
    let folder = Some(Scope::Folder(folder)).filter(|_| folder != 0);
    let glass = Some(Scope::Emergency).filter(|_| purpose == Purpose::Btg && through == Through::Own);
    [Scope::Chart].into_iter().chain(folder).chain([Scope::Record(digest)]).chain(glass).collect()
}

/// The slots that the judge looks into.
struct Slots {
    patient: Address,
    grantee: Address,
    /// Whose referrals; `None`: grants.
    referrer: Option<Address>,
    scopes: Vec<Scope>,
}

impl Slots {
    fn of(patient: Address, reader: Address, via: Option<Address>, through: Through, scopes: Vec<Scope>) -> Self {
        let (grantee, referrer) = match through {
            Through::Team { .. } => (via.unwrap_or(reader), None),
            Through::Referrer(_) => (reader, via),
            Through::Patient | Through::Guardian { .. } | Through::Own => (reader, None),
        };
        Slots { patient, grantee, referrer, scopes }
    }

    /// What was in them, in the order of their scopes.
    async fn held(&self, db: &mut PgConnection, at: At) -> Result<Vec<GrantRow>, StoreError> {
        // Found by grantee and patient: compared like this, neither scopes nor blocks lead into another index.
        let rows = grant_rows!(
            r#"where g.patient = $1 and g.grantee = $2 and g.referrer is not distinct from $3
                   and array_position($4, g.scope) is not null
                   and $5 - g.granted_block >= 0 and (g.ended_block is null or g.ended_block > $5)
               order by array_position($4, g.scope)"#,
            self.patient as _,
            self.grantee as _,
            self.referrer as _,
            &self.scopes as _,
            at.block(),
        );
        Ok(rows.fetch_all(db).await?)
    }

    /// The last that was revoked or renounced: what tells "no longer" from "never".
    async fn latest_ended(&self, db: &mut PgConnection, at: At) -> Result<Option<GrantRow>, StoreError> {
        let row = grant_rows!(
            r#"where g.patient = $1 and g.grantee = $2 and g.referrer is not distinct from $3
                   and array_position($4, g.scope) is not null
                   and g.ended_block <= $5
               order by g.ended_block desc, g.ended_log desc limit 1"#,
            self.patient as _,
            self.grantee as _,
            self.referrer as _,
            &self.scopes as _,
            at.block(),
        );
        Ok(row.fetch_optional(db).await?)
    }
}
