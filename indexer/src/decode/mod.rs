//! From logs to events: pure functions, no I/O. The bindings are generated from the contract's ABI, which is generated from
//! the contract: a changed event does not compile here.

use std::collections::HashMap;

use ethers::abi::RawLog as AbiLog;
use ethers::contract::{EthEvent as _, EthLogDecode as _};
use ethers::types::H256;

use crate::model::{
    Address, Block, Codec, Digest, DirectoryEntry, Event, Hash, Key, LoggedEvent, Malformed, Moment, Position, Purpose,
    Purposes, RawLog, Rights, Scope, TrailDomain, next_link,
};

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
        bindings::RecordAddedFilter::signature(),
        bindings::AccessGrantedFilter::signature(),
        bindings::AccessRevokedFilter::signature(),
        bindings::AccessRenouncedFilter::signature(),
        bindings::EveryoneRevokedFilter::signature(),
        bindings::RecordOpenedFilter::signature(),
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
    event_from_abi(event).map_err(|e| failed(e.0))
}

fn event_from_abi(event: E) -> Result<Event, Malformed> {
    Ok(match event {
        E::PatientRegisteredFilter(e) => Event::PatientRegistered { patient: Address(e.patient.0) },
        E::KeyPublishedFilter(e) => Event::KeyPublished {
            account: Address(e.account.0),
            key_id: Hash(e.key_id),
            key: Key { suite: e.suite, bytes: e.key.to_vec() },
        },
        E::PractitionerRegisteredFilter(e) => Event::PractitionerRegistered {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            valid_until: Moment::from_unix(e.valid_until)?,
            emergency_capable: e.emergency_capable,
            entry: directory_entry(e.name, e.licence, e.specialty, e.organisation),
        },
        E::PractitionerAmendedFilter(e) => Event::PractitionerAmended {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            entry: directory_entry(e.name, e.licence, e.specialty, e.organisation),
        },
        E::PractitionerRenewedFilter(e) => Event::PractitionerRenewed {
            practitioner: Address(e.practitioner.0),
            registrar: Address(e.registrar.0),
            valid_until: Moment::from_unix(e.valid_until)?,
            emergency_capable: e.emergency_capable,
        },
        E::PractitionerSuspendedFilter(e) => {
            Event::PractitionerSuspended { practitioner: Address(e.practitioner.0), registrar: Address(e.registrar.0) }
        }
        E::PractitionerReinstatedFilter(e) => {
            Event::PractitionerReinstated { practitioner: Address(e.practitioner.0), registrar: Address(e.registrar.0) }
        }
        E::RoleChangedFilter(e) => Event::RoleChanged { account: Address(e.account.0), actor: Address(e.actor.0) },
        E::RecordAddedFilter(e) => Event::RecordAdded {
            digest: Digest(e.digest),
            author: Address(e.author.0),
            codec: Codec::try_from(u64::from(e.codec))?,
            folder: e.folder,
            key_commit: Hash(e.key_commit),
            sealed_metadata: e.sealed_metadata.to_vec(),
        },
        E::AccessGrantedFilter(e) => Event::AccessGranted {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            actor: Address(e.actor.0),
            rights: Rights(e.rights),
            purposes: Purposes(e.purposes),
            expires_at: Moment::from_unix(e.expires_at)?,
            epoch: e.epoch,
            sealed_key: e.sealed_key.to_vec(),
        },
        E::AccessRevokedFilter(e) => Event::AccessRevoked {
            grantee: Address(e.grantee.0),
            scope: Scope::from_word(e.scope),
            actor: Address(e.actor.0),
        },
        E::AccessRenouncedFilter(e) => {
            Event::AccessRenounced { grantee: Address(e.grantee.0), scope: Scope::from_word(e.scope) }
        }
        E::EveryoneRevokedFilter(e) => Event::EveryoneRevoked { actor: Address(e.actor.0) },
        E::RecordOpenedFilter(e) => Event::RecordOpened {
            digest: Digest(e.digest),
            reader: Address(e.reader.0),
            via: Some(Address(e.via.0)).filter(|via| *via != Address::default()),
            scope: Scope::from_word(e.scope),
            purpose: Purpose::try_from(e.purpose)?,
        },
        other => return Err(Malformed(format!("event {other} is not part of any trail"))),
    })
}

/// Registrars write these texts; Postgres cannot hold a NUL, and one of them must not stop the index. The raw bytes keep it.
fn directory_entry(name: String, licence: String, specialty: String, organisation: String) -> DirectoryEntry {
    let clean = |text: String| text.replace('\0', "\u{fffd}");
    DirectoryEntry {
        name: clean(name),
        licence: clean(licence),
        specialty: clean(specialty),
        organisation: clean(organisation),
    }
}

#[cfg(test)]
mod tests {
    use ethers::abi::{Token, encode};

    use super::*;

    const PATIENT: u8 = 0xaa;
    const DOCTOR: u8 = 0xdd;

    fn word(byte: u8) -> Hash {
        let mut word = [0; 32];
        word[12..].fill(byte);
        Hash(word)
    }

    fn log(signature: H256, subject: Hash, second: Hash, third: Hash, data: &[Token]) -> RawLog {
        RawLog {
            position: Position { block_number: 7, log_index: 1 },
            block_hash: Hash([1; 32]),
            transaction_hash: Hash([2; 32]),
            topics: [Hash(signature.0), subject, second, third],
            data: encode(data),
        }
    }

    fn registered(name: Token) -> RawLog {
        let signature = bindings::PractitionerRegisteredFilter::signature();
        let texts = [Token::String("L-1".into()), Token::String(String::new()), Token::String("St. Anna".into())];
        let data = [vec![Token::Uint(1_800_000_000.into()), Token::Bool(true), name], texts.to_vec()].concat();
        log(signature, word(0), word(DOCTOR), word(0x11), &data)
    }

    #[test]
    fn a_grant_reads_as_logged() {
        let data = [
            Token::Address([PATIENT; 20].into()),
            Token::Uint(5.into()),
            Token::Uint(0b11.into()),
            Token::Uint(253_402_300_799_u64.into()),
            Token::Uint(4.into()),
            Token::Bytes(vec![9; 80]),
        ];
        let mut scope = word(0);
        scope.0[31] = 3;
        let signature = bindings::AccessGrantedFilter::signature();
        let granted = log(signature, word(PATIENT), word(DOCTOR), scope, &data);
        let expected = Event::AccessGranted {
            grantee: Address([DOCTOR; 20]),
            scope: Scope::Folder(3),
            actor: Address([PATIENT; 20]),
            rights: Rights(5),
            purposes: Purposes(3),
            expires_at: "9999-12-31T23:59:59Z".parse().unwrap(),
            epoch: 4,
            sealed_key: vec![9; 80],
        };
        assert_eq!(decode(&granted).unwrap(), expected);
    }

    #[test]
    fn texts_that_postgres_or_utf8_refuse_do_not_stop_the_index() {
        for name in [b"Ada\0".to_vec(), b"Ada\xff".to_vec()] {
            let mut logged = registered(Token::Bytes(name));
            let Event::PractitionerRegistered { entry, .. } = decode(&logged).unwrap() else { panic!("another event") };
            assert_eq!(entry.name, "Ada\u{fffd}");
            logged.data.truncate(100);
            assert!(decode(&logged).is_err());
        }
    }

    #[test]
    fn what_is_not_ours_is_refused_with_its_place() {
        let foreign = log(H256([3; 32]), word(0), word(0), word(0), &[]);
        assert!(decode(&foreign).unwrap_err().to_string().starts_with("log 1 of block 7 cannot be read"));
        // OpenZeppelin's own role events are the contract's, but of no trail.
        let role = bindings::RoleGrantedFilter::signature();
        assert!(
            decode(&log(role, word(0), word(0), word(0), &[])).unwrap_err().detail.contains("not part of any trail")
        );
        let purpose = [Token::Address([0; 20].into()), Token::FixedBytes(vec![0; 32]), Token::Uint(99.into())];
        let signature = bindings::RecordOpenedFilter::signature();
        let opened = log(signature, word(PATIENT), Hash([8; 32]), word(DOCTOR), &purpose);
        assert!(decode(&opened).unwrap_err().detail.contains("purpose 99"));
    }

    #[test]
    fn trails_of_different_subjects_go_on_separately() {
        let domain = TrailDomain { chain_id: 31_337, contract: Address([0xcc; 20]) };
        let timestamp = Moment::from_unix(1_700_000_000).unwrap();
        let block = Block { number: 7, hash: Hash([1; 32]), parent_hash: Hash([0; 32]), timestamp };
        let blocks = HashMap::from([(7, block)]);
        let registry = registered(Token::String("Ada".into()));
        let signature = bindings::EveryoneRevokedFilter::signature();
        let own = log(signature, word(PATIENT), word(PATIENT), word(0), &[]);
        let logs = vec![registry.clone(), own.clone(), registry];
        let whole = decode_logs(&domain, &blocks, &mut HashMap::new(), logs.clone()).unwrap();
        let mut heads = HashMap::new();
        let mut parts = decode_logs(&domain, &blocks, &mut heads, logs[..1].to_vec()).unwrap();
        parts.extend(decode_logs(&domain, &blocks, &mut heads, logs[1..].to_vec()).unwrap());
        assert_eq!(whole, parts);
        assert_eq!(heads[&Address([PATIENT; 20])], whole[1].link);
        let patients = domain.start(Address([PATIENT; 20]));
        assert_eq!(whole[1].link, next_link(patients, 7, timestamp, &own.topics, &own.data));
        assert!(decode_logs(&domain, &HashMap::new(), &mut heads, logs).is_err());
    }
}
