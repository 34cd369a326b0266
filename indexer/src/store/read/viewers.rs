//! Who can see what: the rows of `sight` (migrations/0007_sights.sql), with the grants they name.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::grants::{GrantRow, grant_rows};
use super::{At, PageOf};
use crate::model::view::{Grant, Viewer};
use crate::model::{Address, Digest, Hash, Moment, Position, Scope};
use crate::store::StoreError;

/// Where a row stands among viewers: after the event that began it, by account (a team's grant gives one row per
/// member).
pub type ViewerPlace = (Position, Address);

/// A row of `sight`.
struct Sight {
    patient: Address,
    viewer: Address,
    via: Option<Address>,
    grantee: Option<Address>,
    from_block: i64,
    from_log: i32,
}

/// `query_as!` for `Sight`s of `sight s`, from the `from` clause on.
macro_rules! sight_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            Sight,
            r#"select s.patient as "patient!: Address", s.viewer as "viewer!: Address", s.via as "via: Address",
                      s.grantee as "grantee: Address", s.from_block as "from_block!", s.from_log as "from_log!" "# + $tail,
            $($arg),*
        )
    };
}

/// Who can see what in a chart, the patient left out: guardians, and practitioners in good standing by grants and
/// referrals in force with READ.
pub async fn viewers_of_patient(
    db: &mut PgConnection,
    patient: Address,
    at: At,
    page: PageOf<ViewerPlace>,
) -> Result<Vec<(ViewerPlace, Viewer)>, StoreError> {
    let (after_block, after_log, after_viewer) = page.ascending();
    let rows = sight_rows!(
        r#"from sight($2, $3) s
           where s.patient = $1 and (s.from_block, s.from_log, s.viewer) > ($4, $5, $6)
           order by s.from_block, s.from_log, s.viewer limit $7"#,
        patient as _,
        at.block(),
        at.time as _,
        after_block,
        after_log,
        after_viewer as _,
        page.limit(),
    );
    let rows = rows.fetch_all(&mut *db).await?;
    with_grants(db, rows, at).await
}

/// Who can see a record in these charts, once it is there. A retracted one:
/// guardians.
pub async fn viewers_of_record(
    db: &mut PgConnection,
    digest: Digest,
    charts: &[Address],
    at: At,
    page: PageOf<ViewerPlace>,
) -> Result<Vec<(ViewerPlace, Viewer)>, StoreError> {
    let (after_block, after_log, after_viewer) = page.ascending();
    // "offset 0" keeps `sight` a subquery of its own, so that all that is asked of its rows goes down into each of its parts.
    let rows = sight_rows!(
        r#"from record r
           cross join lateral (
               select * from sight($3, $4) one
               where one.patient = r.patient
                   and sight_shows(one.scope, r.added_block, r.retracted_block, r.folder, r.digest, $3)
                   and (one.from_block, one.from_log, one.viewer) > ($5, $6, $7)
               offset 0) s
           where r.digest = $1 and r.patient = any($2)
           order by s.from_block, s.from_log, s.viewer limit $8"#,
        digest as _,
        charts as _,
        at.block(),
        at.time as _,
        after_block,
        after_log,
        after_viewer as _,
        page.limit(),
    );
    let rows = rows.fetch_all(&mut *db).await?;
    with_grants(db, rows, at).await
}

/// The rows, each with its grant.
async fn with_grants(
    db: &mut PgConnection,
    sights: Vec<Sight>,
    at: At,
) -> Result<Vec<(ViewerPlace, Viewer)>, StoreError> {
    // Of charts and blocks, so that each is found by its key; what else a block holds of those charts is left aside.
    let granted = |sight: &&Sight| sight.grantee.is_some();
    let patients: Vec<Address> = sights.iter().filter(granted).map(|sight| sight.patient).collect();
    let blocks: Vec<i64> = sights.iter().filter(granted).map(|sight| sight.from_block).collect();
    let rows = grant_rows!(
        r#"join (select distinct * from unnest($1::bytea[], $2::bigint[])) asked(patient, block)
               on g.patient = asked.patient and g.granted_block = asked.block"#,
        &patients as _,
        &blocks,
    );
    let mut grants: HashMap<Position, Grant> = HashMap::new();
    for row in rows.fetch_all(db).await? {
        grants.insert(row.position(), row.view(at)?);
    }
    let viewers = sights.into_iter().map(|sight| {
        let position =
            Position { block_number: sight.from_block.cast_unsigned(), log_index: sight.from_log.cast_unsigned() };
        let grant = grants.get(&position).cloned();
        ((position, sight.viewer), Viewer { viewer: sight.viewer, via: sight.via, grant })
    });
    Ok(viewers.collect())
}
