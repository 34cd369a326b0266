//! Keys of accounts: HPKE (RFC 9180) in two suites, seeds from wallets, recovery kits.

mod account;
mod enrolment;
mod error;
mod kit;
mod public;
mod suite;
mod x25519;

pub use account::AccountKey;
pub use enrolment::{Enrolment, NONCE};
pub use error::KeyError;
pub use kit::RecoveryKit;
pub use public::PublicKey;
pub use suite::Suite;
