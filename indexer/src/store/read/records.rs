//! Records of a chart, and by CID.

use sqlx::PgConnection;

use super::{At, PageOf, codec, corrupt, place};
use crate::model::view::{HexBytes, Record, RecordStatus};
use crate::model::{Address, Digest, Hash, Malformed, Moment, Position, RecordCid};
use crate::store::StoreError;

#[derive(Debug, Clone, Copy)]
pub struct RecordFilter {
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
    let rows = record_rows!(
        r#"where r.patient = $2
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
    );
    rows.fetch_all(db).await?.into_iter().map(RecordRow::view).collect()
}

/// A record by its digest, in the chart of `patient` or the first chart it was added to; and every chart that holds it.
pub async fn record(
    db: &mut PgConnection,
    digest: Digest,
    patient: Option<Address>,
    at: At,
) -> Result<Option<(Record, Vec<Address>)>, StoreError> {
    let rows = record_rows!("where r.digest = $2 order by r.added_block, r.added_log", at.block(), digest as _);
    let rows: Result<Vec<_>, _> = rows.fetch_all(db).await?.into_iter().map(RecordRow::view).collect();
    let rows = rows?;
    let charts = rows.iter().map(|(_, record)| record.patient).collect();
    let found = rows.into_iter().find(|(_, record)| patient.is_none_or(|patient| record.patient == patient));
    Ok(found.map(|(_, record)| (record, charts)))
}
