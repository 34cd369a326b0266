//! One request's view of the index: first a [`Question`], in which nothing is allowed yet, then, once it is decided what the caller may
//! see, a [`Snapshot`] to answer it from. There is no other way to one, so that no route can forget to decide.

use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use super::caller::Caller;
use super::error::ApiError;
use super::extract::AtParam;
use super::middleware::RequestId;
use crate::model::view::{AsOf, Phase, Status};
use crate::model::{Address, Block, Digest, REGISTRY, Role, TrailDomain};
use crate::store::read::{self, At, ChartAccess};
use crate::store::{Connection, Journal, Query, Reader, Transaction};

/// The longest path and query that is written down whole, in bytes.
const LONGEST_ASKED: usize = 1_024;

/// What was asked, by whom, at which head: read in one snapshot of the database. Refused unless the index is live
/// ([`require_live`]).
pub(super) struct Question(Snapshot);

/// What a caller may read from: one read-only snapshot of the database, and the indexed head in it.
pub(super) struct Snapshot {
    tx: Transaction<'static>,
    pub(super) as_of: AsOf,
    caller: Caller,
    domain: TrailDomain,
    deployment_block: u64,
    headers_to: Option<u64>,
    pub(super) asked: Asked,
    journal: Journal,
    /// Whom the answer is about.
    about: Vec<Address>,
    digest: Option<Digest>,
}

/// The request, as far as its answer and the record of it depend on it.
pub(super) struct Asked {
    route: String,
    pub(super) uri: String,
    pub(super) accept: Vec<u8>,
    pub(super) if_none_match: Option<HeaderValue>,
    request_id: String,
}

impl Asked {
    fn of(parts: &Parts) -> Self {
        let header = |headers: &HeaderMap, name| headers.get(name).cloned();
        let id = parts.extensions.get::<RequestId>().map_or_else(String::new, |id| id.0.clone());
        Asked {
            route: parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned(),
            uri: parts.uri.to_string(),
            accept: header(&parts.headers, header::ACCEPT).map_or_else(Vec::new, |value| value.as_bytes().to_vec()),
            if_none_match: header(&parts.headers, header::IF_NONE_MATCH),
            request_id: id,
        }
    }
}

impl<S> FromRequestParts<S> for Question
where
    Reader: FromRef<S>,
    Journal: FromRef<S>,
    Caller: FromRequestParts<S, Rejection = ApiError>,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let (tx, status) = Reader::from_ref(state).snapshot().await?;
        let status = status.ok_or_else(nothing_indexed)?;
        require_live(&status)?;
        let as_of = status.as_of().ok_or_else(nothing_indexed)?;
        Ok(Question(Snapshot {
            tx,
            as_of,
            caller,
            domain: TrailDomain { chain_id: status.chain_id, contract: status.contract },
            deployment_block: status.deployment_block,
            headers_to: status.headers_to,
            asked: Asked::of(parts),
            journal: Journal::from_ref(state),
            about: Vec::new(),
            digest: None,
        }))
    }
}

/// Refuses while the index is still catching up, because an answer from far behind the chain would show revoked grants as if they
/// were in force; and unless the history is known to be the contract's.
pub(super) fn require_live(status: &Status) -> Result<(), ApiError> {
    let indexed = status.indexed_block.map_or("no block".into(), |number| format!("block {number}"));
    match status.phase {
        Phase::Live => Ok(()),
        Phase::Starting => Err(nothing_indexed()),
        Phase::Backfill => {
            Err(ApiError::NotIndexed(format!("{indexed} of {} is indexed; see /status", status.head_block)))
        }
        Phase::Checking => Err(ApiError::NotIndexed(format!(
            "{indexed} of {} is indexed, and the trails from block {} on are still to be compared with the contract's; see \
             /status",
            status.head_block,
            status.unchecked_from.unwrap_or(status.deployment_block)
        ))),
        Phase::Halted => Err(ApiError::DoesNotVerify(status.halted.clone().unwrap_or_default())),
    }
}

pub(super) fn nothing_indexed() -> ApiError {
    ApiError::NotIndexed("no block is indexed yet".into())
}

/// Whom a list is restricted to show what is theirs, or covered by their grants. `None`: it is whole.
pub(super) type OnlyFor = Option<Address>;

impl Question {
    /// What everybody may see.
    pub fn public(self) -> Snapshot {
        self.0
    }

    /// What there is about all patients: for auditors.
    pub async fn everything(mut self) -> Result<Snapshot, ApiError> {
        if self.is_auditors().await? { Ok(self.0.about(REGISTRY)) } else { Err(ApiError::NotYours) }
    }

    /// Whether everything may be told.
    async fn is_auditors(&mut self) -> Result<bool, ApiError> {
        let Some(account) = self.0.caller.signed_in()? else { return Ok(true) };
        let head = self.0.head();
        Ok(read::holds_role(&mut self.0.tx, account, Role::Auditor, head).await?)
    }

    /// A whole chart: for the patient, guardians in force and auditors. The registry's history is an auditor's.
    pub async fn whole_chart(self, patient: Address) -> Result<Snapshot, ApiError> {
        if patient == REGISTRY {
            return self.everything().await;
        }
        match self.chart(patient).await? {
            (snapshot, None) => Ok(snapshot),
            (_, Some(_)) => Err(ApiError::NotYours),
        }
    }

    /// A chart, or what a practitioner's grants cover of it.
    pub async fn chart(mut self, patient: Address) -> Result<(Snapshot, OnlyFor), ApiError> {
        let Some(account) = self.0.caller.signed_in()? else { return Ok((self.0.about(patient), None)) };
        let head = self.0.head();
        match read::chart_access(&mut self.0.tx, account, patient, head).await? {
            ChartAccess::Whole => Ok((self.0.about(patient), None)),
            ChartAccess::Covered => Ok((self.0.about(patient), Some(account))),
            ChartAccess::None => Err(ApiError::NotYours),
        }
    }

    /// What concerns one account, whatever charts it is about: for themselves, and for auditors.
    pub async fn own(mut self, account: Address) -> Result<(Snapshot, OnlyFor), ApiError> {
        match self.0.caller.signed_in()? {
            None => Ok((self.0, None)),
            Some(caller) if caller == account => Ok((self.0, Some(caller))),
            Some(_) if self.is_auditors().await? => Ok((self.0, None)),
            Some(_) => Err(ApiError::NotYours),
        }
    }

    /// What concerns the caller, as it happens; and whether that is everything, as it is to auditors.
    pub async fn stream(mut self) -> Result<(Snapshot, bool), ApiError> {
        let head = self.0.head();
        let everything = match self.0.caller.signed_in()? {
            None => true,
            Some(account) => read::holds_role(&mut self.0.tx, account, Role::Auditor, head).await?,
        };
        Ok((if everything { self.0.about(REGISTRY) } else { self.0 }, everything))
    }

    /// A record, and the charts that hold it (or `patient`'s alone) of which the caller may see at least this much.
    pub async fn record(
        mut self,
        digest: Digest,
        patient: Option<Address>,
        least: ChartAccess,
    ) -> Result<(Snapshot, Vec<(Address, ChartAccess)>), ApiError> {
        let (all, head) = (self.is_auditors().await?, self.0.head());
        let account = self.0.caller.account().filter(|_| !all);
        let charts = read::charts_with(&mut self.0.tx, digest, patient, account, head).await?;
        let charts: Vec<_> = charts.into_iter().filter(|(_, access)| *access >= least).collect();
        if charts.is_empty() && !all {
            return Err(ApiError::NotYours);
        }
        self.0.about.extend(charts.iter().map(|(patient, _)| *patient));
        self.0.digest = Some(digest);
        Ok((self.0, charts))
    }
}

impl Snapshot {
    /// The connection.
    pub fn db(&mut self) -> &mut Connection {
        &mut self.tx
    }

    /// The end of the indexed head.
    pub fn head(&self) -> At {
        At { block: self.as_of.block_number, time: self.as_of.timestamp }
    }

    /// What trails of this index begin with.
    pub fn domain(&self) -> TrailDomain {
        self.domain
    }

    /// Who asks. `None`: nobody in particular.
    pub fn caller(&self) -> Option<Address> {
        self.caller.account()
    }

    fn about(mut self, patient: Address) -> Self {
        self.about.push(patient);
        self
    }

    /// Notes whom else the answer is about. The registry is nobody.
    pub fn also_about(&mut self, patients: impl IntoIterator<Item = Address>) {
        self.about.extend(patients.into_iter().filter(|patient| *patient != REGISTRY));
    }

    /// Notes which record the answer is about.
    pub fn about_record(&mut self, digest: Option<Digest>) {
        self.digest = self.digest.or(digest);
    }

    /// The moment asked about: `at=`, or the head.
    pub async fn at(&mut self, asked: Option<AtParam>) -> Result<At, ApiError> {
        let found = match asked {
            None => return Ok(self.head()),
            Some(AtParam::Block(number)) if number > self.as_of.block_number => {
                return Err(self.future(&format!("block {number}")));
            }
            Some(AtParam::Time(time)) if time > self.as_of.timestamp => return Err(self.future(&time.to_string())),
            Some(AtParam::Block(number)) => match read::at_block(&mut self.tx, number).await? {
                None if number >= self.deployment_block => return Err(self.no_header(number)),
                found => found,
            },
            Some(AtParam::Time(time)) => read::at_time(&mut self.tx, time).await?,
        };
        found.ok_or_else(|| {
            let detail = format!("at lies before the contract's deployment in block {}", self.deployment_block);
            ApiError::BadRequest(detail)
        })
    }

    fn no_header(&self, block: u64) -> ApiError {
        let fetched = self.headers_to.map_or("none so far".into(), |number| format!("up to {number} so far"));
        ApiError::NotIndexed(format!(
            "the header of block {block} is not fetched yet ({fetched}): ask by time, or later"
        ))
    }

    fn future(&self, asked: &str) -> ApiError {
        ApiError::BadRequest(format!(
            "at={asked} lies in the future: the index has come to block {} of {}",
            self.as_of.block_number, self.as_of.timestamp
        ))
    }

    /// Ends the snapshot, and writes down that it was asked for, once about each patient. Nothing about a patient may be sent before.
    pub async fn write_down(mut self) -> Result<Asked, ApiError> {
        let queries = self.queries();
        let Snapshot { tx, journal, asked, .. } = self;
        // Its connection serves the next request while this one waits.
        drop(tx);
        journal.write_down(queries).await?;
        Ok(asked)
    }

    /// The same, to go on reading.
    pub async fn write_down_first(&mut self) -> Result<(), ApiError> {
        let queries = self.queries();
        Ok(self.journal.write_down(queries).await?)
    }

    fn queries(&mut self) -> Vec<Query> {
        let AsOf { block_number: number, block_hash: hash, timestamp, .. } = self.as_of;
        let patients = std::mem::take(&mut self.about);
        self.asked.queries(self.caller.account(), patients, self.digest, Block { number, hash, timestamp })
    }

    /// Ends the snapshot: what is written down as its answer goes on.
    pub fn record(self) -> Record {
        Record { journal: self.journal, caller: self.caller.account(), asked: self.asked }
    }
}

/// A request whose answer goes on, to be written down once about each patient of whom it tells.
pub(super) struct Record {
    journal: Journal,
    pub(super) caller: Option<Address>,
    asked: Asked,
}

impl Record {
    /// Writes down that these patients were asked about, and answered from this head. Nothing about them may be sent before.
    pub async fn write_down(&self, patients: Vec<Address>, head: Block) -> Result<(), ApiError> {
        Ok(self.journal.write_down(self.asked.queries(self.caller, patients, None, head)).await?)
    }
}

impl Asked {
    /// One about each patient.
    fn queries(
        &self,
        actor: Option<Address>,
        mut patients: Vec<Address>,
        digest: Option<Digest>,
        head: Block,
    ) -> Vec<Query> {
        patients.sort_unstable();
        patients.dedup();
        // A URI is ASCII: it can be cut anywhere.
        let asked = self.uri.get(..LONGEST_ASKED).unwrap_or(&self.uri);
        let query = |patient| Query {
            patient,
            actor,
            route: self.route.clone(),
            asked: asked.to_owned(),
            digest,
            request_id: self.request_id.clone(),
            block_number: head.number,
            block_hash: head.hash,
            block_time: head.timestamp,
        };
        patients.into_iter().map(query).collect()
    }
}
