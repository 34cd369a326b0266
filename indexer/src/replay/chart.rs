//! One patient's chart: guardians, emergency policy, records and grants.

use std::collections::{BTreeMap, HashMap};

use super::Happened;
use super::grants::Grants;
use super::registry::Term;
use crate::model::view::{HexBytes, Place, Record, RecordStatus, ScopeKind, ScopeView};
use crate::model::{Address, Codec, Digest, Event, Hash, Moment, RecordCid, Scope};

/// One record, as it was added, and what became of it.
#[derive(Debug, Clone)]
pub(super) struct Added {
    pub digest: Digest,
    pub folder: u32,
    pub retracted: bool,
    superseded_by: Option<Digest>,
    codec: Codec,
    author: Address,
    key_commit: Hash,
    sealed_metadata: Vec<u8>,
    place: Place,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Chart {
    registered_at: Option<Moment>,
    pub guardians: BTreeMap<Address, Term>,
    /// Seconds, and since when. 0: nobody may break the glass.
    pub emergency: Option<(u32, Moment)>,
    /// In the chain's order.
    pub records: Vec<Added>,
    by_digest: HashMap<Digest, usize>,
    /// Which record a successor corrects.
    corrects: HashMap<Digest, Digest>,
    pub grants: Grants,
}

impl Chart {
    pub fn register(&mut self, time: Moment) {
        self.registered_at = Some(time);
    }

    pub fn registered(&self) -> Option<Moment> {
        self.registered_at
    }

    pub fn apply(&mut self, happened: &Happened) {
        match &happened.event {
            Event::GuardianSet { guardian, until, .. } => {
                self.guardians.insert(*guardian, Term::beginning(happened, *until));
            }
            Event::GuardianRemoved { guardian, .. } => {
                self.guardians.remove(guardian);
            }
            Event::EmergencyPolicySet { duration, .. } => self.emergency = Some((*duration, happened.time())),
            Event::RecordAdded { .. } => self.add(happened),
            Event::RecordSuperseded { digest, successor, .. } => {
                self.corrects.insert(*successor, *digest);
                if let Some(record) = self.record_mut(*digest) {
                    record.superseded_by = Some(*successor);
                }
            }
            Event::RecordRetracted { digest, .. } => {
                if let Some(record) = self.record_mut(*digest) {
                    record.retracted = true;
                }
            }
            _ => self.grants.apply(happened),
        }
    }

    fn add(&mut self, happened: &Happened) {
        let Event::RecordAdded { digest, author, codec, folder, key_commit, sealed_metadata, .. } = &happened.event
        else {
            return;
        };
        self.by_digest.insert(*digest, self.records.len());
        self.records.push(Added {
            digest: *digest,
            folder: *folder,
            retracted: false,
            superseded_by: None,
            codec: *codec,
            author: *author,
            key_commit: *key_commit,
            sealed_metadata: sealed_metadata.clone(),
            place: happened.place.clone(),
        });
    }

    pub fn record(&self, digest: Digest) -> Option<&Added> {
        self.by_digest.get(&digest).map(|index| &self.records[*index])
    }

    fn record_mut(&mut self, digest: Digest) -> Option<&mut Added> {
        self.by_digest.get(&digest).map(|index| &mut self.records[*index])
    }

    /// The CID of a record of this chart.
    pub fn cid(&self, digest: Digest) -> Option<RecordCid> {
        self.record(digest).map(|record| RecordCid { codec: record.codec, digest })
    }

    /// A scope as readers are told it.
    pub fn scope(&self, scope: Scope) -> ScopeView {
        let (kind, folder, cid) = match scope {
            Scope::Chart => (ScopeKind::Chart, None, None),
            Scope::Folder(folder) => (ScopeKind::Folder, Some(folder), None),
            Scope::Record(digest) => (ScopeKind::Record, None, self.cid(digest)),
            Scope::Emergency => (ScopeKind::Emergency, None, None),
        };
        ScopeView { kind, folder, cid }
    }

    /// A record as readers are told it.
    pub fn view(&self, patient: Address, record: &Added) -> Record {
        let status = match (record.retracted, record.superseded_by) {
            (true, _) => RecordStatus::Retracted,
            (false, Some(_)) => RecordStatus::Superseded,
            (false, None) => RecordStatus::Current,
        };
        let corrected = self.corrects.get(&record.digest);
        Record {
            patient,
            cid: RecordCid { codec: record.codec, digest: record.digest },
            digest: record.digest,
            codec: record.codec,
            folder: record.folder,
            author: record.author,
            status,
            added_at: record.place.timestamp,
            supersedes: corrected.and_then(|digest| self.cid(*digest)),
            superseded_by: record.superseded_by.and_then(|digest| self.cid(digest)),
            key_commit: record.key_commit,
            sealed_metadata: HexBytes(record.sealed_metadata.clone()),
            position: record.place.clone(),
        }
    }
}
