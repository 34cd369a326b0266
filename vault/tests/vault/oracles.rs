//! Other people's libraries, which share no code with ours: Google's Tink reads our files and writes files for us,
//! npm's `hpke` opens our seals and makes some, npm's `shamir-secret-sharing` combines our shares and splits for us.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use chartkey_vault::bytes::{from_hex, hex};
use chartkey_vault::format::{HEADER, SEGMENT, TAG, file_aad};
use chartkey_vault::sharing::{Share, combine, split};
use chartkey_vault::{AccountKey, Address, GrantId, GrantSeed, KeyError, Label, ShareSecret, Suite};
use serde_json::{Value, json};

use crate::support::{Fixed, content_key, decrypt, encrypt, pattern, repository};

const PATIENT: Address = Address([0x11; 20]);

pub fn ask(oracle: &str, tasks: &Value) -> Vec<Value> {
    let mut child = Command::new(repository().join("script/vault-oracles"))
        .arg(oracle)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(tasks.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "script/vault-oracles {oracle} failed");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), tasks.as_array().unwrap().len());
    answers
}

fn secret_of(bytes: &[u8]) -> ShareSecret {
    ShareSecret::from_bytes(&mut bytes.try_into().unwrap())
}

fn bytes_of(value: &Value) -> Vec<u8> {
    from_hex(value.as_str().unwrap_or_else(|| panic!("{value} is no hexadecimal text"))).unwrap()
}

#[test]
fn tink_reads_our_files_and_we_read_its() {
    let first = SEGMENT - HEADER - TAG;
    let next = SEGMENT - TAG;
    let sizes = [0, 1, first - 1, first, first + 1, first + next - 1, first + next, first + next + 1];
    let folder = tempfile::tempdir().unwrap();
    let at = |name: String| folder.path().join(name).to_str().unwrap().to_owned();
    let mut tasks = Vec::new();
    let aad = hex(&file_aad(PATIENT));
    for size in sizes {
        let (plain, ours) = (at(format!("{size}")), at(format!("{size}.ours")));
        fs::write(&plain, pattern(size)).unwrap();
        fs::write(&ours, encrypt(&pattern(size), &content_key(1), PATIENT, &mut Fixed::new("tink"))).unwrap();
        let key = hex(&[1; 32]);
        tasks.push(json!({"op": "decrypt", "key": key, "aad": aad, "from": ours, "to": at(format!("{size}.read"))}));
        tasks.push(json!({"op": "encrypt", "key": key, "aad": aad, "from": plain, "to": at(format!("{size}.theirs"))}));
    }
    let ours = at("0.ours".into());
    let other = hex(&file_aad(Address([0x12; 20])));
    tasks.push(json!({"op": "decrypt", "key": hex(&[1; 32]), "aad": other, "from": ours, "to": at("none".into())}));

    let answers = ask("tink", &json!(tasks));
    let (refused, done) = answers.split_last().unwrap();
    assert!(done.iter().all(|answer| answer["ok"] == true), "{done:?}");
    assert_eq!(refused["ok"], false, "Tink opened another patient's file");
    for size in sizes {
        assert!(fs::read(at(format!("{size}.read"))).unwrap() == pattern(size), "Tink reads our {size} bytes");
        let theirs = fs::read(at(format!("{size}.theirs"))).unwrap();
        assert!(decrypt(&theirs, &content_key(1), PATIENT).unwrap() == pattern(size), "we read Tink's {size} bytes");
    }
}

#[test]
fn npms_hpke_opens_our_seals_and_we_open_its() {
    let mut rng = Fixed::new("npm hpke");
    for suite in Suite::ALL {
        let key = AccountKey::random(suite, &mut rng);
        let label = Label::Grant { grant: GrantId([7; 32]) };
        let payload: [u8; 64] = rng.bytes();
        let sealed = key.public().seal(&label, &payload, &mut rng).unwrap();
        let (number, seed, info) = (suite.byte(), hex(key.seed().expose()), hex(&label.info()));
        let public = hex(key.public().as_bytes());
        let other = hex(&Label::Grant { grant: GrantId([8; 32]) }.info());
        let answers = ask(
            "node",
            &json!([
                {"op": "open", "suite": number, "seed": seed, "info": info, "sealed": hex(&sealed)},
                {"op": "open", "suite": number, "seed": seed, "info": other, "sealed": hex(&sealed)},
                {"op": "seal", "suite": number, "publicKey": public, "info": info, "payload": hex(&payload)},
            ]),
        );
        assert_eq!(bytes_of(&answers[0]["ok"]), payload);
        assert!(answers[1]["error"].is_string(), "npm's hpke opened a seal with another label");
        let theirs = bytes_of(&answers[2]["ok"]);
        assert_eq!(key.open(&label, &theirs, 64).unwrap().as_slice(), payload);
        assert_eq!(key.open(&Label::Grant { grant: GrantId([8; 32]) }, &theirs, 64), Err(KeyError::DoesNotOpen));
    }
}

#[test]
fn npms_shamir_combines_our_shares_and_we_combine_its() {
    let mut rng = Fixed::new("npm shamir");
    let half = GrantSeed::random(&mut rng)
        .half(chartkey_vault::KeyName { kind: chartkey_vault::Kind::Content, digest: chartkey_vault::Digest([3; 32]) });
    let text = |share: &Share| hex(&[&[share.index], &share.secret.expose()[..]].concat());
    for (threshold, count) in [(2, 2), (2, 3), (3, 5), (5, 7)] {
        let shares = split(&half, threshold, count, &mut rng).unwrap();
        let chosen: Vec<String> = shares.iter().rev().take(threshold.into()).map(text).collect();
        let secret = hex(half.expose());
        let answers = ask(
            "node",
            &json!([
                {"op": "combine", "shares": chosen},
                {"op": "split", "secret": secret, "threshold": threshold, "count": count},
            ]),
        );
        assert_eq!(bytes_of(&answers[0]["ok"]), half.expose());
        let theirs = answers[1]["ok"].as_array().unwrap().iter().map(bytes_of);
        let theirs = theirs.map(|share| Share { index: share[0], secret: secret_of(&share[1..]) });
        let theirs: Vec<Share> = theirs.take(threshold.into()).collect();
        assert_eq!(combine(&theirs, threshold), Ok(half.clone()));
    }
}

fn vectors(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(crate::support::vectors().join(name)).unwrap()).unwrap()
}

fn digits(value: &Value) -> &str {
    value.as_str().unwrap().strip_prefix("0x").unwrap()
}

#[test]
fn npms_hpke_opens_the_published_seals_and_no_refused_one() {
    let published = vectors("seals.json");
    let open = |seal: &Value| {
        let [seed, info, sealed] = ["seed", "info", "sealed"].map(|name| digits(&seal[name]));
        json!({"op": "open", "suite": seal["suite"], "seed": seed, "info": info, "sealed": sealed})
    };
    let [seals, refused] = ["seals", "refused"].map(|name| published[name].as_array().unwrap());
    let answers = ask("node", &json!(seals.iter().chain(refused).map(open).collect::<Vec<_>>()));
    for (seal, answer) in seals.iter().zip(&answers) {
        assert_eq!(answer["ok"], digits(&seal["payload"]), "{}", seal["label"]);
    }
    for (seal, answer) in refused.iter().zip(&answers[seals.len()..]) {
        assert!(answer["error"].is_string(), "npm's hpke opens what we refuse: {}", seal["what"]);
    }
}

#[test]
fn npms_hpke_seals_to_no_key_of_low_order() {
    let published = vectors("keys.json");
    let refused = published["refused"].as_array().unwrap();
    let seal = |key: &Value| {
        let key = digits(&key["publicKey"]);
        let suite = if key.len() > 100 { 1 } else { 2 };
        json!({"op": "seal", "suite": suite, "publicKey": key, "info": "", "payload": "00"})
    };
    let answers = ask("node", &json!(refused.iter().map(seal).collect::<Vec<_>>()));
    for (key, answer) in refused.iter().zip(answers) {
        // FIPS 203, 7.2, which @noble/post-quantum's X-Wing leaves to its caller: README.md tells clients.
        let refuses = key["what"] != "not reduced";
        assert_eq!(answer["error"].is_string(), refuses, "{}: {}", key["what"], key["publicKey"]);
    }
}

#[test]
fn npms_shamir_combines_every_published_subset() {
    for sharing in vectors("shares.json")["sharings"].as_array().unwrap() {
        let share_of = |index: &Value| {
            let share = sharing["shares"].as_array().unwrap().iter().find(|share| share["index"] == *index).unwrap();
            format!("{:02x}{}", index.as_u64().unwrap(), digits(&share["share"]))
        };
        let combine = |chosen: &Value| {
            let shares: Vec<String> = chosen.as_array().unwrap().iter().map(share_of).collect();
            json!({"op": "combine", "shares": shares})
        };
        let tasks: Vec<Value> = sharing["combinations"].as_array().unwrap().iter().map(combine).collect();
        assert!(ask("node", &json!(tasks)).iter().all(|answer| answer["ok"] == digits(&sharing["secret"])));
    }
}
