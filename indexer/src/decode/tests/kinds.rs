//! One literal log of each kind that has no test of its own.

use std::collections::HashSet;

use ethers::abi::Token;
use ethers::contract::EthEvent as _;
use ethers::types::U256;

use super::{DOCTOR, PATIENT, address, hash, log, number, word};
use crate::decode::{bindings, decode, topics};
use crate::model::{Address, Codec, Digest, Event, EventKind, Hash, Moment, Purpose, Purposes, RawLog, Rights, Scope};

/// What an event says in the columns that readers ask by.
#[derive(Debug, Default, PartialEq)]
struct Columns {
    actor: u8,
    party: Option<u8>,
    digest: Option<u8>,
    scope: Option<Scope>,
    via: Option<u8>,
    purpose: Option<Purpose>,
}

fn columns(event: &Event) -> Columns {
    let byte = |address: Address| address.0[0];
    Columns {
        actor: byte(event.actor()),
        party: event.party().map(byte),
        digest: event.digest().map(|digest| digest.0[0]),
        scope: event.scope(),
        via: event.via().map(byte),
        purpose: event.purpose(),
    }
}

const REGISTRAR: u8 = 0x11;
const TEAM: u8 = 0x77;
const GUARDIAN: u8 = 0x66;
const COLLEAGUE: u8 = 0xcc;
const END: u64 = 1_800_000_000;

/// Every kind that has no test of its own: its log, the event, and its columns.
#[expect(clippy::too_many_lines, reason = "one row per event")]
fn logs() -> Vec<(RawLog, Event, Columns)> {
    use bindings as b;
    let (patient, doctor, team, colleague) = (word(PATIENT), word(DOCTOR), word(TEAM), word(COLLEAGUE));
    let end = Moment::from_unix(END).unwrap();
    let record = || Some(Scope::Record(Digest([5; 32])));
    vec![
        (
            log(
                b::TeamCreatedFilter::signature(),
                word(0),
                team,
                word(REGISTRAR),
                &[hash(1), Token::String("Ward\u{0} 3".into()), Token::String("St. Anna".into())],
            ),
            Event::TeamCreated {
                team: Address([TEAM; 20]),
                registrar: Address([REGISTRAR; 20]),
                name: "Ward\u{fffd} 3".into(),
                organisation: "St. Anna".into(),
            },
            Columns { actor: REGISTRAR, party: Some(TEAM), ..Columns::default() },
        ),
        (
            log(b::TeamMemberSetFilter::signature(), word(0), team, doctor, &[address(REGISTRAR), number(END)]),
            Event::TeamMemberSet {
                team: Address([TEAM; 20]),
                member: Address([DOCTOR; 20]),
                registrar: Address([REGISTRAR; 20]),
                until: end,
            },
            Columns { actor: REGISTRAR, party: Some(DOCTOR), via: Some(TEAM), ..Columns::default() },
        ),
        (
            log(b::TeamMemberRemovedFilter::signature(), word(0), team, doctor, &[address(DOCTOR)]),
            Event::TeamMemberRemoved {
                team: Address([TEAM; 20]),
                member: Address([DOCTOR; 20]),
                actor: Address([DOCTOR; 20]),
            },
            Columns { actor: DOCTOR, party: Some(DOCTOR), via: Some(TEAM), ..Columns::default() },
        ),
        (
            log(b::GuardianSetFilter::signature(), patient, word(GUARDIAN), patient, &[number(END)]),
            Event::GuardianSet { guardian: Address([GUARDIAN; 20]), actor: Address([PATIENT; 20]), until: end },
            Columns { actor: PATIENT, party: Some(GUARDIAN), ..Columns::default() },
        ),
        (
            log(b::GuardianRemovedFilter::signature(), patient, word(GUARDIAN), word(GUARDIAN), &[]),
            Event::GuardianRemoved { guardian: Address([GUARDIAN; 20]), actor: Address([GUARDIAN; 20]) },
            Columns { actor: GUARDIAN, party: Some(GUARDIAN), ..Columns::default() },
        ),
        (
            log(
                b::RecordAddedFilter::signature(),
                patient,
                Hash([5; 32]),
                doctor,
                &[number(0x55), number(3), address(TEAM), hash(0), hash(9), Token::Bytes(vec![2; 5])],
            ),
            Event::RecordAdded {
                digest: Digest([5; 32]),
                author: Address([DOCTOR; 20]),
                codec: Codec::Raw,
                folder: 3,
                via: Some(Address([TEAM; 20])),
                scope: Scope::Chart,
                key_commit: Hash([9; 32]),
                sealed_metadata: vec![2; 5],
            },
            Columns {
                actor: DOCTOR,
                digest: Some(5),
                scope: Some(Scope::Chart),
                via: Some(TEAM),
                ..Columns::default()
            },
        ),
        (
            log(b::RecordSupersededFilter::signature(), patient, Hash([5; 32]), Hash([6; 32]), &[address(DOCTOR)]),
            Event::RecordSuperseded {
                digest: Digest([5; 32]),
                successor: Digest([6; 32]),
                author: Address([DOCTOR; 20]),
            },
            Columns { actor: DOCTOR, digest: Some(5), ..Columns::default() },
        ),
        (
            log(
                b::RecordRetractedFilter::signature(),
                patient,
                Hash([5; 32]),
                word(GUARDIAN),
                &[address(PATIENT), hash(0), hash(7)],
            ),
            Event::RecordRetracted {
                digest: Digest([5; 32]),
                author: Address([GUARDIAN; 20]),
                via: Some(Address([PATIENT; 20])),
                scope: Scope::Chart,
            },
            Columns {
                actor: GUARDIAN,
                digest: Some(5),
                scope: Some(Scope::Chart),
                via: Some(PATIENT),
                ..Columns::default()
            },
        ),
        (
            log(
                b::AccessReferredFilter::signature(),
                patient,
                colleague,
                Hash([5; 32]),
                &[address(DOCTOR), hash(0), number(3), number(0b101), number(END), Token::Bytes(vec![8; 4])],
            ),
            Event::AccessReferred {
                grantee: Address([COLLEAGUE; 20]),
                scope: Scope::Record(Digest([5; 32])),
                referrer: Address([DOCTOR; 20]),
                parent: Scope::Chart,
                rights: Rights(3),
                purposes: Purposes(0b101),
                expires_at: end,
                sealed_key: vec![8; 4],
            },
            Columns { actor: DOCTOR, party: Some(COLLEAGUE), scope: record(), via: Some(DOCTOR), ..Columns::default() },
        ),
        (
            log(
                b::ReferralEndedFilter::signature(),
                patient,
                colleague,
                Hash([5; 32]),
                &[address(DOCTOR), address(PATIENT)],
            ),
            Event::ReferralEnded {
                grantee: Address([COLLEAGUE; 20]),
                scope: Scope::Record(Digest([5; 32])),
                referrer: Address([DOCTOR; 20]),
                actor: Address([PATIENT; 20]),
            },
            Columns {
                actor: PATIENT,
                party: Some(COLLEAGUE),
                scope: record(),
                via: Some(DOCTOR),
                ..Columns::default()
            },
        ),
        (
            log(b::AccessRequestedFilter::signature(), patient, doctor, Hash([5; 32]), &[number(1), hash(4)]),
            Event::AccessRequested {
                practitioner: Address([DOCTOR; 20]),
                scope: Scope::Record(Digest([5; 32])),
                purposes: Purposes(1),
                note_hash: Hash([4; 32]),
            },
            Columns { actor: DOCTOR, party: Some(DOCTOR), scope: record(), ..Columns::default() },
        ),
        (
            log(b::EmergencyPolicySetFilter::signature(), patient, patient, short(3_600), &[]),
            Event::EmergencyPolicySet { actor: Address([PATIENT; 20]), duration: 3_600 },
            Columns { actor: PATIENT, ..Columns::default() },
        ),
        (
            log(b::GlassBrokenFilter::signature(), patient, doctor, Hash([3; 32]), &[number(END), number(2)]),
            Event::GlassBroken { practitioner: Address([DOCTOR; 20]), expires_at: end, epoch: 2 },
            Columns {
                actor: DOCTOR,
                party: Some(DOCTOR),
                scope: Some(Scope::Emergency),
                purpose: Some(Purpose::Btg),
                ..Columns::default()
            },
        ),
        (
            log(
                b::EmergencyReviewedFilter::signature(),
                patient,
                doctor,
                Hash([3; 32]),
                &[address(0x99), Token::Bool(true), hash(0)],
            ),
            Event::EmergencyReviewed { practitioner: Address([DOCTOR; 20]), auditor: Address([0x99; 20]) },
            Columns { actor: 0x99, party: Some(DOCTOR), ..Columns::default() },
        ),
        (
            log(
                b::RecordOpenedFilter::signature(),
                patient,
                Hash([5; 32]),
                doctor,
                &[address(0), hash(0xff), number(2), Token::Uint(U256::MAX)],
            ),
            Event::RecordOpened {
                digest: Digest([5; 32]),
                reader: Address([DOCTOR; 20]),
                via: None,
                scope: Scope::Emergency,
                purpose: Purpose::Btg,
            },
            Columns {
                actor: DOCTOR,
                party: Some(DOCTOR),
                digest: Some(5),
                scope: Some(Scope::Emergency),
                purpose: Some(Purpose::Btg),
                ..Columns::default()
            },
        ),
        (
            log(
                b::OpenSkippedFilter::signature(),
                word(0),
                doctor,
                Hash([4; 32]),
                &[address(0x99), address(PATIENT), hash(5), number(4), number(16)],
            ),
            Event::OpenSkipped { reader: Address([DOCTOR; 20]), relayer: Address([0x99; 20]), digest: Digest([5; 32]) },
            Columns { actor: 0x99, party: Some(DOCTOR), digest: Some(5), ..Columns::default() },
        ),
        hand_over(word(DOCTOR), Some(DOCTOR)),
        hand_over(word(0), None),
        (
            log(b::NoncesCancelledFilter::signature(), word(0), doctor, Hash([0xff; 32]), &[Token::Uint(U256::MAX)]),
            Event::NoncesCancelled { account: Address([DOCTOR; 20]) },
            Columns { actor: DOCTOR, party: Some(DOCTOR), ..Columns::default() },
        ),
    ]
}

/// The admin names somebody to take over, or nobody any more.
fn hand_over(topic: Hash, to: Option<u8>) -> (RawLog, Event, Columns) {
    let log = log(bindings::AdminChangePendingFilter::signature(), word(0), topic, short(9), &[address(REGISTRAR)]);
    let new_admin = to.map(|byte| Address([byte; 20]));
    let event = Event::AdminChangePending { new_admin, actor: Address([REGISTRAR; 20]) };
    (log, event, Columns { actor: REGISTRAR, party: to, ..Columns::default() })
}

/// A number as a topic.
fn short(number: u32) -> Hash {
    let mut word = [0; 32];
    word[28..].copy_from_slice(&number.to_be_bytes());
    Hash(word)
}

#[test]
fn each_event_reads_as_logged_and_fills_its_columns() {
    for (log, event, expected) in logs() {
        assert_eq!(decode(&log).unwrap(), event);
        assert_eq!(columns(&event), expected, "{event:?}");
        assert!(topics().contains(&log.topics[0]), "{:?} is not asked for", event.kind());
        let Some(rest) = log.data.len().checked_sub(32) else { continue };
        let cut = RawLog { data: log.data[..rest].to_vec(), ..log };
        assert!(decode(&cut).is_err(), "{:?} reads without its last word", event.kind());
    }
}

#[test]
fn every_kind_is_asked_for_once() {
    let topics: HashSet<_> = topics().into_iter().collect();
    assert_eq!(topics.len(), EventKind::ALL.len());
}
