//! Every event, filled at random, reads as ethers reads it.

use ethers::abi::{Event as AbiEvent, ParamType, RawLog as AbiLog, Token, encode};
use ethers::contract::EthLogDecode as _;
use ethers::types::H256;
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

use crate::decode::{E, bindings, events, topics};
use crate::model::{Hash, Position, RawLog};

fn random(rng: &mut StdRng, kind: &ParamType) -> Token {
    let mut bytes = vec![0; rng.random_range(0..100)];
    rng.fill_bytes(&mut bytes);
    match kind {
        ParamType::Address => Token::Address(rng.random::<[u8; 20]>().into()),
        ParamType::Uint(bits) => {
            let number = ethers::types::U256::from_big_endian(&rng.random::<[u8; 32]>());
            Token::Uint(number >> (256 - bits))
        }
        ParamType::Bool => Token::Bool(rng.random()),
        ParamType::FixedBytes(32) => Token::FixedBytes(rng.random::<[u8; 32]>().into()),
        ParamType::Bytes => Token::Bytes(bytes),
        ParamType::String => Token::String(String::from_utf8_lossy(&bytes).into()),
        other => panic!("no event has {other}"),
    }
}

fn log_of(rng: &mut StdRng, event: &AbiEvent) -> RawLog {
    let mut topics = vec![event.signature()];
    let mut data = Vec::new();
    for input in &event.inputs {
        let token = random(rng, &input.kind);
        if input.indexed {
            topics.push(H256::from_slice(&encode(&[token])));
        } else {
            data.push(token);
        }
    }
    let topics: Vec<Hash> = topics.into_iter().map(|topic| Hash(topic.0)).collect();
    RawLog {
        position: Position { block_number: 7, log_index: 1 },
        block_hash: Hash([1; 32]),
        transaction_hash: Hash([2; 32]),
        topics: topics.try_into().unwrap(),
        data: encode(&data),
    }
}

#[test]
fn every_event_reads_as_ethers_reads_it() {
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut read = 0;
    for event in bindings::CHARTKEY_ABI.events() {
        if !topics().contains(&Hash(event.signature().0)) {
            continue;
        }
        for _ in 0..100 {
            let log = log_of(&mut rng, event);
            let topics = log.topics.iter().map(|topic| H256(topic.0)).collect();
            let theirs = E::decode_log(&AbiLog { topics, data: log.data.clone() }).unwrap();
            assert_eq!(events::read(&log).unwrap(), theirs);
        }
        read += 1;
    }
    assert_eq!(read, topics().len());
}
