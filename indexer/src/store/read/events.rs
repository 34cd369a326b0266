//! History: a chart's access log, trails, and the event stream.

use sqlx::PgConnection;

use super::{At, PageOf, codec, corrupt, place, scope_view};
use crate::model::view::{AccessLogEntry, GrantRef, HexBytes, HistoryEvent, TrailLink};
use crate::model::{Address, Digest, EventKind, Hash, Moment, Position, Purpose, RecordCid, Scope};
use crate::store::StoreError;
use crate::store::history::split_topics;

#[derive(Debug, Clone, Copy)]
pub struct AccessLogFilter {
    pub kind: Option<EventKind>,
    pub actor: Option<Address>,
    /// Events about this record, or about a grant for it alone.
    pub digest: Option<Digest>,
    pub purpose: Option<Purpose>,
    /// At or after, and before.
    pub since: Option<Moment>,
    pub until: Option<Moment>,
}

#[derive(Debug, Clone, Copy)]
pub struct EventFilter {
    pub from_block: u64,
    pub to_block: u64,
    pub subject: Option<Address>,
    pub kind: Option<EventKind>,
}

/// A row of `event_detail`, without the bytes.
struct LogRow {
    block_number: i64,
    log_index: i32,
    block_hash: Hash,
    block_timestamp: Moment,
    transaction_hash: Hash,
    subject: Address,
    kind: String,
    actor: Address,
    party: Option<Address>,
    digest: Option<Digest>,
    digest_codec: Option<i16>,
    scope: Option<Scope>,
    scope_codec: Option<i16>,
    via: Option<Address>,
    purpose: Option<i16>,
    grant_grantee: Option<Address>,
    grant_granted_at: Option<Moment>,
}

/// `query_as!` for `LogRow`s of `event_detail e`, from what follows the `from` clause.
macro_rules! log_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            LogRow,
            r#"select e.block_number as "block_number!", e.log_index as "log_index!",
                      e.block_hash as "block_hash!: Hash", e.block_timestamp as "block_timestamp!: Moment",
                      e.transaction_hash as "transaction_hash!: Hash", e.subject as "subject!: Address",
                      e.kind as "kind!", e.actor as "actor!: Address", e.party as "party: Address",
                      e.digest as "digest: Digest", e.digest_codec, e.scope as "scope: Scope", e.scope_codec,
                      e.via as "via: Address", e.purpose, e.grant_grantee as "grant_grantee: Address",
                      e.grant_granted_at as "grant_granted_at: Moment"
               from event_detail e "# + $tail,
            $($arg),*
        )
    };
}

impl LogRow {
    fn view(self) -> Result<(Position, AccessLogEntry), StoreError> {
        let position = place(
            self.block_number,
            self.block_hash,
            Some(self.transaction_hash),
            self.log_index,
            self.block_timestamp,
        );
        let cid = match (self.digest, self.digest_codec) {
            (Some(digest), Some(code)) => Some(RecordCid { codec: codec(code)?, digest }),
            _ => None,
        };
        let grant = match (self.grant_grantee, self.scope, self.grant_granted_at) {
            (Some(grantee), Some(scope), Some(granted_at)) => {
                Some(GrantRef { grantee, scope: scope_view(scope, self.scope_codec)?, granted_at })
            }
            _ => None,
        };
        let kind: EventKind = self.kind.parse().map_err(corrupt)?;
        let entry = AccessLogEntry {
            kind,
            subject: self.subject,
            actor: self.actor,
            viewer: self.party.filter(|_| kind.is_about_access()),
            cid,
            purpose: purpose(self.purpose)?,
            via: self.via,
            grant,
            block_timestamp: self.block_timestamp,
            position,
        };
        Ok((Position { block_number: entry.position.block_number, log_index: entry.position.log_index }, entry))
    }
}

fn purpose(code: Option<i16>) -> Result<Option<Purpose>, StoreError> {
    code.map(|code| Purpose::try_from(code.to_le_bytes()[0])).transpose().map_err(corrupt)
}

fn views(rows: Vec<LogRow>) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    rows.into_iter().map(LogRow::view).collect()
}

/// What happened in a chart, newest first.
pub async fn access_log(
    db: &mut PgConnection,
    patient: Address,
    filter: &AccessLogFilter,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let (before_block, before_log) = page.descending();
    let rows = log_rows!(
        r#"where e.subject = $1
               and e.block_number between (select first_block from trail where subject = $1)
                                      and (select last_block from trail where subject = $1)
               and ($2::text is null or e.kind = $2)
               and ($3::bytea is null or e.actor = $3)
               and ($4::bytea is null or e.digest = $4 or e.scope = $4)
               and ($5::smallint is null or e.purpose = $5)
               and ($6::timestamptz is null or e.block_timestamp >= $6)
               and ($7::timestamptz is null or e.block_timestamp < $7)
               and (e.block_number, e.log_index) < ($8, $9)
           order by e.block_number desc, e.log_index desc limit $10"#,
        patient as _,
        filter.kind.map(EventKind::name),
        filter.actor as _,
        filter.digest as _,
        filter.purpose.map(|purpose| i16::from(purpose.code())),
        filter.since as _,
        filter.until as _,
        before_block,
        before_log,
        page.limit(),
    );
    views(rows.fetch_all(db).await?)
}

/// What an account did, in any chart and the registry, newest first.
pub async fn activity(
    db: &mut PgConnection,
    actor: Address,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let (before_block, before_log) = page.descending();
    let rows = log_rows!(
        r#"where e.actor = $1 and (e.block_number, e.log_index) < ($2, $3)
           order by e.block_number desc, e.log_index desc limit $4"#,
        actor as _,
        before_block,
        before_log,
        page.limit(),
    );
    views(rows.fetch_all(db).await?)
}

/// Every open of a record, newest first, in each chart that holds it or only `patient`'s.
pub async fn opens(
    db: &mut PgConnection,
    digest: Digest,
    patient: Option<Address>,
    at: At,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let (before_block, before_log) = page.descending();
    let rows = log_rows!(
        r#"where e.digest = $1 and e.kind = 'RecordOpened' and ($2::bytea is null or e.subject = $2)
               and e.block_number <= $3
               and (e.block_number, e.log_index) < ($4, $5)
           order by e.block_number desc, e.log_index desc limit $6"#,
        digest as _,
        patient as _,
        at.block(),
        before_block,
        before_log,
        page.limit(),
    );
    views(rows.fetch_all(db).await?)
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
    let (after_block, after_log) = page.ascending();
    let rows = event_rows!(
        r#"where e.subject = $1 and (e.block_number, e.log_index) > ($2, $3)
               and e.block_number between (select first_block from trail where subject = $1)
                                      and (select last_block from trail where subject = $1)
           order by e.block_number, e.log_index limit $4"#,
        subject as _,
        after_block,
        after_log,
        page.limit(),
    );
    let rows = rows.fetch_all(db).await?.into_iter();
    rows.map(|row| row.view().map(|(at, event)| (at, event.link))).collect()
}

/// All events, in the chain's order.
pub async fn history(
    db: &mut PgConnection,
    filter: &EventFilter,
    page: PageOf<Position>,
) -> Result<Vec<(Position, HistoryEvent)>, StoreError> {
    let (after_block, after_log) = page.ascending();
    let rows = event_rows!(
        r#"where e.block_number between $1 and $2
               and ($3::bytea is null or e.subject = $3)
               and ($4::text is null or e.kind = $4)
               and (e.block_number, e.log_index) > ($5, $6)
           order by e.block_number, e.log_index limit $7"#,
        filter.from_block.cast_signed(),
        filter.to_block.cast_signed(),
        filter.subject as _,
        filter.kind.map(EventKind::name),
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
