//! The published vectors, test/vectors/custody.json: made here, compared with what is committed, and their EIP-712 hashes
//! with those of an independent implementation. `VECTORS=write cargo test -p chartkey-custodian --test custody vectors`
//! writes them anew.

use chartkey_custodian::leaf::Leaf;
use chartkey_custodian::merkle::{leaf_hash, root};
use chartkey_custodian::signature::sign;
use chartkey_custodian::typed::{
    DeletionReceipt, Deposit, DepositReceipt, Erasure, Hash, Item, OpenRequest, ReleaseRequest, TreeHead, What,
};
use chartkey_vault::bytes::hex as digits;
use chartkey_vault::{Address, Digest, Domain, GrantId, KeyId};
use ethers::types::transaction::eip712::{Eip712 as _, TypedData};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

fn hex(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", digits(bytes.as_ref()))
}

fn key() -> SigningKey {
    SigningKey::from_slice(&[0x42; 32]).unwrap()
}

/// The struct as wallets get it; its hash by ours has to be that of ethers over this.
fn vector(domain: &Domain, hash: Hash, kind: &str, types: &Value, message: &Value) -> Value {
    let typed = json!({
        "types": types,
        "primaryType": kind,
        "domain": {
            "name": "Chartkey", "version": "1", "chainId": domain.chain_id,
            "verifyingContract": hex(domain.contract.0),
        },
        "message": message,
    });
    let theirs: TypedData = serde_json::from_value(typed.clone()).unwrap();
    assert_eq!(hex(theirs.encode_eip712().unwrap()), hex(hash), "{kind}");
    json!({"typedData": typed, "hash": hex(hash), "signature": hex(sign(&key(), hash))})
}

fn fields(list: &[(&str, &str)]) -> Value {
    list.iter().map(|(name, of)| json!({"name": name, "type": of})).collect()
}

fn types(kind: &str, list: &[(&str, &str)]) -> Value {
    let domain = [("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")];
    json!({"EIP712Domain": fields(&domain), kind: fields(list)})
}

fn word(byte: u8) -> String {
    hex([byte; 32])
}

fn account(byte: u8) -> Address {
    Address([byte; 20])
}

fn release() -> ReleaseRequest {
    ReleaseRequest {
        patient: account(1),
        grant_id: GrantId([2; 32]),
        kind: What::Title,
        digests: vec![Digest([3; 32]), Digest([4; 32])],
        reader: account(5),
        via: account(6),
        purpose: 2,
        key_id: KeyId([7; 32]),
        open: [0; 32],
        nonce: [8; 32],
        issued_at: 1_800_000_000,
    }
}

fn requests(domain: &Domain) -> Vec<Value> {
    let request = release();
    let list = [
        ("patient", "address"),
        ("grantId", "bytes32"),
        ("kind", "uint8"),
        ("digests", "bytes32[]"),
        ("reader", "address"),
        ("via", "address"),
        ("purpose", "uint8"),
        ("keyId", "bytes32"),
        ("open", "uint256"),
        ("nonce", "uint256"),
        ("issuedAt", "uint256"),
    ];
    let message = json!({
        "patient": hex([1; 20]), "grantId": word(2), "kind": 1, "digests": [word(3), word(4)],
        "reader": hex([5; 20]), "via": hex([6; 20]), "purpose": 2, "keyId": word(7), "open": "0x0",
        "nonce": word(8), "issuedAt": "0x6b49d200",
    });
    let released = vector(domain, request.hash(domain), "ReleaseRequest", &types("ReleaseRequest", &list), &message);
    let open = OpenRequest {
        patient: account(1),
        digest: Digest([3; 32]),
        reader: account(5),
        via: account(0),
        purpose: 0,
        nonce: [9; 32],
        deadline: 1_800_000_000,
    };
    let list = [
        ("patient", "address"),
        ("digest", "bytes32"),
        ("reader", "address"),
        ("via", "address"),
        ("purpose", "uint8"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    ];
    let message = json!({
        "patient": hex([1; 20]), "digest": word(3), "reader": hex([5; 20]), "via": hex([0; 20]), "purpose": 0,
        "nonce": word(9), "deadline": "0x6b49d200",
    });
    let opened = vector(domain, open.hash(domain), "OpenRequest", &types("OpenRequest", &list), &message);
    let (custodian, patient, actor) = (account(10), account(1), account(1));
    let erasure = Erasure { custodian, patient, digests: vec![Digest([3; 32])], actor, issued_at: 1_800_000_000 };
    let list = [
        ("custodian", "address"),
        ("patient", "address"),
        ("digests", "bytes32[]"),
        ("actor", "address"),
        ("issuedAt", "uint256"),
    ];
    let message = json!({
        "custodian": hex([10; 20]), "patient": hex([1; 20]), "digests": [word(3)], "actor": hex([1; 20]),
        "issuedAt": "0x6b49d200",
    });
    vec![released, opened, vector(domain, erasure.hash(domain), "Erasure", &types("Erasure", &list), &message)]
}

fn deposit(domain: &Domain) -> Value {
    let item = |kind, index| Item { kind, digest: Digest([3; 32]), index, sealed: vec![index; 5] };
    let deposit = Deposit {
        custodian: account(10),
        patient: account(1),
        grant: GrantId([2; 32]),
        items: vec![item(What::Title, 1), item(What::Content, 2)],
        depositor: account(1),
        issued_at: 1_800_000_000,
    };
    let list = [
        ("custodian", "address"),
        ("patient", "address"),
        ("grantId", "bytes32"),
        ("items", "Item[]"),
        ("depositor", "address"),
        ("issuedAt", "uint256"),
    ];
    let mut types = types("Deposit", &list);
    types["Item"] = fields(&[("kind", "uint8"), ("digest", "bytes32"), ("index", "uint8"), ("sealed", "bytes")]);
    let message = json!({
        "custodian": hex([10; 20]), "patient": hex([1; 20]), "grantId": word(2),
        "items": [
            {"kind": 1, "digest": word(3), "index": 1, "sealed": hex([1; 5])},
            {"kind": 2, "digest": word(3), "index": 2, "sealed": hex([2; 5])},
        ],
        "depositor": hex([1; 20]), "issuedAt": "0x6b49d200",
    });
    vector(domain, deposit.hash(domain), "Deposit", &types, &message)
}

fn receipts(domain: &Domain, tree: Hash) -> Vec<Value> {
    let custodian = account(10);
    let stored = DepositReceipt { custodian, deposit: [11; 32], stored_at: 12 };
    let list = [("custodian", "address"), ("deposit", "bytes32"), ("storedAt", "uint256")];
    let message = json!({"custodian": hex([10; 20]), "deposit": word(11), "storedAt": 12});
    let first = vector(domain, stored.hash(domain), "DepositReceipt", &types("DepositReceipt", &list), &message);
    let gone = DeletionReceipt { custodian, grant: GrantId([2; 32]), reason: 1, block: 13, shares: 2, deleted_at: 14 };
    let list = [
        ("custodian", "address"),
        ("grantId", "bytes32"),
        ("reason", "uint8"),
        ("block", "uint256"),
        ("shares", "uint256"),
        ("deletedAt", "uint256"),
    ];
    let message = json!({
        "custodian": hex([10; 20]), "grantId": word(2), "reason": 1, "block": 13, "shares": 2, "deletedAt": 14,
    });
    let second = vector(domain, gone.hash(domain), "DeletionReceipt", &types("DeletionReceipt", &list), &message);
    let head = TreeHead { custodian, size: 3, root: tree, signed_at: 15 };
    let list = [("custodian", "address"), ("size", "uint256"), ("root", "bytes32"), ("signedAt", "uint256")];
    let message = json!({"custodian": hex([10; 20]), "size": 3, "root": hex(tree), "signedAt": 15});
    vec![first, second, vector(domain, head.hash(domain), "TreeHead", &types("TreeHead", &list), &message)]
}

/// Three leaves, one of each kind.
fn leaves() -> Vec<Leaf> {
    let (custodian, patient, actor) = (account(10), account(1), account(1));
    let receipt =
        DeletionReceipt { custodian, grant: GrantId([2; 32]), reason: 1, block: 13, shares: 2, deleted_at: 14 };
    let erasure = Erasure { custodian, patient, digests: vec![Digest([3; 32])], actor, issued_at: 1_800_000_000 };
    vec![
        Leaf::Release { request: release(), signature: vec![21; 65], open_block: 0, released_at: 22 },
        Leaf::Deletion { receipt, signature: [23; 65] },
        Leaf::Erasure { erasure, signature: vec![24; 65], shares: 4, erased_at: 25 },
    ]
}

#[test]
fn vectors() {
    let domain = Domain { chain_id: 31337, contract: account(0xc0) };
    let leaves: Vec<Vec<u8>> = leaves().iter().map(Leaf::to_bytes).collect();
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
    let tree = root(&[chartkey_custodian::merkle::node_hash(&hashes[0], &hashes[1]), hashes[2]]);
    let logged = leaves.iter().zip(&hashes).map(|(leaf, hash)| json!({"bytes": hex(leaf), "hash": hex(hash)}));
    let requested = [requests(&domain), vec![deposit(&domain)]].concat();
    let made = json!({
        "description": "What depositors, readers, patients and custodians sign (EIP-712), and the log's leaves and root. \
    Layouts: custodian/README.md.",
        "madeWith": "VECTORS=write cargo test -p chartkey-custodian --test custody vectors",
        "signingKey": word(0x42),
        "requests": requested,
        "receipts": receipts(&domain, tree),
        "leaves": logged.collect::<Vec<_>>(),
        "root": hex(tree),
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../test/vectors/custody.json");
    if std::env::var("VECTORS").is_ok_and(|mode| mode == "write") {
        std::fs::write(path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(made == committed, "test/vectors/custody.json is not what is made today");
}
