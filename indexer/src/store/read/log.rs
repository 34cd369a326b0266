//! What happened, in words: a chart's access log with what the API was asked about it, an account's acts, a record's opens.

use sqlx::PgConnection;

use super::span::Span;
use super::{At, PageOf, codec, corrupt, purpose, scope_view};
use crate::model::view::{AccessLogEntry, GrantRef, LogPosition, QueryView};
use crate::model::{Address, Digest, EventKind, Hash, LogKind, Moment, Position, Purpose, REGISTRY, RecordCid, Scope};
use crate::store::StoreError;

#[derive(Debug, Clone, Copy)]
pub struct AccessLogFilter {
    pub kind: Option<LogKind>,
    pub actor: Option<Address>,
    /// Events about this record, or about a grant for it alone.
    pub digest: Option<Digest>,
    pub purpose: Option<Purpose>,
    /// At or after, and before.
    pub since: Option<Moment>,
    pub until: Option<Moment>,
}

/// Where an entry stands in an access log. What the API was asked stands after the events of the block that it was answered at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPlace {
    Event(Position),
    /// What was asked about all patients.
    QueryOfAll {
        block: u64,
        number: u64,
    },
    /// What was asked about this one.
    Query {
        block: u64,
        number: u64,
    },
}

/// Of queries in the place of an event's index in the log, which is lower.
const OF_ALL: i32 = i32::MAX - 1;
const OF_ONE: i32 = i32::MAX;

impl PageOf<LogPlace> {
    /// Where events, queries about all and queries about one go on, in descending order: block, and index or number.
    fn descending(self) -> [(i64, i64); 3] {
        let whole = (i64::MAX, 0);
        let Some(after) = self.after else { return [whole; 3] };
        let (block, events, of_all, of_one) = match after {
            LogPlace::Event(at) => (at.block_number, i64::from(at.log_index), 0, 0),
            LogPlace::QueryOfAll { block, number } => (block, i64::from(i32::MAX), number.cast_signed(), 0),
            LogPlace::Query { block, number } => (block, i64::from(i32::MAX), i64::MAX, number.cast_signed()),
        };
        let block = block.cast_signed();
        [(block, events), (block, of_all), (block, of_one)]
    }
}

/// A row of `event_detail`, without the bytes, or of `query`.
struct LogRow {
    block_number: i64,
    log_index: i32,
    block_hash: Hash,
    block_timestamp: Moment,
    transaction_hash: Option<Hash>,
    subject: Address,
    kind: String,
    actor: Option<Address>,
    party: Option<Address>,
    digest: Option<Digest>,
    digest_codec: Option<i16>,
    scope: Option<Scope>,
    scope_codec: Option<i16>,
    via: Option<Address>,
    purpose: Option<i16>,
    grant_grantee: Option<Address>,
    grant_granted_at: Option<Moment>,
    query_number: Option<i64>,
    query_route: Option<String>,
    query_asked: Option<String>,
    query_asked_at: Option<Moment>,
    query_request_id: Option<String>,
    query_link: Option<Hash>,
}

/// `query_as!` for `LogRow`s of events: of `event_detail e`, from what follows the `from` clause.
macro_rules! log_rows {
    ($tail:tt, $($arg:expr),* $(,)?) => {
        sqlx::query_as!(
            LogRow,
            r#"select e.block_number as "block_number!", e.log_index as "log_index!",
                      e.block_hash as "block_hash!: Hash", e.block_timestamp as "block_timestamp!: Moment",
                      e.transaction_hash as "transaction_hash: Hash", e.subject as "subject!: Address",
                      e.kind as "kind!", e.actor as "actor: Address", e.party as "party: Address",
                      e.digest as "digest: Digest", e.digest_codec, e.scope as "scope: Scope", e.scope_codec,
                      e.via as "via: Address", e.purpose, e.grant_grantee as "grant_grantee: Address",
                      e.grant_granted_at as "grant_granted_at: Moment", null::bigint as query_number,
                      null::text as query_route, null::text as query_asked,
                      null::timestamptz as "query_asked_at: Moment", null::text as query_request_id,
                      null::bytea as "query_link: Hash"
               from event_detail e "# + $tail,
            $($arg),*
        )
    };
}

impl LogRow {
    fn place(&self) -> LogPlace {
        let block = self.block_number.cast_unsigned();
        match (self.query_number, self.log_index) {
            (Some(number), OF_ALL) => LogPlace::QueryOfAll { block, number: number.cast_unsigned() },
            (Some(number), _) => LogPlace::Query { block, number: number.cast_unsigned() },
            (None, log) => LogPlace::Event(Position { block_number: block, log_index: log.cast_unsigned() }),
        }
    }

    fn query(&self) -> Option<QueryView> {
        Some(QueryView {
            number: self.query_number?.cast_unsigned(),
            of_all: self.log_index == OF_ALL,
            route: self.query_route.clone()?,
            asked: self.query_asked.clone()?,
            asked_at: self.query_asked_at?,
            request_id: self.query_request_id.clone()?,
            link: self.query_link?,
        })
    }

    fn grant(&self) -> Result<Option<GrantRef>, StoreError> {
        let (Some(grantee), Some(scope), Some(granted_at)) = (self.grant_grantee, self.scope, self.grant_granted_at)
        else {
            return Ok(None);
        };
        Ok(Some(GrantRef { grantee, scope: scope_view(scope, self.scope_codec)?, granted_at }))
    }

    fn view(self) -> Result<(LogPlace, AccessLogEntry), StoreError> {
        let place = self.place();
        let cid = match (self.digest, self.digest_codec) {
            (Some(digest), Some(code)) => Some(RecordCid { codec: codec(code)?, digest }),
            _ => None,
        };
        let (kind, viewer) = match &place {
            LogPlace::Event(_) => {
                let kind: EventKind = self.kind.parse().map_err(corrupt)?;
                (LogKind::Event(kind), self.party.filter(|_| kind.is_about_access()))
            }
            _ => (LogKind::Queried, self.actor),
        };
        let entry = AccessLogEntry {
            kind,
            subject: self.subject,
            actor: self.actor,
            viewer,
            cid,
            purpose: purpose(self.purpose)?,
            via: self.via,
            grant: self.grant()?,
            query: self.query(),
            block_timestamp: self.block_timestamp,
            position: LogPosition {
                block_number: self.block_number.cast_unsigned(),
                block_hash: self.block_hash,
                transaction_hash: self.transaction_hash,
                log_index: Some(self.log_index.cast_unsigned()).filter(|_| self.query_number.is_none()),
                timestamp: self.block_timestamp,
            },
        };
        Ok((place, entry))
    }
}

/// Rows of events alone.
fn views(rows: Vec<LogRow>) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let at = |row: &LogRow| Position {
        block_number: row.block_number.cast_unsigned(),
        log_index: row.log_index.cast_unsigned(),
    };
    rows.into_iter().map(|row| Ok((at(&row), row.view()?.1))).collect()
}

/// What happened in a chart, newest first, and what the API was asked about it and about all charts.
pub async fn access_log(
    db: &mut PgConnection,
    patient: Address,
    filter: &AccessLogFilter,
    page: PageOf<LogPlace>,
) -> Result<Vec<(LogPlace, AccessLogEntry)>, StoreError> {
    let [events, of_all, of_one] = page.descending();
    let span = Span::of_subject(&mut *db, patient).await?.between(&mut *db, filter.since, filter.until).await?;
    let span = span.up_to(events.0);
    let (of_events, of_queries) = match filter.kind {
        None => (true, filter.purpose.is_none()),
        Some(LogKind::Event(_)) => (true, false),
        Some(LogKind::Queried) => (false, filter.purpose.is_none()),
    };
    let rows = sqlx::query_as!(
        LogRow,
        r#"select block_number as "block_number!", log_index as "log_index!", block_hash as "block_hash!: Hash",
                  block_timestamp as "block_timestamp!: Moment", transaction_hash as "transaction_hash: Hash",
                  subject as "subject!: Address", kind as "kind!", actor as "actor: Address", party as "party: Address",
                  digest as "digest: Digest", digest_codec, scope as "scope: Scope", scope_codec, via as "via: Address",
                  purpose, grant_grantee as "grant_grantee: Address", grant_granted_at as "grant_granted_at: Moment",
                  number as query_number, route as query_route, asked as query_asked,
                  asked_at as "query_asked_at: Moment", request_id as query_request_id, link as "query_link: Hash"
           from (
               (select e.block_number, e.log_index, e.block_hash, e.block_timestamp, e.transaction_hash, e.subject, e.kind,
                       e.actor, e.party, e.digest, e.digest_codec, e.scope, e.scope_codec, e.via, e.purpose,
                       e.grant_grantee, e.grant_granted_at, null::bigint as number, null::text as route,
                       null::text as asked, null::timestamptz as asked_at, null::text as request_id, null::bytea as link
                from event_detail e
                where $2 and e.subject = $1
                    and e.block_number between $20 and $21
                    and ($4::text is null or e.kind = $4)
                    and ($5::bytea is null or e.actor = $5)
                    and ($6::bytea is null or e.digest = $6 or e.scope = $6)
                    and ($7::smallint is null or e.purpose = $7)
                    and (e.block_number, e.log_index) < ($10::bigint, $11::bigint)
                order by e.block_number desc, e.log_index desc limit $16)
               union all
               (select q.block_number, $18::integer, q.block_hash, q.block_time, null, $1::bytea, 'Queried',
                       q.actor, null, null, null, null, null, null, null, null, null,
                       q.number, q.route, q.asked, q.asked_at, q.request_id, q.link
                from query q
                where $3 and $6::bytea is null and q.patient = $17
                    and ($5::bytea is null or q.actor = $5)
                    and ($8::timestamptz is null or q.block_time >= $8)
                    and ($9::timestamptz is null or q.block_time < $9)
                    and (q.block_number, q.number) < ($12::bigint, $13::bigint)
                order by q.block_number desc, q.number desc limit $16)
               union all
               (select q.block_number, $19::integer, q.block_hash, q.block_time, null, $1::bytea, 'Queried',
                       q.actor, null, q.digest, r.codec, null, null, null, null, null, null,
                       q.number, q.route, q.asked, q.asked_at, q.request_id, q.link
                from query q
                left join record r on r.patient = q.patient and r.digest = q.digest
                where $3 and q.patient = $1
                    and ($5::bytea is null or q.actor = $5)
                    and ($6::bytea is null or q.digest = $6)
                    and ($8::timestamptz is null or q.block_time >= $8)
                    and ($9::timestamptz is null or q.block_time < $9)
                    and (q.block_number, q.number) < ($14::bigint, $15::bigint)
                order by q.block_number desc, q.number desc limit $16)
           ) log
           order by block_number desc, log_index desc, number desc limit $16"#,
        patient as _,
        of_events,
        of_queries,
        filter.kind.and_then(LogKind::event).map(EventKind::name),
        filter.actor as _,
        filter.digest as _,
        filter.purpose.map(|purpose| i16::from(purpose.code())),
        filter.since as _,
        filter.until as _,
        events.0,
        events.1,
        of_all.0,
        of_all.1,
        of_one.0,
        of_one.1,
        page.limit(),
        REGISTRY as _,
        OF_ALL,
        OF_ONE,
        span.first,
        span.last,
    );
    rows.fetch_all(db).await?.into_iter().map(LogRow::view).collect()
}

/// Where the chains of queries about a patient and about all patients end, as far as there are any.
pub async fn query_trails(db: &mut PgConnection, patient: Address) -> Result<Vec<Hash>, StoreError> {
    let links = sqlx::query_scalar!(
        r#"select link as "link: Hash" from query_trail where patient in ($1, $2) order by patient"#,
        patient as _,
        REGISTRY as _,
    );
    Ok(links.fetch_all(db).await?)
}

/// What an account did, in any chart and the registry, newest first.
pub async fn activity(
    db: &mut PgConnection,
    actor: Address,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let (before_block, before_log) = page.descending();
    let rows = log_rows!(
        r#"where e.actor = $1 and e.block_number <= $2 and (e.block_number, e.log_index) < ($2, $3)
           order by e.block_number desc, e.log_index desc limit $4"#,
        actor as _,
        before_block,
        before_log,
        page.limit(),
    );
    views(rows.fetch_all(db).await?)
}

/// Every open of a record in these charts, newest first.
pub async fn opens(
    db: &mut PgConnection,
    digest: Digest,
    charts: &[Address],
    at: At,
    page: PageOf<Position>,
) -> Result<Vec<(Position, AccessLogEntry)>, StoreError> {
    let (before_block, before_log) = page.descending();
    let span = Span::since_record(&mut *db, digest, charts).await?.up_to(at.block()).up_to(before_block);
    let rows = log_rows!(
        r#"where e.digest = $1 and e.kind = 'RecordOpened' and e.subject = any($2)
               and e.block_number between $3 and $4
               and (e.block_number, e.log_index) < ($5, $6)
           order by e.block_number desc, e.log_index desc limit $7"#,
        digest as _,
        charts as _,
        span.first,
        span.last,
        before_block,
        before_log,
        page.limit(),
    );
    views(rows.fetch_all(db).await?)
}
