//! The state at a moment, fact by fact, each kind in the order of its table's key.

use sqlx::PgConnection;

use super::grants::{GrantRow, grant_rows};
use super::practitioners::{PractitionerRow, practitioner_rows};
use super::records::{RecordRow, record_rows};
use super::{At, PageOf};
use crate::model::view::{Chart, EmergencyTerms, Guardianship, HeldRole, Membership, NamedTeam, StateLine};
use crate::model::{Address, Digest, Hash, Moment, Position, Role, Scope};
use crate::store::StoreError;

/// What the lines of the state are about, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Role,
    Practitioner,
    Team,
    Member,
    Patient,
    Guardian,
    EmergencyPolicy,
    Record,
    Grant,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Role,
        Kind::Practitioner,
        Kind::Team,
        Kind::Member,
        Kind::Patient,
        Kind::Guardian,
        Kind::EmergencyPolicy,
        Kind::Record,
        Kind::Grant,
    ];
}

/// A line's place: its kind, and its key within it.
#[derive(Debug, Clone)]
pub struct StatePlace {
    kind: Kind,
    key: Key,
}

/// The first columns of a table's key. Nothing is less than none.
#[derive(Debug, Clone, Default)]
struct Key {
    first: Vec<u8>,
    second: Vec<u8>,
    position: Option<Position>,
}

impl Key {
    fn of(first: Address) -> Self {
        Key { first: first.0.to_vec(), ..Key::default() }
    }

    fn and(self, second: &[u8]) -> Self {
        Key { second: second.to_vec(), ..self }
    }

    fn at(self, position: Position) -> Self {
        Key { position: Some(position), ..self }
    }

    fn block(&self) -> i64 {
        self.position.map_or(-1, |at| at.block_number.cast_signed())
    }

    fn log(&self) -> i32 {
        self.position.map_or(0, |at| at.log_index.cast_signed())
    }
}

type Lines = Vec<(Key, StateLine)>;

/// The next lines of the state at a moment: at most `limit`, and some unless there are no more.
pub async fn state(
    db: &mut PgConnection,
    at: At,
    page: PageOf<StatePlace>,
) -> Result<Vec<(StatePlace, StateLine)>, StoreError> {
    let limit = page.limit();
    let (begun, mut after) = page.after.map_or((Kind::Role, Key::default()), |place| (place.kind, place.key));
    for kind in Kind::ALL.into_iter().skip_while(|kind| *kind != begun) {
        let lines = of_kind(db, kind, at, &after, limit).await?;
        if !lines.is_empty() {
            return Ok(lines.into_iter().map(|(key, line)| (StatePlace { kind, key }, line)).collect());
        }
        after = Key::default();
    }
    Ok(Vec::new())
}

async fn of_kind(db: &mut PgConnection, kind: Kind, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    match kind {
        Kind::Role => roles(db, at, after, limit).await,
        Kind::Practitioner => practitioners(db, at, after, limit).await,
        Kind::Team => teams(db, at, after, limit).await,
        Kind::Member => members(db, at, after, limit).await,
        Kind::Patient => patients(db, at, after, limit).await,
        Kind::Guardian => guardians(db, at, after, limit).await,
        Kind::EmergencyPolicy => emergency_policies(db, at, after, limit).await,
        Kind::Record => records(db, at, after, limit).await,
        Kind::Grant => grants(db, at, after, limit).await,
    }
}

async fn roles(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query!(
        r#"select r.account as "account: Address", r.role as "role: Hash", b.timestamp as "since: Moment"
           from role_holder r join block b on b.number = r.from_block
           where (r.account, r.role) > ($1, $2)
               and r.from_block <= $3 and (r.until_block is null or r.until_block > $3)
           order by r.account, r.role limit $4"#,
        after.first,
        after.second,
        at.block(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| {
            let name = Role::ALL.into_iter().find(|role| role.id() == row.role);
            let held = HeldRole { account: row.account, role: row.role, name, since: row.since };
            (Key::of(row.account).and(&row.role.0), StateLine::Role(held))
        })
        .collect())
}

async fn practitioners(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = practitioner_rows!(
        r#"where p.practitioner > $1 and p.from_block <= $2 and (p.until_block is null or p.until_block > $2)
           order by p.practitioner limit $3"#,
        after.first,
        at.block(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| (Key::of(row.practitioner), StateLine::Practitioner(row.view(at)))).collect())
}

async fn teams(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query_as!(
        NamedTeam,
        r#"select t.team as "address: Address", t.registrar as "registrar: Address", t.name, t.organisation,
                  b.timestamp as "created_at: Moment"
           from team t join block b on b.number = t.created_block
           where t.team > $1 and t.created_block <= $2
           order by t.team limit $3"#,
        after.first,
        at.block(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|team| (Key::of(team.address), StateLine::Team(team))).collect())
}

async fn members(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query_as!(
        Membership,
        r#"select m.team as "team: Address", m.member as "member: Address", b.timestamp as "since: Moment",
                  m.ends_at as "until: Moment"
           from team_member m join block b on b.number = m.from_block
           where (m.team, m.member) > ($1, $2) and term_in_force(m.from_block, m.until_block, m.ends_at, $3, $4)
           order by m.team, m.member limit $5"#,
        after.first,
        after.second,
        at.block(),
        at.time as _,
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|term| (Key::of(term.team).and(&term.member.0), StateLine::Member(term))).collect())
}

async fn patients(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query_as!(
        Chart,
        r#"select p.patient as "address: Address", b.timestamp as "registered_at: Moment"
           from patient p join block b on b.number = p.registered_block
           where p.patient > $1 and p.registered_block <= $2
           order by p.patient limit $3"#,
        after.first,
        at.block(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|chart| (Key::of(chart.address), StateLine::Patient(chart))).collect())
}

async fn guardians(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query_as!(
        Guardianship,
        r#"select g.patient as "patient: Address", g.guardian as "guardian: Address", b.timestamp as "since: Moment",
                  g.ends_at as "until: Moment"
           from guardian g join block b on b.number = g.from_block
           where (g.patient, g.guardian) > ($1, $2) and term_in_force(g.from_block, g.until_block, g.ends_at, $3, $4)
           order by g.patient, g.guardian limit $5"#,
        after.first,
        after.second,
        at.block(),
        at.time as _,
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|term| (Key::of(term.patient).and(&term.guardian.0), StateLine::Guardian(term))).collect())
}

async fn emergency_policies(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = sqlx::query!(
        r#"select p.patient as "patient: Address", p.duration, b.timestamp as "since: Moment"
           from emergency_policy p join block b on b.number = p.from_block
           where p.patient > $1 and p.duration > 0
               and p.from_block <= $2 and (p.until_block is null or p.until_block > $2)
           order by p.patient limit $3"#,
        after.first,
        at.block(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows
        .map(|row| {
            let (patient, duration_seconds) = (row.patient, row.duration.cast_unsigned());
            let terms = EmergencyTerms { patient, duration_seconds, since: row.since };
            (Key::of(patient), StateLine::EmergencyPolicy(terms))
        })
        .collect())
}

async fn records(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = record_rows!(
        r#"where (r.patient, r.added_block, r.added_log) > ($2, $3, $4) and r.added_block <= $1
           order by r.patient, r.added_block, r.added_log limit $5"#,
        at.block(),
        after.first,
        after.block(),
        after.log(),
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter().map(RecordRow::view);
    rows.map(|row| row.map(|(added, record)| (Key::of(record.patient).at(added), StateLine::Record(record)))).collect()
}

async fn grants(db: &mut PgConnection, at: At, after: &Key, limit: i64) -> Result<Lines, StoreError> {
    let rows = grant_rows!(
        r#"join (
               select h.patient, h.granted_block, h.granted_log
               from access_grant_held h
               where (h.patient, h.granted_block, h.granted_log) > ($1, $2, $3)
                   and grant_in_force(h.granted_block, h.over_block, h.expires_at, $4, $5)
               order by h.patient, h.granted_block, h.granted_log limit $6
           ) page on page.patient = g.patient and page.granted_block = g.granted_block and page.granted_log = g.granted_log
           order by g.patient, g.granted_block, g.granted_log"#,
        after.first,
        after.block(),
        after.log(),
        at.block(),
        at.time as _,
        limit,
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    rows.map(|row| Ok((Key::of(row.patient).at(row.position()), StateLine::Grant(row.view(at)?)))).collect()
}
