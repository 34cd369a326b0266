//! The public directory, and what a practitioner was granted.

use sqlx::PgConnection;

use super::grants::{GrantRow, grant_rows};
use super::records::{RecordRow, hide_unseen, record_rows};
use super::{At, PageOf};
use crate::model::view::{Grant, Practitioner, PractitionerState, Record};
use crate::model::{Address, Digest, Hash, Moment, Position, Scope};
use crate::store::StoreError;

#[derive(Debug, Clone, Default)]
pub struct DirectoryFilter {
    /// Words to find in name, licence, specialty or organisation, in any case.
    pub q: Option<String>,
    /// The whole specialty or organisation, in any case.
    pub specialty: Option<String>,
    pub organisation: Option<String>,
    pub state: Option<PractitionerState>,
}

pub(super) struct PractitionerRow {
    pub(super) practitioner: Address,
    pub(super) registrar: Address,
    pub(super) valid_until: Moment,
    pub(super) suspended: bool,
    pub(super) emergency_capable: bool,
    pub(super) name: String,
    pub(super) licence: String,
    pub(super) specialty: String,
    pub(super) organisation: String,
    pub(super) changed_at: Moment,
}

/// `query_as!` for rows of `practitioner p`, from what follows the `from` clause.
macro_rules! practitioner_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            PractitionerRow,
            r#"select p.practitioner as "practitioner: Address", p.registrar as "registrar: Address",
                      p.valid_until as "valid_until: Moment", p.suspended, p.emergency_capable, p.name, p.licence,
                      p.specialty, p.organisation, b.timestamp as "changed_at: Moment"
               from practitioner p join block b on b.number = p.from_block "# + $tail,
            $($arg),*
        )
    };
}
pub(super) use practitioner_rows;

impl PractitionerRow {
    pub(super) fn view(self, at: At) -> Practitioner {
        let state = if self.suspended {
            PractitionerState::Suspended
        } else if self.valid_until <= at.time {
            PractitionerState::Lapsed
        } else {
            PractitionerState::Active
        };
        Practitioner {
            address: self.practitioner,
            name: self.name,
            licence: self.licence,
            specialty: self.specialty,
            organisation: self.organisation,
            state,
            valid_until: self.valid_until,
            suspended: self.suspended,
            emergency_capable: self.emergency_capable,
            registrar: self.registrar,
            changed_at: self.changed_at,
        }
    }
}

/// The directory at the head, by account.
pub async fn directory(
    db: &mut PgConnection,
    filter: &DirectoryFilter,
    at: At,
    limit: u32,
    after: Option<Address>,
) -> Result<Vec<Practitioner>, StoreError> {
    let state = filter.state.map(|state| match state {
        PractitionerState::Active => "active",
        PractitionerState::Suspended => "suspended",
        PractitionerState::Lapsed => "lapsed",
    });
    // Which index serves depends on what is asked by.
    sqlx::query("set local plan_cache_mode = force_custom_plan").execute(&mut *db).await?;
    let rows = practitioner_rows!(
        r#"where p.until_block is null
               and ($1::text is null
                  or lower(p.name || ' ' || p.licence || ' ' || p.specialty || ' ' || p.organisation)
                      like '%' || lower($1) || '%')
               and ($2::text is null or lower(p.specialty) = lower($2))
               and ($3::text is null or lower(p.organisation) = lower($3))
               and (coalesce($4::text, '') <> 'suspended' or p.suspended)
               and (coalesce($4, '') <> 'lapsed' or not p.suspended and p.valid_until <= $5)
               and (coalesce($4, '') <> 'active' or not p.suspended and p.valid_until > $5)
               and ($6::bytea is null or p.practitioner > $6)
           order by p.practitioner limit $7"#,
        filter.q.as_deref().map(literally),
        filter.specialty,
        filter.organisation,
        state,
        at.time as _,
        after as _,
        i64::from(limit),
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(|row| row.view(at)).collect())
}

/// A text as a part of a pattern that stands for nothing but itself.
fn literally(text: &str) -> String {
    text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_")
}

/// One practitioner at the head. `None`: no registrar ever vouched for that account.
pub async fn practitioner(db: &mut PgConnection, account: Address, at: At) -> Result<Option<Practitioner>, StoreError> {
    let row = practitioner_rows!("where p.practitioner = $1 and p.until_block is null", account as _);
    Ok(row.fetch_optional(db).await?.map(|row| row.view(at)))
}

/// Grants and referrals in force that name the practitioner or a team of theirs: the patients they have access to. With `still`,
/// only those of patients that they have access to at that moment too, in good standing.
pub async fn patients_of_practitioner(
    db: &mut PgConnection,
    account: Address,
    at: At,
    still: Option<At>,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Grant)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let rows = grant_rows!(
        r#"join (
               select h.patient, h.granted_block, h.granted_log
               from access_grant_held h
               where h.grantee = any(array(
                       select $1::bytea
                       union all
                       select m.team from team_member m
                       where m.member = $1 and term_in_force(m.from_block, m.until_block, m.ends_at, $2, $3)))
                   and h.patient <> $1
                   and grant_in_force(h.granted_block, h.over_block, h.expires_at, $2, $3)
                   and ($7::bigint is null or exists (
                           select from practitioner p
                           where p.practitioner = $1
                               and in_good_standing(p.from_block, p.until_block, p.suspended, p.valid_until, $7, $8))
                       and exists (
                           select from access_grant_held n
                           where n.patient = h.patient
                               and n.grantee = any(array(
                                   select $1::bytea
                                   union all
                                   select m.team from team_member m
                                   where m.member = $1
                                       and term_in_force(m.from_block, m.until_block, m.ends_at, $7, $8)))
                               and grant_in_force(n.granted_block, n.over_block, n.expires_at, $7, $8)))
                   and (h.granted_block, h.granted_log) > ($4, $5)
               order by h.granted_block, h.granted_log limit $6
           ) page on page.patient = g.patient and page.granted_block = g.granted_block and page.granted_log = g.granted_log
           order by g.granted_block, g.granted_log"#,
        account as _,
        at.block(),
        at.time as _,
        after_block,
        after_log,
        page.limit(),
        still.map(At::block),
        still.map(|at| at.time) as _,
    );
    rows.fetch_all(db).await?.into_iter().map(|row| Ok((row.position(), row.view(at)?))).collect()
}

/// Records the practitioner can open as one: their own chart, and charts of patients whose guardian they are, left out. With
/// `still`, only those that they can open at that moment too, and of the others that a record names only such.
pub async fn records_of_practitioner(
    db: &mut PgConnection,
    account: Address,
    at: At,
    still: Option<At>,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Record)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    // What can be opened at that moment can be opened at that moment.
    let other = still.filter(|still| still.block != at.block);
    let rows = record_rows!(
        r#"join (
               select distinct held.added_block, held.added_log, held.patient
               from sight($1, $2) s
               join record held on held.patient = s.patient
                   and sight_shows(s.scope, held.added_block, held.retracted_block, held.folder, held.digest, $1)
               where s.viewer = $3 and s.scope is not null
                   and ($7::bigint is null or exists (
                       select from sight($7, $8) n
                       where n.patient = held.patient and n.viewer = $3 and n.scope is not null
                           and sight_shows(n.scope, held.added_block, held.retracted_block, held.folder, held.digest, $7)))
                   and (held.added_block, held.added_log) > ($4, $5)
               order by held.added_block, held.added_log, held.patient limit $6
           ) page on page.patient = r.patient and page.added_block = r.added_block and page.added_log = r.added_log
           order by r.added_block, r.added_log"#,
        at.block(),
        at.time as _,
        account as _,
        after_block,
        after_log,
        page.limit(),
        other.map(At::block),
        other.map(|at| at.time) as _,
    );
    let mut rows = rows.fetch_all(&mut *db).await?.into_iter().map(RecordRow::view).collect::<Result<Vec<_>, _>>()?;
    if let Some(still) = still {
        hide_unseen(db, rows.iter_mut().map(|(_, record)| record), account, still).await?;
    }
    Ok(rows)
}
