//! Literal logs, read.

use ethers::abi::{Token, encode};
use ethers::contract::EthEvent as _;
use ethers::types::H256;

use super::*;
use crate::model::{Moment, Purposes, Rights, Scope};

mod ethers_reads;
mod kinds;

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

fn address(byte: u8) -> Token {
    Token::Address([byte; 20].into())
}

fn number(number: u64) -> Token {
    Token::Uint(number.into())
}

fn hash(byte: u8) -> Token {
    Token::FixedBytes(vec![byte; 32])
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
    assert!(decode(&log(role, word(0), word(0), word(0), &[])).unwrap_err().detail.contains("not part of any trail"));
    let purpose = [address(0), hash(0), number(99), number(0)];
    let signature = bindings::RecordOpenedFilter::signature();
    let opened = log(signature, word(PATIENT), Hash([8; 32]), word(DOCTOR), &purpose);
    assert!(decode(&opened).unwrap_err().detail.contains("purpose 99"));
}

#[test]
fn trails_of_different_subjects_go_on_separately() {
    let domain = TrailDomain { chain_id: 31_337, contract: Address([0xcc; 20]) };
    let timestamp = Moment::from_unix(1_700_000_000).unwrap();
    let block = Block { number: 7, hash: Hash([1; 32]), timestamp };
    let blocks = [Block { number: 3, ..block }, block];
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
    assert_eq!(whole[1].link, next_link(patients, 7, timestamp, logged_hash(&own.topics, &own.data)));
    let error = decode_logs(&domain, &blocks[..1], &mut heads, logs).unwrap_err();
    assert_eq!(error.to_string(), "log 1 of block 7 cannot be read: its block is missing, or not in order");
}

#[test]
fn a_log_of_another_branch_is_linked_to_nothing() {
    let domain = TrailDomain { chain_id: 31_337, contract: Address([0xcc; 20]) };
    let timestamp = Moment::from_unix(1_700_000_000).unwrap();
    let block = Block { number: 7, hash: Hash([9; 32]), timestamp };
    let error = decode_logs(&domain, &[block], &mut HashMap::new(), vec![registered(Token::String("Ada".into()))]);
    assert!(error.unwrap_err().detail.starts_with("it is of block 0x0101"));
}
