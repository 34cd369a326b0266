//! Every parser of bytes from outside, with random bytes and with damaged good ones: none panics, none takes what was
//! changed. `FUZZ_VAULT_SECONDS=600` tries each for ten minutes (`make fuzz-vault`).

use std::fmt::Debug;
use std::io::Cursor;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use chartkey_vault::format::{Layout, Manifest, RangeReader, RecordReader, SEGMENT, padded};
use chartkey_vault::keys::{Enrolment, RecoveryKit};
use chartkey_vault::sharing::{Share, combine, split};
use chartkey_vault::{
    AccountKey, Address, Digest, Domain, GrantId, GrantSeed, GrantTerms, Half, Label, PublicKey, Scope, ShareSecret,
    Suite, Title, TitleKey,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Fixed, content_key, decrypt, encrypt, pattern};

const PATIENT: Address = Address([0x11; 20]);

pub fn property<S: Strategy<Value: Debug>>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("FUZZ_VAULT_SECONDS").map_or(0, |seconds| seconds.parse().expect("a number"));
    let (begun, mut tried) = (Instant::now(), 0);
    loop {
        let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
        if let Err(failure) = TestRunner::new(config).run(&strategy, &test) {
            panic!("{failure}");
        }
        tried += 100;
        if begun.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    println!("{name}: {tried} cases in {:?}", begun.elapsed());
}

/// A change of some bytes: a bit flipped, bytes put in place of others, cut out or put in between.
#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Replace(Index, Vec<u8>),
    Remove(Index, Index),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let bytes = || vec(any::<u8>(), 1..40);
    prop_oneof![
        (any::<Index>(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Replace(at, bytes)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Remove(from, to)),
        (any::<Index>(), bytes()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

impl Change {
    fn of(&self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        match self {
            Change::Flip(at, bit) => bytes[at.index(good.len())] ^= 1 << bit,
            Change::Replace(at, with) => {
                let at = at.index(good.len());
                bytes.splice(at..good.len().min(at + with.len()), with.iter().copied());
            }
            Change::Remove(from, to) => {
                let (from, to) = (from.index(good.len()), to.index(good.len()));
                bytes.drain(from.min(to)..from.max(to));
            }
            Change::Insert(at, more) => {
                let at = at.index(good.len() + 1);
                bytes.splice(at..at, more.iter().copied());
            }
        }
        bytes
    }
}

/// Random bytes, or a good value with one to three changes.
pub fn outside(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let damaged = vec(change(), 1..4).prop_map(move |changes| {
        changes.iter().fold(good.clone(), |bytes, change| if bytes.is_empty() { bytes } else { change.of(&bytes) })
    });
    prop_oneof![1 => vec(any::<u8>(), 0..200), 3 => damaged]
}

/// A file of two segments.
static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| encrypt(&pattern(SEGMENT + 1000), &content_key(1), PATIENT, &mut Fixed::new("property")));

#[test]
fn damaged_files_never_open() {
    property(outside(FILE.clone()), |file| {
        prop_assume!(file != *FILE);
        prop_assert!(decrypt(&file, &content_key(1), PATIENT).is_err());
        let whole = SEGMENT as u64 + 1000;
        let range = RangeReader::new(Cursor::new(&file), &content_key(1), PATIENT);
        let read = range.and_then(|mut range| {
            let mut all = vec![0; usize::try_from(range.plaintext_length()).unwrap()];
            range.read_exact_at(0, &mut all)
        });
        prop_assert!(read.is_err(), "a part of {whole} bytes was damaged and read");
        Ok(())
    });
}

#[test]
fn any_plaintext_comes_back_and_only_a_record_reads_as_one() {
    let content = b"content".to_vec();
    let described = chartkey_vault::format::describe(&content[..]).unwrap();
    let json = format!(
        r#"{{"name":"a","mime":"text/plain","size":7,"sha256":"{}","created":"2026-11-22T10:00:00Z"}}"#,
        chartkey_vault::bytes::hex(&described.sha256)
    );
    let length = u32::try_from(json.len()).unwrap().to_be_bytes();
    let mut record = [&b"CKR1"[..], &length, json.as_bytes(), &content].concat();
    record.resize(usize::try_from(padded(record.len() as u64)).unwrap(), 0);
    property(outside(record), |plaintext| {
        let file = encrypt(&plaintext, &content_key(1), PATIENT, &mut Fixed::new("inside"));
        prop_assert_eq!(decrypt(&file, &content_key(1), PATIENT).unwrap(), plaintext.clone());
        let mut content = Vec::new();
        let read =
            RecordReader::new(&file[..], &content_key(1), PATIENT).and_then(|reader| reader.copy_to(&mut content));
        if let Ok(manifest) = read {
            prop_assert_eq!(manifest.size, content.len() as u64);
            prop_assert_eq!(padded(plaintext.len() as u64), plaintext.len() as u64);
        }
        Ok(())
    });
}

#[test]
fn manifests_that_read_write_and_read_again() {
    let json = br#"{"name":"a","mime":"text/plain","size":7,"sha256":"abababababababababababababababababababababababababababababababab","created":"2026-11-22T10:00:00Z","type":"1-8","note":"n"}"#;
    property(outside(json.to_vec()), |json| {
        if let Ok(manifest) = Manifest::from_json(&json) {
            let written = manifest.to_json().unwrap();
            prop_assert_eq!(Manifest::from_json(&written), Ok(manifest));
        }
        Ok(())
    });
}

#[test]
fn layouts_agree_with_themselves() {
    property((any::<u64>(), 0..1u64 << 40), |(any, usual)| {
        for layout in [any, usual].map(Layout::of_file).into_iter().flatten() {
            prop_assert_eq!(Layout::of_plaintext(layout.plaintext_length()).unwrap(), layout);
            prop_assert!(layout.segment_of(layout.plaintext_length()).is_none());
        }
        for layout in [any, usual].map(Layout::of_plaintext).into_iter().flatten() {
            prop_assert_eq!(Layout::of_file(layout.file_length()).unwrap(), layout);
        }
        Ok(())
    });
}

#[test]
fn damaged_seals_never_open() {
    for suite in Suite::ALL {
        let key = AccountKey::random(suite, &mut Fixed::new("seals"));
        let label = Label::Grant { grant: GrantId([7; 32]) };
        let good = key.public().seal(&label, &[5; 32], &mut Fixed::new("seal")).unwrap();
        property(outside(good.clone()), |sealed| {
            // RFC 7748 ignores the highest bit of an X25519 key, but HPKE hashes the key as it is.
            prop_assert!(sealed == good || key.open(&label, &sealed, 32).is_err());
            Ok(())
        });
    }
}

#[test]
fn public_keys_that_are_taken_can_be_sealed_to() {
    for suite in Suite::ALL {
        let good = AccountKey::random(suite, &mut Fixed::new("keys")).public().as_bytes().to_vec();
        let any_length = prop_oneof![outside(good), vec(any::<u8>(), 32), vec(any::<u8>(), 1216)];
        property(any_length, |bytes| {
            if let Ok(key) = PublicKey::from_bytes(&bytes) {
                let label = Label::Grant { grant: GrantId([7; 32]) };
                prop_assert!(key.seal(&label, &[5; 32], &mut Fixed::new("seal")).is_ok());
            }
            Ok(())
        });
    }
}

#[test]
fn damaged_grants_never_open() {
    let domain = Domain { chain_id: 1, contract: Address([2; 20]) };
    let terms = GrantTerms { scope: Scope::CHART, ..GrantTerms::emergency(PATIENT, 0, 9) };
    let key = AccountKey::random(Suite::X25519, &mut Fixed::new("grants"));
    let seed = GrantSeed::random(&mut Fixed::new("grant seed"));
    let good = terms.seal(&domain, &seed, &key.public(), &mut Fixed::new("grant")).unwrap();
    property(outside(good.clone()), |sealed| {
        let _ = GrantTerms::nonce_of(&sealed);
        prop_assert!(sealed == good || terms.open(&domain, &sealed, &key).is_err());
        Ok(())
    });
}

#[test]
fn damaged_titles_never_open() {
    let key = TitleKey::random(&mut Fixed::new("titles"));
    let title = Title { title: "Letter".into(), mime: "text/plain".into(), document_type: None, date: None };
    let good = title.seal(&key, PATIENT, Digest([3; 32]), &mut Fixed::new("title")).unwrap();
    property(outside(good.clone()), |sealed| {
        prop_assert!(sealed == good || Title::open(&sealed, &key, PATIENT, Digest([3; 32])).is_err());
        Ok(())
    });
}

#[test]
fn titles_come_back_or_do_not_fit() {
    let key = TitleKey::random(&mut Fixed::new("titles"));
    property((".{0,120}", ".{0,40}", proptest::option::of(".{0,20}")), |(title, mime, document_type)| {
        let title = Title { title, mime, document_type, date: None };
        if let Ok(sealed) = title.seal(&key, PATIENT, Digest([3; 32]), &mut Fixed::new("title")) {
            prop_assert!(sealed.len() <= 512);
            prop_assert_eq!(Title::open(&sealed, &key, PATIENT, Digest([3; 32])), Ok(title));
        }
        Ok(())
    });
}

#[test]
fn kits_that_read_hold_the_key_they_name() {
    let key = AccountKey::random(Suite::X25519, &mut Fixed::new("kits"));
    let kit = RecoveryKit { account: Some(PATIENT), key: key.clone() };
    property(outside(kit.to_text().as_bytes().to_vec()), |text| {
        if let Ok(read) = RecoveryKit::from_text(&String::from_utf8_lossy(&text)) {
            prop_assert_eq!(&read.key, &key);
        }
        Ok(())
    });
}

#[test]
fn signatures_are_somebodys_or_refused() {
    let enrolment = Enrolment::new("portal.example", PATIENT, 1, 1).unwrap();
    property(prop_oneof![vec(any::<u8>(), 0..100), vec(any::<u8>(), 65)], |signature| {
        prop_assert!(enrolment.seed_again(&signature).is_err());
        Ok(())
    });
}

#[test]
fn texts_of_hashes_and_addresses_read_as_they_are_written() {
    property(prop_oneof![".{0,80}", "0x[0-9a-fA-F]{40}", "0x[0-9a-f]{64}"], |text| {
        if let Ok(address) = text.parse::<Address>() {
            prop_assert_eq!(address.to_string().to_lowercase(), text.to_lowercase());
        }
        if let Ok(digest) = text.parse::<Digest>() {
            prop_assert_eq!(digest.to_string(), text.to_lowercase());
        }
        Ok(())
    });
}

#[test]
fn any_threshold_of_shares_gives_the_half() {
    let sharing = (2..8u8).prop_flat_map(|count| (2..=count, Just(count), any::<[u8; 32]>(), any::<u64>()));
    property(sharing, |(threshold, count, mut half, seed)| {
        let half = Half::from_bytes(&mut half);
        let mut shares = split(&half, threshold, count, &mut Fixed::new(&seed.to_string())).unwrap();
        shares.rotate_left(usize::try_from(seed % u64::from(count)).unwrap());
        prop_assert_eq!(combine(&shares, threshold), Ok(half));
        Ok(())
    });
}

#[test]
fn any_shares_combine_or_are_refused() {
    let share = (any::<u8>(), any::<[u8; 32]>());
    property((vec(share, 0..20), any::<u8>()), |(shares, threshold)| {
        let share = |(index, mut bytes)| Share { index, secret: ShareSecret::from_bytes(&mut bytes) };
        let shares: Vec<Share> = shares.into_iter().map(share).collect();
        let _ = combine(&shares, threshold);
        Ok(())
    });
}
