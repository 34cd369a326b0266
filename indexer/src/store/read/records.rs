//! Records of a chart, and by CID.

use std::collections::HashSet;

use sqlx::PgConnection;

use super::{At, PageOf, codec, corrupt, place};
use crate::model::view::{HexBytes, Record, RecordStatus};
use crate::model::{Address, Digest, Hash, Malformed, Moment, Position, RecordCid};
use crate::store::StoreError;

#[derive(Debug, Clone, Copy)]
pub struct RecordFilter {
    /// Only those that this account may see, by its grants and its teams'.
    pub viewer: Option<Address>,
    pub folder: Option<u32>,
    pub author: Option<Address>,
    pub status: Option<RecordStatus>,
    /// Added at or after, and before.
    pub since: Option<Moment>,
    pub until: Option<Moment>,
}

/// A row of `record_detail`.
pub(super) struct RecordRow {
    pub(super) patient: Address,
    pub(super) digest: Digest,
    pub(super) codec: i16,
    pub(super) folder: i64,
    pub(super) author: Address,
    pub(super) key_commit: Hash,
    pub(super) sealed_metadata: Vec<u8>,
    pub(super) added_block: i64,
    pub(super) added_log: i32,
    pub(super) added_at: Moment,
    pub(super) added_block_hash: Hash,
    pub(super) added_transaction: Option<Hash>,
    pub(super) status: String,
    pub(super) superseded_by: Option<Digest>,
    pub(super) successor_codec: Option<i16>,
    pub(super) corrected_digest: Option<Digest>,
    pub(super) corrected_codec: Option<i16>,
}

/// `query_as!` for `RecordRow`s of `record_detail r`, from what follows the `from` clause. $1 is the block to tell
/// their state at.
macro_rules! record_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            RecordRow,
            r#"select r.patient as "patient!: Address", r.digest as "digest!: Digest", r.codec as "codec!",
                      r.folder as "folder!", r.author as "author!: Address", r.key_commit as "key_commit!: Hash",
                      r.sealed_metadata as "sealed_metadata!", r.added_block as "added_block!",
                      r.added_log as "added_log!", r.added_at as "added_at!: Moment",
                      r.added_block_hash as "added_block_hash!: Hash",
                      r.added_transaction as "added_transaction: Hash",
                      record_status(r.superseded_block, r.retracted_block, $1) as "status!",
                      case when r.superseded_block <= $1 then r.superseded_by end as "superseded_by: Digest",
                      r.successor_codec, r.corrected_digest as "corrected_digest: Digest", r.corrected_codec
               from record_detail r "# + $tail,
            $($arg),*
        )
    };
}
pub(super) use record_rows;

impl RecordRow {
    pub(super) fn view(self) -> Result<(Position, Record), StoreError> {
        let codec = codec(self.codec)?;
        let position =
            place(self.added_block, self.added_block_hash, self.added_transaction, self.added_log, self.added_at);
        let record = Record {
            patient: self.patient,
            cid: RecordCid { codec, digest: self.digest },
            digest: self.digest,
            codec,
            folder: u32::try_from(self.folder).unwrap_or(0),
            author: self.author,
            status: parse_status(&self.status)?,
            added_at: self.added_at,
            supersedes: cid(self.corrected_digest, self.corrected_codec)?,
            superseded_by: cid(self.superseded_by, self.successor_codec)?,
            key_commit: self.key_commit,
            sealed_metadata: HexBytes(self.sealed_metadata),
            position,
        };
        let at = Position { block_number: record.position.block_number, log_index: record.position.log_index };
        Ok((at, record))
    }
}

fn cid(digest: Option<Digest>, code: Option<i16>) -> Result<Option<RecordCid>, StoreError> {
    let (Some(digest), Some(code)) = (digest, code) else { return Ok(None) };
    Ok(Some(RecordCid { codec: codec(code)?, digest }))
}

fn parse_status(text: &str) -> Result<RecordStatus, StoreError> {
    match text {
        "current" => Ok(RecordStatus::Current),
        "superseded" => Ok(RecordStatus::Superseded),
        "retracted" => Ok(RecordStatus::Retracted),
        other => Err(corrupt(Malformed(format!("record status {other:?}")))),
    }
}

/// A patient's records.
pub async fn records(
    db: &mut PgConnection,
    patient: Address,
    filter: &RecordFilter,
    at: At,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Record)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let status = filter.status.map(|status| match status {
        RecordStatus::Current => "current",
        RecordStatus::Superseded => "superseded",
        RecordStatus::Retracted => "retracted",
    });
    // The scopes that a viewer may see are found once, not for each record.
    let rows = record_rows!(
        r#"where r.patient = $2
               and ($11::bytea is null or exists (
                   select from unnest(array(
                       select s.scope from sight($1, $12) s
                       where s.patient = $2 and s.viewer = $11 and s.scope is not null)) seen(scope)
                   where sight_shows(seen.scope, r.added_block, r.retracted_block, r.folder, r.digest, $1)))
               and ($3::bigint is null or r.folder = $3)
               and ($4::bytea is null or r.author = $4)
               and ($5::text is null or record_status(r.superseded_block, r.retracted_block, $1) = $5)
               and ($6::timestamptz is null or r.added_at >= $6)
               and ($7::timestamptz is null or r.added_at < $7)
               and (r.added_block, r.added_log) > ($8, $9)
           order by r.added_block, r.added_log limit $10"#,
        at.block(),
        patient as _,
        filter.folder.map(i64::from),
        filter.author as _,
        status,
        filter.since as _,
        filter.until as _,
        after_block,
        after_log,
        page.limit(),
        filter.viewer as _,
        at.time as _,
    );
    let mut rows = rows.fetch_all(&mut *db).await?.into_iter().map(RecordRow::view).collect::<Result<Vec<_>, _>>()?;
    if let Some(viewer) = filter.viewer {
        hide_unseen(db, rows.iter_mut().map(|(_, record)| record), viewer, at).await?;
    }
    Ok(rows)
}

/// Leaves out of records which others they correct or are corrected by, unless `viewer` may see these too.
pub(super) async fn hide_unseen(
    db: &mut PgConnection,
    records: impl Iterator<Item = &mut Record>,
    viewer: Address,
    at: At,
) -> Result<(), StoreError> {
    let records: Vec<_> =
        records.filter(|record| record.supersedes.is_some() || record.superseded_by.is_some()).collect();
    let named = |record: &Record| [record.supersedes, record.superseded_by].into_iter().flatten().collect::<Vec<_>>();
    let (patients, digests): (Vec<Address>, Vec<Digest>) =
        records.iter().flat_map(|r| named(r).into_iter().map(|cid| (r.patient, cid.digest))).unzip();
    if digests.is_empty() {
        return Ok(());
    }
    let seen = sqlx::query!(
        r#"select r.patient as "patient!: Address", r.digest as "digest!: Digest"
           from unnest($1::bytea[], $2::bytea[]) named(patient, digest)
           join record r on r.patient = named.patient and r.digest = named.digest
           where exists (
               select from sight($4, $5) s
               where s.patient = r.patient and s.viewer = $3
                   and sight_shows(s.scope, r.added_block, r.retracted_block, r.folder, r.digest, $4))"#,
        &patients as _,
        &digests as _,
        viewer as _,
        at.block(),
        at.time as _,
    );
    let seen = seen.fetch_all(db).await?.into_iter().map(|row| (row.patient, row.digest)).collect::<HashSet<_>>();
    for record in records {
        let patient = record.patient;
        let visible = |cid: &RecordCid| seen.contains(&(patient, cid.digest));
        record.supersedes = record.supersedes.filter(visible);
        record.superseded_by = record.superseded_by.filter(visible);
    }
    Ok(())
}

/// A record of a chart by its digest, as `viewer` may see it.
pub async fn record(
    db: &mut PgConnection,
    digest: Digest,
    patient: Address,
    viewer: Option<Address>,
    at: At,
) -> Result<Option<Record>, StoreError> {
    let row = record_rows!("where r.patient = $2 and r.digest = $3", at.block(), patient as _, digest as _);
    let Some(row) = row.fetch_optional(&mut *db).await? else { return Ok(None) };
    let (_, mut record) = row.view()?;
    if let Some(viewer) = viewer {
        hide_unseen(db, std::iter::once(&mut record), viewer, at).await?;
    }
    Ok(Some(record))
}
