//! A grant from end to end: split, sealed, deposited, opened, put together; and each way in which it must fail.

use chartkey_vault::sharing::{
    Share, SharingError, combine, combine_seed, recover_content, recover_title, split, split_seed,
};
use chartkey_vault::{
    AccountKey, Address, Digest, Domain, GrantSeed, GrantTerms, KeyError, KeyName, Kind, Label, PublicKey, RecordKeys,
    Scope, Suite, Title, commit, open_team_key, seal_team_key,
};

use crate::support::Fixed;

const DOMAIN: Domain = Domain { chain_id: 31337, contract: Address([0xc0; 20]) };
const DIGEST: Digest = Digest([0xd1; 32]);
const PATIENT: Address = Address([0x11; 20]);

fn terms() -> GrantTerms {
    GrantTerms {
        patient: PATIENT,
        grantee: Address([0x22; 20]),
        scope: Scope::CHART,
        rights: 1,
        purposes: 1,
        expires_at: 1_800_000_000,
        epoch: 0,
        nonce: 7,
    }
}

fn deposit(keys: &RecordKeys, seed: &GrantSeed, kind: Kind) -> Vec<Share> {
    let key = KeyName { kind, digest: DIGEST };
    let secret = match kind {
        Kind::Content => keys.content.expose(),
        Kind::Title => keys.title.expose(),
    };
    split(&seed.custody_half(key, secret), 2, 3, &mut Fixed::new("split")).unwrap()
}

#[test]
fn a_grantee_and_two_custodians_have_the_keys() {
    let mut rng = Fixed::new("grant");
    for suite in Suite::ALL {
        let patient = AccountKey::random(suite, &mut rng);
        let grantee = AccountKey::random(suite, &mut rng);
        let custodians: [AccountKey; 3] = std::array::from_fn(|_| AccountKey::random(suite, &mut rng));
        let keys = RecordKeys::random(&mut rng);
        let grant = terms().id(&DOMAIN);
        let seed = patient.grant_seed(grant);
        let event = terms().seal(&DOMAIN, &seed, &grantee.public(), &mut rng).unwrap();
        assert_eq!(event.len(), if suite == Suite::XWing { 1176 } else { 88 });

        let key = KeyName { kind: Kind::Content, digest: DIGEST };
        let stored = deposit(&keys, &seed, Kind::Content).into_iter().zip(&custodians).map(|(share, custodian)| {
            let label = Label::Custody { grant, key, index: share.index };
            (label, share.seal(&custodian.public(), &label, &mut Fixed::new("deposit")).unwrap())
        });
        let released: Vec<Share> = stored
            .zip(&custodians)
            .map(|((label, sealed), custodian)| Share::open(custodian, &label, &sealed).unwrap())
            .map(|share| {
                let label = Label::Release { request: [9; 32], grant, key, index: share.index };
                let sealed = share.seal(&grantee.public(), &label, &mut Fixed::new("release")).unwrap();
                Share::open(&grantee, &label, &sealed).unwrap()
            })
            .collect();
        assert_eq!(GrantTerms::nonce_of(&event), Some(7));
        let opened = GrantTerms { nonce: 0, ..terms() }.open(&DOMAIN, &event, &grantee).unwrap();
        let recovered = recover_content(&opened, DIGEST, &released[1..], 2, commit(DIGEST, &keys.content)).unwrap();
        assert_eq!((recovered.key, recovered.wrong), (keys.content, vec![]));
    }
}

#[test]
fn a_grant_opens_for_its_terms_and_its_grantee_only() {
    let mut rng = Fixed::new("terms");
    let [grantee, other] = [(); 2].map(|()| AccountKey::random(Suite::X25519, &mut rng));
    let event = terms().seal(&DOMAIN, &GrantSeed::random(&mut rng), &grantee.public(), &mut rng).unwrap();
    assert_eq!(terms().open(&DOMAIN, &event, &other), Err(KeyError::DoesNotOpen));
    let changed = [
        GrantTerms { patient: Address([1; 20]), ..terms() },
        GrantTerms { grantee: Address([1; 20]), ..terms() },
        GrantTerms { scope: Scope::folder(1), ..terms() },
        GrantTerms { rights: 3, ..terms() },
        GrantTerms { purposes: 3, ..terms() },
        GrantTerms { expires_at: 1, ..terms() },
        GrantTerms { epoch: 1, ..terms() },
    ];
    for terms in changed {
        assert_eq!(terms.open(&DOMAIN, &event, &grantee), Err(KeyError::DoesNotOpen), "{terms:?}");
    }
    for domain in [Domain { chain_id: 1, ..DOMAIN }, Domain { contract: Address([1; 20]), ..DOMAIN }] {
        assert_eq!(terms().open(&domain, &event, &grantee), Err(KeyError::DoesNotOpen));
    }
    let mut renonced = event.clone();
    renonced[0] ^= 1;
    assert_eq!(terms().open(&DOMAIN, &renonced, &grantee), Err(KeyError::DoesNotOpen));
    for cut in [0, 7, 8, 50, event.len() - 1] {
        assert!(terms().open(&DOMAIN, &event[..cut], &grantee).is_err(), "{cut}");
    }
}

#[test]
fn a_wrong_share_is_found_while_enough_are_right() {
    let mut rng = Fixed::new("wrong");
    let (keys, seed) = (RecordKeys::random(&mut rng), GrantSeed::random(&mut rng));
    let committed = commit(DIGEST, &keys.content);
    let mut shares = deposit(&keys, &seed, Kind::Content);
    shares[1].secret = chartkey_vault::ShareSecret::random(&mut rng);
    let recovered = recover_content(&seed, DIGEST, &shares, 2, committed).unwrap();
    assert_eq!((recovered.key, recovered.wrong), (keys.content.clone(), vec![2]));
    assert_eq!(recover_content(&seed, DIGEST, &shares[..2], 2, committed), Err(SharingError::WrongShares));
    let other = GrantSeed::random(&mut rng);
    assert_eq!(recover_content(&other, DIGEST, &shares, 2, committed), Err(SharingError::WrongShares));
}

#[test]
fn a_title_key_is_recognised_by_its_title() {
    let mut rng = Fixed::new("title");
    let (keys, seed) = (RecordKeys::random(&mut rng), GrantSeed::random(&mut rng));
    let title = Title { title: "Letter".into(), mime: "application/pdf".into(), document_type: None, date: None };
    let sealed = title.seal(&keys.title, PATIENT, DIGEST, &mut rng).unwrap();
    let mut shares = deposit(&keys, &seed, Kind::Title);
    shares[0].secret = chartkey_vault::ShareSecret::random(&mut rng);
    let opens = |key: &_| Title::open(&sealed, key, PATIENT, DIGEST).is_ok();
    let recovered = recover_title(&seed, DIGEST, &shares, 2, opens).unwrap();
    assert_eq!((recovered.key, recovered.wrong), (keys.title, vec![1]));
}

#[test]
fn fewer_than_the_threshold_are_refused_and_strange_ones_too() {
    let mut rng = Fixed::new("few");
    let seed = GrantSeed::random(&mut rng);
    let half = seed.half(KeyName { kind: Kind::Title, digest: DIGEST });
    let shares = split(&half, 3, 5, &mut rng).unwrap();
    assert_eq!(combine(&shares[2..], 3), Ok(half.clone()));
    assert_eq!(combine(&shares[..2], 3), Err(SharingError::TooFew { have: 2, need: 3 }));
    let twice = [shares[0].clone(), shares[0].clone(), shares[1].clone()];
    assert_eq!(combine(&twice, 3), Err(SharingError::BadIndex(1)));
    let zero = [Share { index: 0, ..shares[0].clone() }, shares[1].clone(), shares[2].clone()];
    assert_eq!(combine(&zero, 3), Err(SharingError::BadIndex(0)));
    let many: Vec<Share> = (1..=17).map(|index| Share { index, ..shares[0].clone() }).collect();
    assert_eq!(combine(&many, 3), Err(SharingError::TooMany(17)));
    for (threshold, count) in [(0, 3), (1, 3), (4, 3), (2, 17)] {
        let bad = Err(SharingError::BadThreshold { threshold, count });
        assert_eq!(split(&half, threshold, count, &mut rng), bad);
    }
}

#[test]
fn an_emergencys_seed_is_shared_like_a_half() {
    let mut rng = Fixed::new("emergency");
    let grant = GrantTerms::emergency(PATIENT, 0, 7).id(&DOMAIN);
    let custodian = AccountKey::random(Suite::XWing, &mut rng);
    let seed = custodian.grant_seed(grant);
    let shares = split_seed(&seed, 2, 3, &mut rng).unwrap();
    let label = Label::Emergency { grant, index: 3 };
    assert_eq!(shares[0].seal(&custodian.public(), &label, &mut rng), Err(KeyError::DoesNotOpen));
    let sealed = shares[2].seal(&custodian.public(), &label, &mut rng).unwrap();
    let opened = Share::open(&custodian, &label, &sealed).unwrap();
    assert_eq!(combine_seed(&[shares[0].clone(), opened], 2), Ok(seed));
}

#[test]
fn the_owners_copy_and_a_teams_key_open_for_whom_they_are() {
    let mut rng = Fixed::new("whole");
    for suite in Suite::ALL {
        let [owner, member, team_key] = [(); 3].map(|()| AccountKey::random(suite, &mut rng));
        let keys = RecordKeys::random(&mut rng);
        let copy = keys.seal_to_owner(&owner.public(), PATIENT, DIGEST, &mut rng).unwrap();
        assert_eq!(copy.len(), if suite == Suite::XWing { 1200 } else { 112 });
        assert_eq!(RecordKeys::open_owners(&owner, PATIENT, DIGEST, &copy), Ok(keys));
        assert!(RecordKeys::open_owners(&owner, PATIENT, Digest([0; 32]), &copy).is_err());

        let team = Address([0x7e; 20]);
        let sealed = seal_team_key(&team_key, team, &member.public(), &mut rng).unwrap();
        assert_eq!(open_team_key(&member, team, &team_key.public(), &sealed), Ok(team_key));
        assert!(open_team_key(&member, team, &owner.public(), &sealed).is_err());
    }
}

#[test]
fn keys_of_no_suite_and_of_low_order_are_refused() {
    for length in [0, 31, 33, 1215, 1217] {
        assert_eq!(PublicKey::from_bytes(&vec![9; length]), Err(KeyError::UnknownKeyLength(length)));
    }
    let key = AccountKey::random(Suite::XWing, &mut Fixed::new("public"));
    let good = key.public().as_bytes().to_vec();
    assert_eq!(PublicKey::from_bytes(&good), Ok(key.public()));
    let mut low = good.clone();
    low[1184..].fill(0);
    assert_eq!(PublicKey::from_bytes(&low), Err(KeyError::UnsafeKey));
    // FIPS 203, 7.2: every coefficient is below q.
    let mut large = good;
    large[..3].fill(0xff);
    assert_eq!(PublicKey::from_bytes(&large), Err(KeyError::UnsafeKey));
}
