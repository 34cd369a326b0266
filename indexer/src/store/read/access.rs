//! Who may see what of whose chart, by the chain's facts at a moment.

use sqlx::PgConnection;

use super::At;
use crate::model::{Address, Digest, Role};
use crate::store::StoreError;

/// How much of a chart an account may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartAccess {
    /// Nothing, not even whether it exists.
    None,
    /// What their grants cover.
    Covered,
    /// All of it: the patient, a guardian in force, an auditor.
    Whole,
}

impl ChartAccess {
    fn of(level: i32) -> Self {
        match level {
            2 => ChartAccess::Whole,
            1 => ChartAccess::Covered,
            _ => ChartAccess::None,
        }
    }
}

/// What an account may see of a chart. The same questions are asked whether or not there is such a patient.
pub async fn chart_access(
    db: &mut PgConnection,
    account: Address,
    patient: Address,
    at: At,
) -> Result<ChartAccess, StoreError> {
    let level = sqlx::query_scalar!(
        r#"select case
               when $1 = $2::bytea then 2
               when exists (select from guardian
                            where patient = $2 and guardian = $1
                                and term_in_force(from_block, until_block, ends_at, $3, $4)) then 2
               when exists (select from role_holder
                            where role = $5 and account = $1
                                and from_block <= $3 and (until_block is null or until_block > $3)) then 2
               when exists (select from sight($3, $4) s where s.patient = $2 and s.viewer = $1) then 1
               else 0
           end as "level!""#,
        account as _,
        patient as _,
        at.block(),
        at.time as _,
        Role::Auditor.id() as _,
    );
    Ok(ChartAccess::of(level.fetch_one(db).await?))
}

/// Whether an account holds a role.
pub async fn holds_role(db: &mut PgConnection, account: Address, role: Role, at: At) -> Result<bool, StoreError> {
    let held = sqlx::query_scalar!(
        r#"select exists (select from role_holder
                          where role = $1 and account = $2
                              and from_block <= $3 and (until_block is null or until_block > $3)) as "held!""#,
        role.id() as _,
        account as _,
        at.block(),
    );
    Ok(held.fetch_one(db).await?)
}

/// The charts that hold a record (or only `patient`'s) of which `account` may see it, and how much else. `None` for the account:
/// all of them. In the order in which it was added to them.
pub async fn charts_with(
    db: &mut PgConnection,
    digest: Digest,
    patient: Option<Address>,
    account: Option<Address>,
    at: At,
) -> Result<Vec<(Address, ChartAccess)>, StoreError> {
    let rows = sqlx::query!(
        r#"select patient as "patient!: Address", level as "level!"
           from (
               select r.patient, r.added_block, r.added_log, case
                   when $3::bytea is null or r.patient = $3 then 2
                   when exists (select from guardian g
                                where g.patient = r.patient and g.guardian = $3
                                    and term_in_force(g.from_block, g.until_block, g.ends_at, $4, $5)) then 2
                   when exists (select from sight($4, $5) s
                                where s.patient = r.patient and s.viewer = $3
                                    and sight_shows(s.scope, r.added_block, r.retracted_block, r.folder, r.digest, $4))
                       then 1
                   else 0
               end as level
               from record r
               where r.digest = $1 and ($2::bytea is null or r.patient = $2)
           ) held
           where level > 0 order by added_block, added_log"#,
        digest as _,
        patient as _,
        account as _,
        at.block(),
        at.time as _,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| (row.patient, ChartAccess::of(row.level))).collect())
}
