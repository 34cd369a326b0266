//! How far the index is.

use sqlx::PgConnection;

use crate::model::view::{Phase, Status};
use crate::model::{Address, Hash, Moment};
use crate::store::StoreError;

/// Blocks behind the head up to which the index counts as following it live.
const LIVE_WITHIN: i64 = 10;

struct Row {
    chain_id: i64,
    contract: Address,
    deployment_block: i64,
    head: i64,
    finalized: i64,
    updated_at: Moment,
    started_block: i64,
    running_seconds: f64,
    seconds_since_head: f64,
    unchecked_from: Option<i64>,
    halted: Option<String>,
    headers_to: Option<i64>,
    archived_before: Option<i64>,
    indexed: Option<i64>,
    indexed_hash: Option<Hash>,
    indexed_at: Option<Moment>,
    replica: bool,
}

/// How far the index is. `None`: no writer has started on this database yet.
pub(super) async fn status(db: &mut PgConnection) -> Result<Option<Status>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"select d.chain_id, d.contract as "contract: Address", d.deployment_block, p.head, p.finalized,
                  p.updated_at as "updated_at: Moment", p.started_block,
                  extract(epoch from now() - p.started_at)::double precision as "running_seconds!",
                  extract(epoch from now() - p.updated_at)::double precision as "seconds_since_head!",
                  p.unchecked_from, p.halted, p.headers_to, p.archived_before,
                  b.number as "indexed?", b.hash as "indexed_hash?: Hash", b.timestamp as "indexed_at?: Moment",
                  pg_is_in_recovery() as "replica!"
           from deployment d
           cross join progress p
           left join lateral (select number, hash, timestamp from block order by number desc limit 1) b on true"#
    );
    Ok(row.fetch_optional(db).await?.map(Row::view))
}

impl Row {
    /// The latest indexed block, or the one before the first.
    fn cursor(&self) -> i64 {
        self.indexed.unwrap_or(self.deployment_block - 1)
    }

    fn lag(&self) -> i64 {
        (self.head - self.cursor()).max(0)
    }

    fn phase(&self) -> Phase {
        let live = self.lag() <= LIVE_WITHIN;
        if self.halted.is_some() {
            Phase::Halted
        } else if self.indexed.is_none() {
            Phase::Starting
        } else if self.unchecked_from.is_some() && (live || self.cursor() >= self.finalized) {
            Phase::Checking
        } else if live {
            Phase::Live
        } else {
            Phase::Backfill
        }
    }

    /// Blocks per second of this run's backfill, once there is one to tell.
    #[expect(clippy::cast_precision_loss, reason = "a rate to read, not to compute with")]
    fn rate(&self) -> Option<f64> {
        let rate = (self.cursor() + 1 - self.started_block) as f64 / self.running_seconds.max(0.001);
        Some(rate).filter(|rate| matches!(self.phase(), Phase::Starting | Phase::Backfill) && *rate > 0.0)
    }

    #[expect(clippy::cast_precision_loss, reason = "shares to read, not to compute with")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and far below 2^63")]
    fn view(self) -> Status {
        let (phase, rate, lag) = (self.phase(), self.rate(), self.lag());
        let total = (self.head + 1 - self.deployment_block).max(1);
        Status {
            phase,
            halted: self.halted,
            chain_id: self.chain_id.cast_unsigned(),
            contract: self.contract,
            deployment_block: self.deployment_block.cast_unsigned(),
            indexed_block: self.indexed.map(i64::cast_unsigned),
            indexed_hash: self.indexed_hash,
            indexed_at: self.indexed_at,
            head_block: self.head.cast_unsigned(),
            finalized_block: self.finalized.cast_unsigned(),
            head_seen_at: self.updated_at,
            seconds_since_head: self.seconds_since_head,
            lag_blocks: lag.cast_unsigned(),
            fraction: (total - lag).max(0) as f64 / total as f64,
            blocks_per_second: rate,
            eta_seconds: rate.map(|rate| (lag as f64 / rate).ceil() as u64),
            unchecked_from: self.unchecked_from.map(i64::cast_unsigned),
            headers_to: self.headers_to.map(i64::cast_unsigned),
            archived_before: self.archived_before.map(i64::cast_unsigned),
            replica: self.replica,
        }
    }
}
