#![doc = include_str!("../README.md")]

pub mod bytes;
mod commit;
pub mod format;
mod grant;
mod handover;
mod kdf;
pub mod keys;
mod label;
mod secret;
pub mod sharing;
pub mod store;
mod title;

pub use bytes::{Address, Digest, GrantId, KeyCommit, KeyId, Malformed, Scope};
pub use commit::{commit, is_committed};
pub use grant::{Domain, GrantTerms};
pub use handover::{RecordKeys, open_team_key, seal_team_key};
pub use keys::{AccountKey, KeyError, PublicKey, Suite};
pub use label::{KeyName, Kind, Label};
pub use secret::{AccountSeed, ContentKey, GrantSeed, Half, ShareSecret, TitleKey};
pub use title::{MAX_SEALED, Title, TitleError};

/// The operating system's random numbers. They panic where the system has none: nothing here can go on without.
pub fn system_rng() -> impl rand::CryptoRng {
    rand::rand_core::UnwrapErr(rand::rngs::SysRng)
}
