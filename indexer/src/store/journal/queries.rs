//! That the API was asked about patients (migrations/0011_queries.sql): written down together with what others ask at the same
//! moment, and on the disk before any of it is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

use super::Journal;
use crate::model::{Address, Digest, Hash, Moment};
use crate::store::StoreError;

/// Rows written in one statement, at most, about: bounds how long one waits for others.
const ROWS_AT_ONCE: usize = 500;
/// Requests that wait to be written down, beyond which further ones wait to wait.
const WAITING: usize = 1_024;

/// Somebody asked the API about a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// About whom; the registry's address: about all patients.
    pub patient: Address,
    /// `None`: nobody was signed in, because the API is open to all.
    pub actor: Option<Address>,
    /// The route as declared, without what stands in its place.
    pub route: String,
    /// Path and query as asked for, 1 024 bytes at most.
    pub asked: String,
    /// The record asked about.
    pub digest: Option<Digest>,
    pub request_id: String,
    /// The head that was answered from.
    pub block_number: u64,
    pub block_hash: Hash,
    pub block_time: Moment,
}

/// What waits to be written down, and whom to tell once it is.
struct Entry {
    queries: Vec<Query>,
    /// Told why not, if it could not be.
    done: oneshot::Sender<Result<(), StoreError>>,
}

/// The way to the task that writes.
#[derive(Clone)]
pub(super) struct Recorder {
    entries: mpsc::Sender<Entry>,
    /// Queries on the disk, since the process began.
    written: Arc<AtomicU64>,
}

impl Recorder {
    /// Begins the task. It ends with the last clone of this.
    pub fn new(pool: PgPool) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        let written = Arc::<AtomicU64>::default();
        tokio::spawn(write_all(pool, receiver, Arc::clone(&written)));
        Recorder { entries: sender, written }
    }

    /// Requests that wait to be written down.
    pub fn waiting(&self) -> usize {
        self.entries.max_capacity() - self.entries.capacity()
    }
}

impl Journal {
    /// Writes queries down; returns once they are on the disk. An error: none of them is, so nothing may be answered.
    pub async fn write_down(&self, queries: Vec<Query>) -> Result<(), StoreError> {
        if queries.is_empty() {
            return Ok(());
        }
        let (done, written) = oneshot::channel();
        let gone = |()| StoreError::Refused("what is asked cannot be written down: the task that does it ended".into());
        self.recorder.entries.send(Entry { queries, done }).await.map_err(|_| gone(()))?;
        written.await.map_err(|_| gone(()))?
    }

    /// Queries written down since the process began.
    pub fn written(&self) -> u64 {
        self.recorder.written.load(Ordering::Relaxed)
    }
}

async fn write_all(pool: PgPool, mut entries: mpsc::Receiver<Entry>, count: Arc<AtomicU64>) {
    while let Some(first) = entries.recv().await {
        let mut rows = first.queries.len();
        let mut batch = vec![first];
        while rows < ROWS_AT_ONCE
            && let Ok(next) = entries.try_recv()
        {
            rows += next.queries.len();
            batch.push(next);
        }
        let written = write(&pool, batch.iter().flat_map(|entry| &entry.queries)).await;
        if written.is_ok() {
            count.fetch_add(rows as u64, Ordering::Relaxed);
        }
        for entry in batch {
            // Who does not wait any more has nothing to send.
            let _ = entry.done.send(match &written {
                Ok(()) => Ok(()),
                Err(error) => Err(StoreError::NotWrittenDown { cause: error.to_string(), passing: error.is_passing() }),
            });
        }
    }
}

/// One statement, which is one transaction. In the patients' order: two instances that write at the same moment wait for each other,
/// and never both.
async fn write(pool: &PgPool, queries: impl Iterator<Item = &Query>) -> Result<(), StoreError> {
    let mut queries: Vec<&Query> = queries.collect();
    queries.sort_by_key(|query| query.patient);
    macro_rules! column {
        ($query:ident => $value:expr) => {
            &queries.iter().map(|$query| $value).collect::<Vec<_>>()
        };
    }
    sqlx::query!(
        "insert into query (patient, actor, route, asked, digest, request_id, block_number, block_hash, block_time)
         select * from unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::text[], $7::bigint[],
                              $8::bytea[], $9::timestamptz[])",
        column!(query => query.patient) as _,
        column!(query => query.actor) as _,
        column!(query => query.route.as_str()) as _,
        column!(query => query.asked.as_str()) as _,
        column!(query => query.digest) as _,
        column!(query => query.request_id.as_str()) as _,
        column!(query => query.block_number.cast_signed()),
        column!(query => query.block_hash) as _,
        column!(query => query.block_time) as _,
    )
    .execute(pool)
    .await?;
    Ok(())
}
