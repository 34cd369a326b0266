//! A custodian's two keys, in one file: one signs receipts, heads and transactions, one opens the shares sealed to it.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use chartkey_vault::bytes::{from_hex, hex};
use chartkey_vault::{AccountKey, AccountSeed, Address, PublicKey, Suite, system_rng};
use k256::ecdsa::SigningKey;
use zeroize::{Zeroize as _, Zeroizing};

use crate::signature;
use crate::typed::Hash;

/// The first line of a key file.
const TITLE: &str = "chartkey-custodian-key 1";

/// Both keys, and what is public of them.
pub struct Keys {
    /// Wiped by its type when dropped.
    signing: SigningKey,
    sealing: AccountKey,
    address: Address,
    public: PublicKey,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys(of {})", self.address)
    }
}

impl Keys {
    /// Fresh ones.
    pub fn random() -> Self {
        let mut rng = system_rng();
        let signing = loop {
            let mut bytes = Zeroizing::new([0; 32]);
            rand::Rng::fill_bytes(&mut rng, &mut *bytes);
            // Not one in 2^128 is no key.
            if let Ok(key) = SigningKey::from_slice(&*bytes) {
                break key;
            }
        };
        Keys::of(signing, AccountKey::random(Suite::XWing, &mut rng))
    }

    fn of(signing: SigningKey, sealing: AccountKey) -> Self {
        let address = signature::address(signing.verifying_key());
        let public = sealing.public();
        Keys { signing, sealing, address, public }
    }

    /// From the text of a key file. What is wrong with it is said without quoting it.
    pub fn parse(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        ensure!(lines.next() == Some(TITLE), "not a custodian's keys: the first line is not '{TITLE}'");
        let mut line = |name: &'static str| {
            let digits = lines.next().and_then(|line| line.strip_prefix(name)?.strip_prefix(" 0x"));
            let bytes = digits.and_then(from_hex).map(Zeroizing::new);
            let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(&bytes[..]).ok()).map(Zeroizing::new);
            bytes.with_context(|| format!("a custodian's keys lack a line '{name} 0x…' of 64 hexadecimal digits"))
        };
        let (signing, mut sealing) = (line("signing")?, line("sealing")?);
        let Ok(signing) = SigningKey::from_slice(&*signing) else { bail!("the signing key is none of secp256k1") };
        let sealing = AccountKey::new(Suite::XWing, AccountSeed::from_bytes(&mut sealing));
        Ok(Keys::of(signing, sealing))
    }

    /// From a file that nobody else can read.
    pub fn load(path: &Path) -> Result<Self> {
        let named = || format!("the key file {}", path.display());
        let mut file = File::open(path).with_context(named)?;
        let mode = file.metadata().with_context(named)?.mode() & 0o777;
        let others = mode & 0o077;
        ensure!(others == 0, "{} can be read by others (mode {mode:o}): chmod 600 it", named());
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).with_context(named)?;
        Keys::parse(&text).with_context(named)
    }

    /// Into a new file that nobody else can read.
    pub fn save(&self, path: &Path) -> Result<()> {
        let named = || format!("the key file {}", path.display());
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(named)?;
        let mut signing = self.signing.to_bytes();
        let seed = self.sealing.seed().expose();
        let text = Zeroizing::new(format!("{TITLE}\nsigning 0x{}\nsealing 0x{}\n", hex(&signing), hex(seed)));
        signing.zeroize();
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).with_context(named)
    }

    /// The account that signs.
    pub fn address(&self) -> Address {
        self.address
    }

    /// What shares are sealed to.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// What opens them.
    pub fn sealing(&self) -> &AccountKey {
        &self.sealing
    }

    /// Signs a hash.
    pub fn sign(&self, hash: Hash) -> [u8; 65] {
        signature::sign(&self.signing, hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("chartkey-keys-{}-{:?}", std::process::id(), std::thread::current().id()))
    }

    #[test]
    fn come_back_from_a_file_for_nobody_else() {
        let path = folder();
        let keys = Keys::random();
        keys.save(&path).unwrap();
        assert_eq!(File::open(&path).unwrap().metadata().unwrap().mode() & 0o777, 0o600);
        let again = Keys::load(&path).unwrap();
        assert_eq!((again.address(), again.public()), (keys.address(), keys.public()));
        assert!(keys.save(&path).is_err(), "an existing file is never overwritten");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        assert!(format!("{:#}", Keys::load(&path).unwrap_err()).contains("chmod 600"));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn do_not_print() {
        let keys = Keys::random();
        assert_eq!(format!("{keys:?}"), format!("Keys(of {})", keys.address()));
        let secret = hex(&[0xab; 32]);
        let wrong = Keys::parse(&format!("{TITLE}\nsigning 0x{secret}zz\n")).unwrap_err();
        assert!(!format!("{wrong:#}").contains("abab"));
    }
}
