use chartkey_vault::{AccountKey, Address, Digest, GrantId, KeyId, KeyName, Kind, Label, Suite};
use serde_json::{Value, json};

use super::{check, hex};
use crate::support::Fixed;

fn labels() -> Vec<(&'static str, Label, Value)> {
    let mut rng = Fixed::new("labels");
    let grant = GrantId(rng.bytes());
    let (digest, request, key) = (Digest(rng.bytes()), rng.bytes(), KeyId(rng.bytes()));
    let [patient, referrer, grantee, team] = [(); 4].map(|()| Address(rng.bytes()));
    let name = |kind| KeyName { kind, digest };
    let share = |kind: Kind, index: u8| json!({"grantId": grant.to_string(), "kind": kind.byte(), "digest": digest.to_string(), "index": index});
    let (title, content) = (share(Kind::Title, 1), share(Kind::Content, 255));
    let mut released = content.clone();
    released["request"] = hex(request).into();
    vec![
        ("grant", Label::Grant { grant }, json!({"grantId": grant.to_string()})),
        (
            "referral",
            Label::Referral { grant, referrer, grantee },
            json!({"grantId": grant.to_string(), "referrer": referrer.to_string(), "grantee": grantee.to_string()}),
        ),
        ("custody", Label::Custody { grant, key: name(Kind::Title), index: 1 }, title),
        ("custody", Label::Custody { grant, key: name(Kind::Content), index: 255 }, content),
        ("release", Label::Release { request, grant, key: name(Kind::Content), index: 255 }, released),
        ("emergency", Label::Emergency { grant, index: 3 }, json!({"grantId": grant.to_string(), "index": 3})),
        (
            "owner",
            Label::Owner { patient, digest },
            json!({"patient": patient.to_string(), "digest": digest.to_string()}),
        ),
        ("team", Label::Team { team, key }, json!({"team": team.to_string(), "keyId": key.to_string()})),
    ]
}

fn seal(suite: Suite, name: &str, label: &Label, fields: &Value) -> Value {
    let key = AccountKey::random(suite, &mut Fixed::new("recipient"));
    let mut rng = Fixed::new(name);
    let payload: Vec<u8> = if name == "owner" { rng.bytes::<64>().into() } else { rng.bytes::<32>().into() };
    let sealed = key.public().seal(label, &payload, &mut rng).unwrap();
    assert_eq!(key.open(label, &sealed, payload.len()).unwrap().as_slice(), payload);
    json!({
        "label": name, "fields": fields, "suite": suite.byte(), "seed": hex(key.seed().expose()), "info": hex(label.info()),
        "payload": hex(payload), "sealed": hex(sealed),
    })
}

/// Seals that nobody may open: of another label, damaged, cut, and, for X-Wing and X25519 alike, with an encapsulated
/// key of low order.
fn refused(suite: Suite) -> Vec<Value> {
    let key = AccountKey::random(suite, &mut Fixed::new("recipient"));
    let [label, other] = [7, 8].map(|byte| Label::Grant { grant: GrantId([byte; 32]) });
    let sealed = key.public().seal(&label, &[5; 32], &mut Fixed::new("refused")).unwrap();
    let encapsulated = sealed.len() - 48;
    let flipped = |at: usize| {
        let mut sealed = sealed.clone();
        sealed[at] ^= 1;
        sealed
    };
    let mut low = sealed.clone();
    low[encapsulated - 32..encapsulated].fill(0);
    let cases = [
        ("another label", &other, sealed.clone()),
        ("its first bit", &label, flipped(0)),
        ("the payload", &label, flipped(encapsulated)),
        ("the tag", &label, flipped(sealed.len() - 1)),
        ("cut", &label, sealed[..sealed.len() - 1].to_vec()),
        ("an encapsulated key of low order", &label, low),
    ];
    let refuse = |(what, label, sealed): (&str, &Label, Vec<u8>)| {
        let error = key.open(label, &sealed, 32).unwrap_err().to_string();
        json!({"what": what, "suite": suite.byte(), "seed": hex(key.seed().expose()), "info": hex(label.info()),
            "sealed": hex(sealed), "error": error})
    };
    cases.into_iter().map(refuse).collect()
}

#[test]
fn seals_are_as_published() {
    let all = Suite::ALL
        .into_iter()
        .flat_map(|suite| labels().into_iter().map(move |(name, label, fields)| seal(suite, name, &label, &fields)));
    check(
        "seals.json",
        "Seals of every label in both suites (HPKE base mode, empty aad): opening `sealed` with `seed` and \
         `info` gives `payload`. `refused` must not open.",
        json!({"seals": all.collect::<Vec<_>>(), "refused": Suite::ALL.into_iter().flat_map(refused).collect::<Vec<_>>()}),
    );
}
