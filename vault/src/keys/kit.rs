//! The recovery kit: an account's seed as text, to be printed or kept in a safe. It needs nothing of ours to be read.

use std::fmt::Write as _;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use zeroize::Zeroizing;

use super::{AccountKey, KeyError, Suite};
use crate::bytes::{Address, KeyId};
use crate::secret::AccountSeed;

/// An account and its key, as a file that `age` takes for an identity: comments, and one line of Bech32 (BIP 173).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryKit {
    /// Whose key; none in a kit that only holds the key's line.
    pub account: Option<Address>,
    pub key: AccountKey,
}

const ACCOUNT: &str = "# account: ";
const KEY_ID: &str = "# key id: ";

/// age's own prefixes, by which kind of identity it is.
fn prefix(suite: Suite) -> Hrp {
    Hrp::parse_unchecked(match suite {
        Suite::XWing => "age-secret-key-pq-",
        Suite::X25519 => "age-secret-key-",
    })
}

impl RecoveryKit {
    /// The text; wiped when dropped.
    pub fn to_text(&self) -> Zeroizing<String> {
        // Enough room from the start: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(1024));
        text.push_str("# Chartkey recovery kit. Whoever has this reads your records: print it, lock it away.\n");
        if let Some(account) = self.account {
            let _ = writeln!(text, "{ACCOUNT}{account}");
        }
        let _ = writeln!(text, "{KEY_ID}{}", self.key.public().id());
        let line = bech32::encode_upper::<Bech32>(prefix(self.key.suite()), self.key.seed().expose());
        let line = Zeroizing::new(line.expect("84 characters are fewer than Bech32's limit"));
        text.push_str(&line);
        text.push('\n');
        text
    }

    /// From its text, or from the key's line alone; spaces around lines do not matter. Fails if the key has a typing
    /// error, or is not the one whose id the text gives.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut keys = lines().filter(|line| !line.starts_with('#'));
        let line = keys.next().ok_or(KeyError::BadKit("it has no key"))?;
        if keys.next().is_some() {
            return Err(KeyError::BadKit("it has more than one line that is no comment"));
        }
        let kit = RecoveryKit { account: comment(lines(), ACCOUNT)?, key: parse_key(line)? };
        let expected: Option<KeyId> = comment(lines(), KEY_ID)?;
        let found = kit.key.public().id();
        match expected {
            Some(expected) if expected != found => Err(KeyError::WrongKit { expected, found }),
            _ => Ok(kit),
        }
    }
}

fn comment<'a, T: std::str::FromStr>(
    mut lines: impl Iterator<Item = &'a str>,
    name: &str,
) -> Result<Option<T>, KeyError> {
    let value = lines.find_map(|line| line.strip_prefix(name));
    value
        .map(|value| value.trim().parse().map_err(|_| KeyError::BadKit("its account or key id is mistyped")))
        .transpose()
}

fn parse_key(line: &str) -> Result<AccountKey, KeyError> {
    let parsed = CheckedHrpstring::new::<Bech32>(line)
        .map_err(|_| KeyError::BadKit("its key is mistyped, or none: it begins with AGE-SECRET-KEY-"))?;
    let suite = Suite::ALL.into_iter().find(|suite| prefix(*suite) == parsed.hrp());
    let suite = suite.ok_or(KeyError::BadKit("its key is of another kind"))?;
    let bytes = Zeroizing::new(parsed.byte_iter().collect::<Vec<u8>>());
    let seed = bytes.as_slice().try_into().map_err(|_| KeyError::BadKit("its key has not 32 bytes"));
    Ok(AccountKey::new(suite, AccountSeed::from_bytes(&mut Zeroizing::<[u8; 32]>::new(seed?))))
}
