//! The API's questions. Each function takes a connection inside one read-only snapshot (`Reader::snapshot`), and answers for
//! a moment `At` of the chain. Lists are pages in the order of the events that began the rows.

mod access;
mod can_open;
mod disclosures;
mod events;
mod grants;
mod log;
mod moments;
mod patients;
mod practitioners;
mod reader;
mod records;
mod requests;
mod roles;
mod span;
mod state;
mod status;
mod stream;
mod teams;
mod viewers;

pub use access::{ChartAccess, chart_access, charts_with, holds_role};
pub use can_open::can_open;
pub use disclosures::disclosures;
pub use events::{EventFilter, history, trail, trail_head};
pub use grants::{GrantFilter, GrantStateFilter, grants};
pub use log::{AccessLogFilter, LogPlace, access_log, activity, opens, query_trails};
pub use moments::{at_block, at_time};
pub use patients::{keys, patient, patient_exists};
pub use practitioners::{DirectoryFilter, directory, patients_of_practitioner, practitioner, records_of_practitioner};
pub use reader::{Load, Reader};
pub use records::{RecordFilter, record, records};
pub use requests::requests;
pub use roles::roles;
pub use state::{StatePlace, state};
pub use stream::{
    Reached, Tip, Told, Withdrawal, block_hash, next_blocks, own_events, tip, withdrawals_after, withdrawn_hash,
};
pub use teams::team;
pub use viewers::{ViewerPlace, viewers_of_patient, viewers_of_record};

use crate::model::view::{Place, ScopeKind, ScopeView};
use crate::model::{Address, Codec, Hash, Malformed, Moment, Position, Purpose, Purposes, RecordCid, Scope};
use crate::store::StoreError;

/// The moment an answer is for: the end of a block, with ends of grants and licences judged at a time.
#[derive(Debug, Clone, Copy)]
pub struct At {
    pub block: u64,
    pub time: Moment,
}

impl At {
    fn block(self) -> i64 {
        self.block.cast_signed()
    }
}

/// Which rows of a list: at most `limit`, beyond `after`.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<C> {
    pub limit: u32,
    pub after: Option<C>,
}

impl<C> PageOf<C> {
    fn limit(&self) -> i64 {
        self.limit.into()
    }
}

impl PageOf<ViewerPlace> {
    /// Where to go on, in ascending order.
    fn ascending(self) -> (i64, i32, Address) {
        self.after.map_or((-1, 0, Address::default()), |(at, viewer)| {
            (at.block_number.cast_signed(), at.log_index.cast_signed(), viewer)
        })
    }
}

impl PageOf<Position> {
    /// Where to go on, in ascending order.
    fn ascending(self) -> (i64, i32) {
        self.after.map_or((-1, 0), |at| (at.block_number.cast_signed(), at.log_index.cast_signed()))
    }

    /// Where to go on, in descending order.
    fn descending(self) -> (i64, i32) {
        self.after.map_or((i64::MAX, 0), |at| (at.block_number.cast_signed(), at.log_index.cast_signed()))
    }
}

fn place(block: i64, block_hash: Hash, transaction_hash: Option<Hash>, log: i32, timestamp: Moment) -> Place {
    Place {
        block_number: block.cast_unsigned(),
        block_hash,
        transaction_hash,
        log_index: log.cast_unsigned(),
        timestamp,
    }
}

/// The database holds what only the indexer writes: what cannot be read there is a fault, not bad input.
fn corrupt(error: Malformed) -> StoreError {
    StoreError::Database(sqlx::Error::Decode(Box::new(error)))
}

fn purposes(bits: i32) -> Purposes {
    let [low, high, ..] = bits.to_le_bytes();
    Purposes(u16::from_le_bytes([low, high]))
}

fn codec(code: i16) -> Result<Codec, StoreError> {
    Codec::try_from(u64::from(code.cast_unsigned())).map_err(corrupt)
}

fn purpose(code: Option<i16>) -> Result<Option<Purpose>, StoreError> {
    code.map(|code| Purpose::try_from(code.to_le_bytes()[0])).transpose().map_err(corrupt)
}

fn scope_view(scope: Scope, record_codec: Option<i16>) -> Result<ScopeView, StoreError> {
    Ok(match scope {
        Scope::Chart => ScopeView { kind: ScopeKind::Chart, folder: None, cid: None },
        Scope::Folder(folder) => ScopeView { kind: ScopeKind::Folder, folder: Some(folder), cid: None },
        Scope::Record(digest) => {
            let cid = record_codec.map(codec).transpose()?.map(|codec| RecordCid { codec, digest });
            ScopeView { kind: ScopeKind::Record, folder: None, cid }
        }
        Scope::Emergency => ScopeView { kind: ScopeKind::Emergency, folder: None, cid: None },
    })
}
