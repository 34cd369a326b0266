//! From logs to events: pure functions, no I/O. The bindings are generated from the contract's ABI, which is generated from
//! the contract: a changed event does not compile here.

use std::collections::HashMap;

use ethers::abi::RawLog as AbiLog;
use ethers::contract::{EthEvent as _, EthLogDecode as _};
use ethers::types::H256;

use crate::model::{Address, Block, Event, Hash, LoggedEvent, Position, RawLog, TrailDomain, next_link};

mod abi;
mod bindings {
    #![allow(clippy::all, missing_docs)]
    ethers::contract::abigen!(Chartkey, "$CARGO_MANIFEST_DIR/../contracts/abi/Chartkey.json");
}
use bindings::ChartkeyEvents as E;

/// A log that this version cannot read: another contract's, or a newer contract's. Following on would lose history.
#[derive(Debug, thiserror::Error)]
#[error("log {} of block {} cannot be read: {detail}", position.log_index, position.block_number)]
pub struct DecodeError {
    pub position: Position,
    pub detail: String,
}

/// The signatures of all events that are part of trails. OpenZeppelin's own role events are not.
pub fn topics() -> Vec<Hash> {
    let signatures = [
        bindings::PatientRegisteredFilter::signature(),
        bindings::KeyPublishedFilter::signature(),
        bindings::PractitionerRegisteredFilter::signature(),
        bindings::PractitionerAmendedFilter::signature(),
        bindings::PractitionerRenewedFilter::signature(),
        bindings::PractitionerSuspendedFilter::signature(),
        bindings::PractitionerReinstatedFilter::signature(),
        bindings::RoleChangedFilter::signature(),
        bindings::AdminChangePendingFilter::signature(),
        bindings::TeamCreatedFilter::signature(),
        bindings::TeamMemberSetFilter::signature(),
        bindings::TeamMemberRemovedFilter::signature(),
        bindings::GuardianSetFilter::signature(),
        bindings::GuardianRemovedFilter::signature(),
        bindings::RecordAddedFilter::signature(),
        bindings::RecordSupersededFilter::signature(),
        bindings::RecordRetractedFilter::signature(),
        bindings::AccessGrantedFilter::signature(),
        bindings::AccessRevokedFilter::signature(),
        bindings::AccessRenouncedFilter::signature(),
        bindings::EveryoneRevokedFilter::signature(),
        bindings::AccessReferredFilter::signature(),
        bindings::ReferralEndedFilter::signature(),
        bindings::AccessRequestedFilter::signature(),
        bindings::EmergencyPolicySetFilter::signature(),
        bindings::GlassBrokenFilter::signature(),
        bindings::EmergencyReviewedFilter::signature(),
        bindings::RecordOpenedFilter::signature(),
        bindings::OpenSkippedFilter::signature(),
        bindings::NoncesCancelledFilter::signature(),
    ];
    signatures.map(|signature| Hash(signature.0)).to_vec()
}

/// Reads logs in chain order and continues the trails. `blocks` holds the header of every log's block; `heads` the link of
/// every subject so far (absent: the trail starts here), and is moved on.
pub fn decode_logs(
    domain: &TrailDomain,
    blocks: &HashMap<u64, Block>,
    heads: &mut HashMap<Address, Hash>,
    logs: Vec<RawLog>,
) -> Result<Vec<LoggedEvent>, DecodeError> {
    logs.into_iter().map(|log| decode_next(domain, blocks, heads, log)).collect()
}

fn decode_next(
    domain: &TrailDomain,
    blocks: &HashMap<u64, Block>,
    heads: &mut HashMap<Address, Hash>,
    log: RawLog,
) -> Result<LoggedEvent, DecodeError> {
    let position = log.position;
    let failed = |detail: String| DecodeError { position, detail };
    let block = blocks.get(&position.block_number).ok_or_else(|| failed("its block's header is missing".into()))?;
    let subject = log.subject().map_err(|e| failed(e.0))?;
    let event = decode(&log)?;
    let before = heads.get(&subject).copied().unwrap_or_else(|| domain.start(subject));
    let link = next_link(before, block.number, block.timestamp, &log.topics, &log.data);
    heads.insert(subject, link);
    Ok(LoggedEvent { log, subject, link, event })
}

/// Reads one log.
pub fn decode(log: &RawLog) -> Result<Event, DecodeError> {
    let failed = |detail: String| DecodeError { position: log.position, detail };
    let abi_log = AbiLog { topics: log.topics.iter().map(|t| H256(t.0)).collect(), data: log.data.clone() };
    let event = E::decode_log(&abi_log).map_err(|e| failed(e.to_string()))?;
    abi::event(event).map_err(|e| failed(e.0))
}

#[cfg(test)]
mod tests;
