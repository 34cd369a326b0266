//! The stored chain, as it was stored.

use sqlx::PgConnection;

use super::StoreError;
use super::project::place;
use crate::model::{Address, Block, Digest, Hash, Moment, Position, RawLog, Scope};

/// The latest indexed block. `None`: nothing is indexed yet.
pub async fn cursor(db: &mut PgConnection) -> Result<Option<Block>, StoreError> {
    let last = sqlx::query_scalar!("select max(number) from block").fetch_one(&mut *db).await?;
    match last.map(i64::cast_unsigned) {
        Some(last) => Ok(blocks_between(db, last, last).await?.pop()),
        None => Ok(None),
    }
}

/// Indexed blocks, both ends included, in order.
pub async fn blocks_between(db: &mut PgConnection, first: u64, last: u64) -> Result<Vec<Block>, StoreError> {
    let rows = sqlx::query!(
        r#"select number, hash as "hash: Hash", timestamp as "timestamp: Moment"
           from block where number between $1 and $2 order by number"#,
        first.cast_signed(),
        last.cast_signed(),
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    Ok(rows.map(|row| Block { number: row.number.cast_unsigned(), hash: row.hash, timestamp: row.timestamp }).collect())
}

/// A row of `event`, with its block's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    pub log: RawLog,
    pub link: Hash,
    pub subject: Address,
    pub kind: String,
    pub actor: Address,
    pub party: Option<Address>,
    pub digest: Option<Digest>,
    pub scope: Option<Scope>,
    pub via: Option<Address>,
    pub purpose: Option<i16>,
}

/// A row of `event` and its block's hash, as they come.
struct EventRow {
    block_number: i64,
    log_index: i32,
    block_hash: Hash,
    transaction_hash: Hash,
    topics: Vec<u8>,
    data: Vec<u8>,
    link: Hash,
    subject: Address,
    kind: String,
    actor: Address,
    party: Option<Address>,
    digest: Option<Digest>,
    scope: Option<Scope>,
    via: Option<Address>,
    purpose: Option<i16>,
}

/// `query_as!` for `EventRow`s, from what follows the `from` clause.
macro_rules! event_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            EventRow,
            r#"select e.block_number, e.log_index, b.hash as "block_hash: Hash",
                      e.transaction_hash as "transaction_hash: Hash", e.topics, e.data, e.link as "link: Hash",
                      e.subject as "subject: Address", e.kind, e.actor as "actor: Address",
                      e.party as "party: Address", e.digest as "digest: Digest", e.scope as "scope: Scope",
                      e.via as "via: Address", e.purpose
               from event e join block b on b.number = e.block_number "# + $tail,
            $($arg),*
        )
    };
}

impl From<EventRow> for StoredEvent {
    fn from(row: EventRow) -> Self {
        let position =
            Position { block_number: row.block_number.cast_unsigned(), log_index: row.log_index.cast_unsigned() };
        StoredEvent {
            log: RawLog {
                position,
                block_hash: row.block_hash,
                transaction_hash: row.transaction_hash,
                topics: split_topics(&row.topics),
                data: row.data,
            },
            link: row.link,
            subject: row.subject,
            kind: row.kind,
            actor: row.actor,
            party: row.party,
            digest: row.digest,
            scope: row.scope,
            via: row.via,
            purpose: row.purpose,
        }
    }
}

/// Indexed events of a range of blocks, both ends included, in order.
pub async fn events_between(db: &mut PgConnection, first: u64, last: u64) -> Result<Vec<StoredEvent>, StoreError> {
    let rows = event_rows!(
        "where e.block_number between $1 and $2 order by e.block_number, e.log_index",
        first.cast_signed(),
        last.cast_signed(),
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(StoredEvent::from).collect())
}

/// Indexed events from block `first` on and beyond `after`, in order: at most `limit`.
pub async fn events_after(
    db: &mut PgConnection,
    first: u64,
    after: Option<Position>,
    limit: u32,
) -> Result<Vec<StoredEvent>, StoreError> {
    let (block, log) = after.map_or((first.cast_signed(), -1), place);
    let rows = event_rows!(
        "where e.block_number >= $1 and (e.block_number, e.log_index) > ($1, $2)
         order by e.block_number, e.log_index limit $3",
        block,
        log,
        i64::from(limit),
    );
    Ok(rows.fetch_all(db).await?.into_iter().map(StoredEvent::from).collect())
}

/// The four topics, which are stored as one string of 128 bytes.
pub(super) fn split_topics(bytes: &[u8]) -> [Hash; 4] {
    let mut topics = [Hash::default(); 4];
    for (topic, word) in topics.iter_mut().zip(bytes.chunks_exact(32)) {
        topic.0.copy_from_slice(word);
    }
    topics
}
