//! Records of a chart, and by CID.

use sqlx::PgConnection;

use super::{PageOf, codec, place};
use crate::model::view::{HexBytes, Record};
use crate::model::{Address, Digest, Hash, Moment, Position, RecordCid};
use crate::store::StoreError;

#[derive(Debug, Clone, Copy)]
pub struct RecordFilter {
    pub folder: Option<u32>,
    pub author: Option<Address>,
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
    pub(super) added_transaction: Hash,
}

/// `query_as!` for `RecordRow`s of `record_detail r`, from what follows the `from` clause.
macro_rules! record_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            RecordRow,
            r#"select r.patient as "patient!: Address", r.digest as "digest!: Digest", r.codec as "codec!",
                      r.folder as "folder!", r.author as "author!: Address", r.key_commit as "key_commit!: Hash",
                      r.sealed_metadata as "sealed_metadata!", r.added_block as "added_block!",
                      r.added_log as "added_log!", r.added_at as "added_at!: Moment",
                      r.added_block_hash as "added_block_hash!: Hash",
                      r.added_transaction as "added_transaction!: Hash"
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
            codec: codec.name(),
            folder: u32::try_from(self.folder).unwrap_or(0),
            author: self.author,
            status: "current",
            added_at: self.added_at,
            supersedes: None,
            superseded_by: None,
            key_commit: self.key_commit,
            sealed_metadata: HexBytes(self.sealed_metadata),
            position,
        };
        let at = Position { block_number: record.position.block_number, log_index: record.position.log_index };
        Ok((at, record))
    }
}

/// A patient's records.
pub async fn records(
    db: &mut PgConnection,
    patient: Address,
    filter: &RecordFilter,
    page: PageOf<Position>,
) -> Result<Vec<(Position, Record)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let rows = record_rows!(
        r#"where r.patient = $1
               and ($2::bigint is null or r.folder = $2)
               and ($3::bytea is null or r.author = $3)
               and ($4::timestamptz is null or r.added_at >= $4)
               and ($5::timestamptz is null or r.added_at < $5)
               and (r.added_block, r.added_log) > ($6, $7)
           order by r.added_block, r.added_log limit $8"#,
        patient as _,
        filter.folder.map(i64::from),
        filter.author as _,
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
) -> Result<Option<(Record, Vec<Address>)>, StoreError> {
    let rows = record_rows!("where r.digest = $1 order by r.added_block, r.added_log", digest as _);
    let rows: Result<Vec<_>, _> = rows.fetch_all(db).await?.into_iter().map(RecordRow::view).collect();
    let rows = rows?;
    let charts = rows.iter().map(|(_, record)| record.patient).collect();
    let found = rows.into_iter().find(|(_, record)| patient.is_none_or(|patient| record.patient == patient));
    Ok(found.map(|(_, record)| (record, charts)))
}
