//! Between which blocks what is asked for can stand. Postgres is told so in numbers: then it opens only those partitions of
//! `event` that lie there, however many there are.

use sqlx::PgConnection;

use crate::model::{Address, Digest, Moment};
use crate::store::StoreError;

/// A range of blocks, both ends included. Empty if it ends before it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub first: i64,
    pub last: i64,
}

impl Span {
    const NOWHERE: Span = Span { first: 0, last: -1 };

    /// Where a subject's events are.
    pub async fn of_subject(db: &mut PgConnection, subject: Address) -> Result<Self, StoreError> {
        let row = sqlx::query_as!(
            Span,
            "select first_block as first, last_block as last from trail where subject = $1",
            subject as _
        );
        Ok(row.fetch_optional(db).await?.unwrap_or(Span::NOWHERE))
    }

    /// Where opens of a record in these charts are: from its addition on.
    pub async fn since_record(db: &mut PgConnection, digest: Digest, charts: &[Address]) -> Result<Self, StoreError> {
        let first = sqlx::query_scalar!(
            "select min(added_block) from record where digest = $1 and patient = any($2)",
            digest as _,
            charts as _,
        );
        let first = first.fetch_one(db).await?;
        Ok(first.map_or(Span::NOWHERE, |first| Span { first, last: i64::MAX }))
    }

    /// The part of it whose blocks have times at or after `since`, and before `until`.
    pub async fn between(
        self,
        db: &mut PgConnection,
        since: Option<Moment>,
        until: Option<Moment>,
    ) -> Result<Self, StoreError> {
        if since.is_none() && until.is_none() {
            return Ok(self);
        }
        let bounds = sqlx::query!(
            r#"select (select number from block where timestamp >= $1 order by timestamp, number limit 1) as "since?",
                      (select number from block where timestamp >= $2 order by timestamp, number limit 1) as "until?""#,
            since as _,
            until as _,
        );
        let bounds = bounds.fetch_one(db).await?;
        let span = match (since, bounds.since) {
            (None, _) => self,
            (Some(_), Some(block)) => self.from(block),
            (Some(_), None) => Span::NOWHERE,
        };
        Ok(bounds.until.map_or(span, |block| span.up_to(block - 1)))
    }

    /// The part from a block on.
    pub fn from(self, block: i64) -> Self {
        Span { first: self.first.max(block), ..self }
    }

    /// What is after a position and in here, is after this too. Postgres begins to read an index where a comparison of rows has it begin,
    /// whatever else bounds the blocks: without this, at the first event of all.
    pub fn after(self, (block, log): (i64, i32)) -> (i64, i32) {
        (block, log).max((self.first.saturating_sub(1), i32::MAX))
    }

    /// The part up to a block.
    pub fn up_to(self, block: i64) -> Self {
        Span { last: self.last.min(block), ..self }
    }
}
