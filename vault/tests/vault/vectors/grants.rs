use chartkey_vault::{Address, Digest, Domain, GrantSeed, GrantTerms, KeyName, Kind, RecordKeys, Scope, commit};
use serde_json::{Value, json};

use super::{check, hex};
use crate::support::Fixed;

fn domain(chain_id: u64, contract: u8) -> Domain {
    Domain { chain_id, contract: Address([contract; 20]) }
}

fn grant(domain: Domain, terms: GrantTerms) -> Value {
    json!({
        "domain": {"chainId": domain.chain_id, "verifyingContract": domain.contract.to_string()},
        "domainSeparator": hex(domain.separator()),
        "patient": terms.patient.to_string(),
        "grantee": terms.grantee.to_string(),
        "scope": terms.scope.to_string(),
        "rights": terms.rights,
        "purposes": terms.purposes,
        "expiresAt": terms.expires_at,
        "epoch": terms.epoch,
        "nonce": hex(terms.nonce.to_be_bytes()),
        "grantId": terms.id(&domain).to_string(),
    })
}

fn grants() -> Vec<Value> {
    let mut rng = Fixed::new("grants");
    let mut terms = |scope| GrantTerms {
        patient: Address(rng.bytes()),
        grantee: Address(rng.bytes()),
        scope,
        rights: 1,
        purposes: 1,
        expires_at: 1_800_000_000,
        epoch: 0,
        nonce: u64::from_be_bytes(rng.bytes()),
    };
    let most = GrantTerms {
        rights: 7,
        purposes: 0x3ff,
        expires_at: 253_402_300_799,
        epoch: u32::MAX,
        ..terms(Scope::record(Digest([0xd1; 32])))
    };
    let least = GrantTerms { nonce: 0, ..terms(Scope::CHART) };
    vec![
        grant(domain(31337, 0xc0), terms(Scope::CHART)),
        grant(domain(1, 0xc0), terms(Scope::folder(u32::MAX))),
        grant(domain(1, 0xc1), most),
        grant(domain(9_007_199_254_740_991, 0), least),
        grant(domain(31337, 0xc0), GrantTerms::emergency(Address([0x11; 20]), 3, 5)),
    ]
}

fn halves() -> Value {
    let mut rng = Fixed::new("halves");
    let (seed, keys, digest) = (GrantSeed::random(&mut rng), RecordKeys::random(&mut rng), Digest(rng.bytes()));
    let half = |kind: Kind| {
        let key = KeyName { kind, digest };
        let secret = if kind == Kind::Content { keys.content.expose() } else { keys.title.expose() };
        json!({
            "kind": kind.byte(), "key": hex(secret), "grantees": hex(seed.half(key).expose()),
            "custodians": hex(seed.custody_half(key, secret).expose()),
        })
    };
    json!({
        "grantSeed": hex(seed.expose()), "digest": digest.to_string(), "halves": Kind::ALL.map(half),
        "keyCommit": commit(digest, &keys.content).to_string(),
    })
}

#[test]
fn grants_are_as_published() {
    check(
        "grants.json",
        "Ids of grants (EIP-712), the last one of an emergency's; the two halves of a record's keys; the \
         commitment to its content key.",
        json!({"grants": grants(), "record": halves()}),
    );
}
