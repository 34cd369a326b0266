//! The history with its bytes: trails, and the event stream.

use sqlx::PgConnection;

use super::span::Span;
use super::{PageOf, corrupt, place, purpose, scope_view};
use crate::model::view::{HexBytes, HistoryEvent, TrailLink};
use crate::model::{Address, Digest, EventKind, Hash, Moment, Position, Scope};
use crate::store::StoreError;
use crate::store::history::split_topics;

#[derive(Debug, Clone, Copy)]
pub struct EventFilter {
    pub from_block: u64,
    pub to_block: u64,
    pub subject: Option<Address>,
    pub kind: Option<EventKind>,
}

/// The latest link of a subject's trail. `None`: no event concerns it.
pub async fn trail_head(db: &mut PgConnection, subject: Address) -> Result<Option<Hash>, StoreError> {
    let link = sqlx::query_scalar!(r#"select link as "link: Hash" from trail where subject = $1"#, subject as _);
    Ok(link.fetch_optional(db).await?)
}

/// A row of `event` with its block.
struct EventRow {
    block_number: i64,
    log_index: i32,
    block_hash: Hash,
    block_timestamp: Moment,
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
    scope_codec: Option<i16>,
    via: Option<Address>,
    purpose: Option<i16>,
}

/// `query_as!` for `EventRow`s of `event e` and its block, from what follows the `from` clause.
macro_rules! event_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            EventRow,
            r#"select e.block_number, e.log_index, b.hash as "block_hash: Hash",
                      b.timestamp as "block_timestamp: Moment", e.transaction_hash as "transaction_hash: Hash",
                      e.topics, e.data, e.link as "link: Hash", e.subject as "subject: Address", e.kind,
                      e.actor as "actor: Address", e.party as "party: Address", e.digest as "digest: Digest",
                      e.scope as "scope: Scope", covered.codec as "scope_codec?", e.via as "via: Address", e.purpose
               from event e
               join block b on b.number = e.block_number
               left join record covered on covered.patient = e.subject and covered.digest = e.scope "# + $tail,
            $($arg),*
        )
    };
}

impl EventRow {
    fn view(self) -> Result<(Position, HistoryEvent), StoreError> {
        let position = place(
            self.block_number,
            self.block_hash,
            Some(self.transaction_hash),
            self.log_index,
            self.block_timestamp,
        );
        let at = Position { block_number: position.block_number, log_index: position.log_index };
        let link = TrailLink {
            topics: split_topics(&self.topics),
            data: HexBytes(self.data),
            block_number: position.block_number,
            block_timestamp: self.block_timestamp,
            link: self.link,
            position,
        };
        let event = HistoryEvent {
            kind: self.kind.parse().map_err(corrupt)?,
            subject: self.subject,
            actor: self.actor,
            party: self.party,
            digest: self.digest,
            scope: self.scope.map(|scope| scope_view(scope, self.scope_codec)).transpose()?,
            via: self.via,
            purpose: purpose(self.purpose)?,
            link,
        };
        Ok((at, event))
    }
}

/// A subject's trail, from its first link on.
pub async fn trail(
    db: &mut PgConnection,
    subject: Address,
    page: PageOf<Position>,
) -> Result<Vec<(Position, TrailLink)>, StoreError> {
    let span = Span::of_subject(&mut *db, subject).await?;
    let rows = of_subject(db, subject, None, span, page).await?.into_iter();
    Ok(rows.map(|(at, event)| (at, event.link)).collect())
}

/// All events, in the chain's order.
pub async fn history(
    db: &mut PgConnection,
    filter: &EventFilter,
    page: PageOf<Position>,
) -> Result<Vec<(Position, HistoryEvent)>, StoreError> {
    let (first, last) = (filter.from_block.cast_signed(), filter.to_block.cast_signed());
    if let Some(subject) = filter.subject {
        let span = Span::of_subject(&mut *db, subject).await?.from(first).up_to(last);
        return of_subject(db, subject, filter.kind, span, page).await;
    }
    let after = page.ascending();
    let span = Span { first, last }.from(after.0);
    let (after_block, after_log) = span.after(after);
    let rows = event_rows!(
        r#"where e.block_number between $1 and $2
               and ($3::text is null or e.kind = $3)
               and (e.block_number, e.log_index) > ($4, $5)
           order by e.block_number, e.log_index limit $6"#,
        span.first,
        span.last,
        filter.kind.map(EventKind::name),
        after_block,
        after_log,
        page.limit(),
    );
    rows.fetch_all(db).await?.into_iter().map(EventRow::view).collect()
}

/// A subject's events in those blocks.
async fn of_subject(
    db: &mut PgConnection,
    subject: Address,
    kind: Option<EventKind>,
    span: Span,
    page: PageOf<Position>,
) -> Result<Vec<(Position, HistoryEvent)>, StoreError> {
    let after = page.ascending();
    let span = span.from(after.0);
    let (after_block, after_log) = span.after(after);
    let rows = event_rows!(
        r#"where e.subject = $1 and e.block_number between $2 and $3
               and ($4::text is null or e.kind = $4)
               and (e.block_number, e.log_index) > ($5, $6)
           order by e.block_number, e.log_index limit $7"#,
        subject as _,
        span.first,
        span.last,
        kind.map(EventKind::name),
        after_block,
        after_log,
        page.limit(),
    );
    rows.fetch_all(db).await?.into_iter().map(EventRow::view).collect()
}

/// The events at these places, in the chain's order.
pub(super) async fn history_at(
    db: &mut PgConnection,
    blocks: &[i64],
    logs: &[i32],
) -> Result<Vec<(Position, HistoryEvent)>, StoreError> {
    let rows = event_rows!(
        "where (e.block_number, e.log_index) in (select * from unnest($1::bigint[], $2::integer[]))
         order by e.block_number, e.log_index",
        blocks,
        logs,
    );
    rows.fetch_all(db).await?.into_iter().map(EventRow::view).collect()
}
