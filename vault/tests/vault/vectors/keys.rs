use chartkey_vault::keys::{Enrolment, RecoveryKit};
use chartkey_vault::{AccountKey, AccountSeed, GrantId, PublicKey, Suite};
use serde_json::{Value, json};

use super::{check, hex};
use crate::seeds::{Wallet, high_s};
use crate::support::Fixed;

fn account(suite: Suite, seed: &str) -> Value {
    let key = AccountKey::random(suite, &mut Fixed::new(seed));
    let kit = RecoveryKit { account: None, key: key.clone() };
    let grant = GrantId(Fixed::new("grant").bytes());
    json!({
        "suite": suite.byte(),
        "seed": hex(key.seed().expose()),
        "publicKey": hex(key.public().as_bytes()),
        "keyId": key.public().id().to_string(),
        "recoveryKit": *kit.to_text(),
        "grantSeed": {"grantId": grant.to_string(), "seed": hex(key.grant_seed(grant).expose())},
    })
}

/// p = 2^255 - 19 and what is near it, little-endian.
fn near_p(last: u8) -> [u8; 32] {
    let mut point = [0xff; 32];
    (point[0], point[31]) = (last, 0x7f);
    point
}

/// Every encoding of a point of low order on Curve25519 or its twist, without and with the bit that RFC 7748 masks.
fn low_order_points() -> Vec<[u8; 32]> {
    let eight = [
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ];
    let eight = eight.map(|point| chartkey_vault::bytes::from_hex(point).unwrap().try_into().unwrap());
    let mut one = [0; 32];
    one[0] = 1;
    let points = [[0; 32], one, eight[0], eight[1], near_p(0xec), near_p(0xed), near_p(0xee)];
    let masked = points.map(|mut point| {
        point[31] |= 0x80;
        point
    });
    points.into_iter().chain(masked).collect()
}

fn refused() -> Vec<Value> {
    let good = AccountKey::random(Suite::XWing, &mut Fixed::new("good")).public().as_bytes().to_vec();
    let points = low_order_points();
    let x25519 = points.iter().map(|point| ("low order", point.to_vec()));
    let xwing = points.iter().map(|point| ("low order", [&good[..1184], point].concat()));
    let mut not_reduced = good.clone();
    not_reduced[..3].fill(0xff);
    let lengths = [good[..1215].to_vec(), good[..31].to_vec(), Vec::new()].map(|key| ("length", key));
    let all = x25519.chain(xwing).chain([("not reduced", not_reduced)]).chain(lengths);
    let refuse = |(what, key): (&str, Vec<u8>)| {
        let error = PublicKey::from_bytes(&key).unwrap_err().to_string();
        json!({"what": what, "publicKey": hex(key), "error": error})
    };
    all.map(refuse).collect()
}

#[test]
fn keys_are_as_published() {
    let accounts: Vec<Value> =
        Suite::ALL.into_iter().flat_map(|suite| [account(suite, "a"), account(suite, "b")]).collect();
    check(
        "keys.json",
        "Account keys: seeds, public keys, ids, recovery kits, and the seed that a patient's key gives a \
         grant. `refused` are public keys that nobody may seal to: of low order (in the last 32 bytes), not \
         reduced, or of no suite's length.",
        json!({"accounts": accounts, "refused": refused()}),
    );
}

fn forms(signature: [u8; 65]) -> Vec<Value> {
    let with = |signature: [u8; 65], add: u8| {
        let mut form = signature;
        form[64] += add;
        hex(form)
    };
    let high = high_s(signature);
    let form = |what: &str, signature| json!({"what": what, "signature": signature});
    vec![
        form("low s, v 0 or 1", with(signature, 0)),
        form("low s, v 27 or 28", with(signature, 27)),
        form("high s, v 0 or 1", with(high, 0)),
        form("high s, v 27 or 28", with(high, 27)),
    ]
}

fn enrolment(wallet: &str, domain: &str, chain_id: u64, epoch: u32) -> Value {
    let wallet = Wallet::new(wallet);
    let enrolment = Enrolment::new(domain, wallet.address(), chain_id, epoch).unwrap();
    let signature = wallet.sign(&enrolment.message());
    let seed = enrolment.seed(&signature, &signature).unwrap();
    let public = |suite| AccountKey::new(suite, seed.clone()).public().id().to_string();
    json!({
        "wallet": hex(wallet.secret()),
        "address": wallet.address().to_string(),
        "domain": domain,
        "chainId": chain_id,
        "epoch": epoch,
        "message": enrolment.message(),
        "signatures": forms(signature),
        "seed": hex(seed.expose()),
        "keyIds": Suite::ALL.map(public),
    })
}

fn refused_signatures() -> Vec<Value> {
    let [wallet, other] = ["wallet 0", "other"].map(Wallet::new);
    let enrolment = Enrolment::new("portal.example", wallet.address(), 1, 1).unwrap();
    let signature = wallet.sign(&enrolment.message());
    let v = |v: u8| [&signature[..64], &[v]].concat();
    let all = [
        v(2),
        v(26),
        v(29),
        signature[..64].to_vec(),
        [0; 65].into(),
        [0xff; 65].into(),
        other.sign(&enrolment.message()).into(),
        wallet.sign("hello").into(),
    ];
    let error = |signature: &Vec<u8>| -> Result<AccountSeed, _> { enrolment.seed_again(signature) };
    all.iter()
        .map(|signature| json!({"signature": hex(signature), "error": error(signature).unwrap_err().to_string()}))
        .collect()
}

#[test]
fn seeds_are_as_published() {
    let mut enrolments: Vec<Value> =
        (0..4).map(|i| enrolment(&format!("wallet {i}"), "portal.example", 1, 1)).collect();
    enrolments.push(enrolment("wallet 0", "localhost:8080", 31337, 2));
    check(
        "seeds.json",
        "Account seeds from wallets. `signatures` are forms of one signature that all give `seed`; `keyIds` \
         are of suites 1 and 2. `refused` are no signatures of the first account over its message.",
        json!({"enrolments": enrolments, "refused": refused_signatures()}),
    );
}
