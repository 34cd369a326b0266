//! Seeds from wallets' signatures, and recovery kits.

use chartkey_vault::keys::{Enrolment, KeyError, NONCE, RecoveryKit};
use chartkey_vault::{AccountKey, Address, Suite, bytes::keccak256};
use k256::ecdsa::{Signature, SigningKey};

use crate::support::Fixed;

/// A wallet that signs as RFC 6979 says.
pub struct Wallet(SigningKey);

impl Wallet {
    pub fn new(seed: &str) -> Self {
        Wallet(SigningKey::from_slice(&Fixed::new(seed).bytes::<32>()).unwrap())
    }

    pub fn secret(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    pub fn address(&self) -> Address {
        let point = self.0.verifying_key().to_encoded_point(false);
        Address(keccak256(&[&point.as_bytes()[1..]])[12..].try_into().unwrap())
    }

    /// r ‖ s ‖ v with low s and v 0 or 1.
    pub fn sign(&self, message: &str) -> [u8; 65] {
        let prefix = format!("\x19Ethereum Signed Message:\n{}", message.len());
        let hash = keccak256(&[prefix.as_bytes(), message.as_bytes()]);
        let (signature, recovery) = self.0.sign_prehash_recoverable(&hash).unwrap();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&signature.to_bytes());
        bytes[64] = recovery.to_byte();
        bytes
    }
}

/// The same signature in its other form: n - s, and v for the other point.
pub fn high_s(signature: [u8; 65]) -> [u8; 65] {
    let low = Signature::from_slice(&signature[..64]).unwrap();
    let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&high.to_bytes());
    bytes[64] = 1 - signature[64];
    bytes
}

fn enrolment(wallet: &Wallet) -> Enrolment {
    Enrolment::new("portal.example", wallet.address(), 1, 1).unwrap()
}

#[test]
fn every_form_of_one_signature_gives_one_seed() {
    let wallet = Wallet::new("wallet");
    let signature = wallet.sign(&enrolment(&wallet).message());
    let with_27 = |mut signature: [u8; 65]| {
        signature[64] += 27;
        signature
    };
    let seed = enrolment(&wallet).seed(&signature, &signature).unwrap();
    for form in [with_27(signature), high_s(signature), with_27(high_s(signature))] {
        assert_eq!(enrolment(&wallet).seed(&form, &signature), Ok(seed.clone()));
        assert_eq!(enrolment(&wallet).seed_again(&form), Ok(seed.clone()));
    }
}

#[test]
fn another_epoch_domain_chain_or_account_is_another_seed() {
    let wallet = Wallet::new("wallet");
    let seed = |enrolment: Enrolment| enrolment.seed_again(&wallet.sign(&enrolment.message())).unwrap();
    let of = |domain, chain, epoch| seed(Enrolment::new(domain, wallet.address(), chain, epoch).unwrap());
    let seeds = [of("a.example", 1, 1), of("b.example", 1, 1), of("a.example", 2, 1), of("a.example", 1, 2)];
    for (at, one) in seeds.iter().enumerate() {
        assert!(seeds[at + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn what_is_not_this_accounts_signature_is_refused() {
    let [wallet, other] = ["wallet", "other"].map(Wallet::new);
    let enrolment = enrolment(&wallet);
    let signature = wallet.sign(&enrolment.message());
    let stranger = other.sign(&enrolment.message());
    let wrong = KeyError::WrongSigner { expected: wallet.address(), found: other.address() };
    assert_eq!(enrolment.seed(&stranger, &stranger), Err(wrong));
    assert!(matches!(enrolment.seed_again(&wallet.sign("hello")), Err(KeyError::WrongSigner { .. })));
    for v in [2, 26, 29, 255] {
        let mut signature = signature;
        signature[64] = v;
        assert_eq!(enrolment.seed_again(&signature), Err(KeyError::NotASignature));
    }
    for bytes in [&[][..], &signature[..64], &[&signature[..], &[0]].concat(), &[0; 65], &[0xff; 65]] {
        assert_eq!(enrolment.seed_again(bytes), Err(KeyError::NotASignature));
    }
}

#[test]
fn a_wallet_that_signs_differently_each_time_is_noticed() {
    let wallet = Wallet::new("wallet");
    let enrolment = enrolment(&wallet);
    let message = enrolment.message();
    let prefix = format!("\x19Ethereum Signed Message:\n{}", message.len());
    let hash = keccak256(&[prefix.as_bytes(), message.as_bytes()]);
    // Another nonce k makes another valid signature.
    let k = k256::Scalar::from(12345u64);
    let hedged = k256::ecdsa::hazmat::SignPrimitive::<k256::Secp256k1>::try_sign_prehashed(
        wallet.0.as_nonzero_scalar().as_ref(),
        k,
        &hash.into(),
    );
    let (signature, recovery) = hedged.unwrap();
    let mut other = [0; 65];
    other[..64].copy_from_slice(&signature.to_bytes());
    other[64] = recovery.unwrap().to_byte();
    assert!(enrolment.seed_again(&other).is_ok());
    assert_eq!(enrolment.seed(&wallet.sign(&message), &other), Err(KeyError::NotDeterministic));
}

#[test]
fn wallets_take_the_message_for_a_sign_in() {
    let wallet = Wallet::new("wallet");
    for domain in ["portal.example", "localhost:8080"] {
        let text = Enrolment::new(domain, wallet.address(), 31337, 2).unwrap().message();
        let message: siwe::Message = text.parse().unwrap();
        assert_eq!((message.domain.as_str(), message.address, message.chain_id), (domain, wallet.address().0, 31337));
        assert_eq!(
            (message.nonce.as_str(), message.uri.to_string()),
            (NONCE, format!("https://{domain}/encryption-key/2"))
        );
        assert_eq!(message.to_string(), text);
    }
}

#[test]
fn domains_cannot_bend_the_message() {
    for domain in ["", "a b", "a\nb", "https://a", "a/b", "A.example", "ä.example"] {
        let refused = Enrolment::new(domain, Address::default(), 1, 1);
        assert_eq!(refused, Err(KeyError::BadDomain(domain.to_owned())));
    }
    assert!(Enrolment::new("localhost:8080", Address::default(), 1, 1).is_ok());
}

#[test]
fn a_kit_gives_the_key_back() {
    let account = Some(Address([0x11; 20]));
    for suite in Suite::ALL {
        let kit = RecoveryKit { account, key: AccountKey::random(suite, &mut Fixed::new("kit")) };
        let text = kit.to_text();
        assert_eq!(RecoveryKit::from_text(&text), Ok(kit.clone()));
        assert_eq!(RecoveryKit::from_text(&text.replace('\n', "\r\n  ")), Ok(kit.clone()));
        let line = text.lines().last().unwrap();
        assert!(line.starts_with(if suite == Suite::XWing { "AGE-SECRET-KEY-PQ-1" } else { "AGE-SECRET-KEY-1" }));
        assert_eq!(RecoveryKit::from_text(&line.to_lowercase()).unwrap().key, kit.key);
    }
}

#[test]
fn a_kit_with_a_typing_error_is_refused() {
    let kit = RecoveryKit { account: None, key: AccountKey::random(Suite::X25519, &mut Fixed::new("kit")) };
    let other = RecoveryKit { account: None, key: AccountKey::random(Suite::X25519, &mut Fixed::new("other")) };
    let text = kit.to_text();
    let line = text.lines().last().unwrap();
    for at in 20..line.len() {
        let mut typed = line.as_bytes().to_vec();
        typed[at] = if typed[at] == b'Q' { b'P' } else { b'Q' };
        let typed = String::from_utf8(typed).unwrap();
        assert!(matches!(RecoveryKit::from_text(&typed), Err(KeyError::BadKit(_))), "{typed}");
    }
    let mixed = text.replace(line, other.to_text().lines().last().unwrap());
    assert!(matches!(RecoveryKit::from_text(&mixed), Err(KeyError::WrongKit { .. })));
    for text in ["", "# nothing", &format!("{line}\n{line}"), "AGE-SECRET-KEY-1", "npub1xyz"] {
        assert!(matches!(RecoveryKit::from_text(text), Err(KeyError::BadKit(_))));
    }
}
